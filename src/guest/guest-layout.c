/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the layouts, and what they have in common. */
#include <config.h>

#include "guest-layout.h"

static const struct {
    const char *name;
    gboolean has_names;
    gboolean is_below_own;
} layouts[GUEST_N_LAYOUTS] = {
    [GUEST_LAYOUT_FLAT] = {"flat", TRUE, FALSE},
    [GUEST_LAYOUT_NESTED] = {"nested", FALSE, TRUE},
    [GUEST_LAYOUT_SERVICE] = {"service", FALSE, TRUE},
    [GUEST_LAYOUT_SINGLE] = {"single", FALSE, TRUE},
    [GUEST_LAYOUT_ROOT] = {"root", FALSE, FALSE},
    [GUEST_LAYOUT_UUID] = {"uuid", FALSE, TRUE},
    /* Programs with a libvirt of their own have groups of such names, too. */
    [GUEST_LAYOUT_STOCK] = {"stock", FALSE, FALSE},
};

gboolean
guest_layout_parse(const char *text, GuestLayout *layout)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(layouts); i++) {
        if (g_str_equal(layouts[i].name, text)) {
            *layout = i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *
guest_layout_format(GuestLayout layout)
{
    return layouts[layout].name;
}

gboolean
guest_layout_has_names(GuestLayout layout)
{
    return layouts[layout].has_names;
}

gboolean
guest_layout_is_below_own(GuestLayout layout)
{
    return layouts[layout].is_below_own;
}
