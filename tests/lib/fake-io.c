/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of block I/O on the fake machine. */
#include <config.h>

#include <string.h>

#include "fake-io.h"

gboolean
fake_io_has_limits(const char *file)
{
    return g_str_has_prefix(file, "blkio.throttle.") && g_str_has_suffix(file, "_device");
}

char *
fake_io_judge(const char *before, const char *value)
{
    g_auto(GStrv) lines = g_strsplit(before, "\n", -1);
    const char *limit = strchr(value, ' ');
    g_autofree char *device = limit ? g_strndup(value, limit + 1 - value) : g_strdup(value);
    GString *after = g_string_new(NULL);
    gsize i;

    for (i = 0; lines[i]; i++) {
        if (lines[i][0] != '\0' && !g_str_has_prefix(lines[i], device))
            g_string_append_printf(after, "%s\n", lines[i]);
    }
    if (limit && !g_str_equal(limit, " 0"))
        g_string_append_printf(after, "%s\n", value);

    return g_string_free(after, FALSE);
}
