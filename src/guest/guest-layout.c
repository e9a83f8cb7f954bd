/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of layouts, as the policy file has them. */
#include <config.h>

#include "guest-layout.h"

static const char *const names[GUEST_N_LAYOUTS] = {
    [GUEST_LAYOUT_FLAT] = "flat",       [GUEST_LAYOUT_NESTED] = "nested",
    [GUEST_LAYOUT_SERVICE] = "service", [GUEST_LAYOUT_SINGLE] = "single",
    [GUEST_LAYOUT_ROOT] = "root",       [GUEST_LAYOUT_UUID] = "uuid",
    [GUEST_LAYOUT_STOCK] = "stock",
};

gboolean
guest_layout_parse(const char *name, GuestLayout *layout)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(names[i], name)) {
            *layout = (GuestLayout)i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *
guest_layout_format(GuestLayout layout)
{
    return names[layout];
}
