/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Strict where strtoull() is not, lenient where libvirt is. */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "guest-number.h"

gboolean
guest_number_parse_unsigned(const char *text, guint64 *value)
{
    char *end;
    guint64 parsed;

    errno = 0;
    parsed = g_ascii_strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end || strchr(text, '-'))
        return FALSE;
    *value = parsed;
    return TRUE;
}

gboolean
guest_number_parse_signed(const char *text, gint64 *value)
{
    char *end;
    gint64 parsed;

    errno = 0;
    parsed = g_ascii_strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end)
        return FALSE;
    *value = parsed;
    return TRUE;
}
