/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host can spare: the kernel's own estimate of what could be had without swapping. */
#include <config.h>

#include <string.h>

#include "drv-spare.h"

#define MEMINFO "/proc/meminfo"
#define KIB_SHIFT 10

guint64
drv_spare_find(guint64 reserve)
{
    static const char field[] = "\nMemAvailable:";
    g_autofree char *text = NULL;
    const char *line;
    guint64 available;

    if (!g_file_get_contents(MEMINFO, &text, NULL, NULL))
        return 0;
    line = strstr(text, field);
    if (!line)
        return 0;

    available = g_ascii_strtoull(line + strlen(field), NULL, 10) << KIB_SHIFT;
    return available > reserve ? available - reserve : 0;
}
