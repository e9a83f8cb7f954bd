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

/* TRUE if @unit is a letter, alone or with what says that it counts in @base. */
static gboolean
find_base(const char *unit, guint64 *base)
{
    if (!unit[1] || g_ascii_strcasecmp(unit + 1, "ib") == 0)
        *base = 1024;
    else if (g_ascii_strcasecmp(unit + 1, "b") == 0)
        *base = 1000;
    else
        return FALSE;
    return TRUE;
}

static gboolean
find_scale(const char *unit, guint64 *scale)
{
    static const char letters[] = "kmgtpe";
    const char *letter;
    guint64 base;

    *scale = 1;
    if (g_ascii_strcasecmp(unit, "b") == 0 || g_ascii_strcasecmp(unit, "byte") == 0 ||
        g_ascii_strcasecmp(unit, "bytes") == 0)
        return TRUE;

    letter = strchr(letters, g_ascii_tolower(*unit));
    if (!letter || !find_base(unit, &base))
        return FALSE;
    for (; letter >= letters; letter--)
        *scale *= base;
    return TRUE;
}

gboolean
guest_number_scale(guint64 *value, const char *unit, guint64 scale, guint64 limit)
{
    if (unit && *unit && !find_scale(unit, &scale))
        return FALSE;
    if (*value > limit / scale)
        return FALSE;

    *value *= scale;
    return TRUE;
}
