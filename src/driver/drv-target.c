/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest was asked to get by with. */
#include <config.h>

#include "drv-error.h"
#include "drv-stick.h"
#include "drv-target.h"

/* "KIB MOST_KIB started|asked" */
#define LABEL "balloon"
#define LABEL_WANTED "balloon-wanted"

void
drv_target_read(CorralGroup *group, DrvTarget *self)
{
    g_autofree char *text = corral_group_get_label(group, LABEL, NULL);
    g_auto(GStrv) words = text ? g_strsplit(text, " ", -1) : NULL;

    *self = (DrvTarget){0};
    if (!words || g_strv_length(words) != 3 ||
        !g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXUINT64 >> 10, &self->kib, NULL) ||
        !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT64 >> 10, &self->most_kib, NULL))
        *self = (DrvTarget){0};
    else
        self->started = g_str_equal(words[2], "started");
}

gboolean
drv_target_note(CorralGroup *group, const DrvTarget *self, GError **error)
{
    g_autofree char *text =
        self->kib == 0
            ? g_strdup("")
            : g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s", self->kib,
                              self->most_kib, self->started ? "started" : "asked");

    return corral_group_set_label(group, LABEL, text, error);
}

void
drv_target_begin(CorralGroup *whole, const Guest *guest)
{
    g_autoptr(CorralGroup) group =
        drv_stick_open(corral_group_get_host(whole), corral_group_get_path(whole), NULL);
    g_autoptr(GError) error = NULL;
    const guint64 kib = guest_get_memory_kib(guest);
    DrvTarget target = {kib, guest_get_most_memory_kib(guest), TRUE};
    DrvTarget before;

    if (!group)
        return;
    drv_stick_forget(group);
    if (drv_target_read_wanted(group) > 0 && !drv_target_note_wanted(group, 0, NULL))
        g_debug("no attributes on cgroups here");
    drv_target_read(group, &before);
    if (!guest_has_balloon(guest) || kib >= target.most_kib)
        target = (DrvTarget){0};
    if (target.kib == 0 && before.kib == 0)
        return;
    if (!drv_target_note(group, &target, &error))
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest),
                      "keep what memory it starts with");
}

guint64
drv_target_read_wanted(CorralGroup *group)
{
    g_autofree char *text = corral_group_get_label(group, LABEL_WANTED, NULL);
    guint64 kib;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64 >> 10, &kib, NULL))
        return 0;
    return kib;
}

gboolean
drv_target_note_wanted(CorralGroup *group, guint64 kib, GError **error)
{
    g_autofree char *text = kib == 0 ? g_strdup("") : g_strdup_printf("%" G_GUINT64_FORMAT, kib);

    return corral_group_set_label(group, LABEL_WANTED, text, error);
}
