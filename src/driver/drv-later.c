/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What threads are to have that are not there yet. */
#include <config.h>

#include "drv-later.h"

/* "PERIOD QUOTA"; 0 for what nobody has set */
#define LABEL "iothreads"

static void
read_noted(DrvGroup *group, GuestBandwidth *noted)
{
    g_autofree char *text = corral_group_get_label(drv_group_get_whole(group), LABEL, NULL);
    g_auto(GStrv) words = text ? g_strsplit(text, " ", 2) : NULL;

    *noted = (GuestBandwidth){0};
    if (words && words[0] && words[1] &&
        (!g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXUINT64, &noted->period_us, NULL) ||
         !g_ascii_string_to_signed(words[1], 10, G_MININT64, G_MAXINT64, &noted->quota_us, NULL)))
        *noted = (GuestBandwidth){0};
}

/* Not worth a failure: what is there has its ceiling. */
static void
write_label(DrvGroup *group, const char *text)
{
    if (!corral_group_set_label(drv_group_get_whole(group), LABEL, text, NULL))
        g_debug("iothreads to come have what the description says: no attributes on cgroups here");
}

void
drv_later_note(DrvGroup *group, const GuestBandwidth *wanted)
{
    g_autofree char *text = NULL;
    GuestBandwidth noted;

    if (wanted->period_us == 0 && wanted->quota_us == 0)
        return;

    read_noted(group, &noted);
    if (wanted->period_us)
        noted.period_us = wanted->period_us;
    if (wanted->quota_us)
        noted.quota_us = wanted->quota_us;
    text =
        g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, noted.period_us, noted.quota_us);
    write_label(group, text);
}

void
drv_later_show(DrvGroup *group, GuestBandwidth *bandwidth)
{
    GuestBandwidth noted;

    read_noted(group, &noted);
    if (noted.period_us)
        bandwidth->period_us = noted.period_us;
    if (noted.quota_us)
        bandwidth->quota_us = noted.quota_us;
}

void
drv_later_forget(DrvGroup *group)
{
    g_autofree char *text = corral_group_get_label(drv_group_get_whole(group), LABEL, NULL);

    if (text && *text)
        write_label(group, "");
}
