/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes of huge pages in names. */
#include <config.h>

#include <string.h>

#include "cg-codec-pages.h"

#define KIB G_GUINT64_CONSTANT(1024)

/* In the largest unit that is not larger, as the kernel's mem_fmt(). */
char *
cg_codec_format_page_size(guint64 bytes)
{
    if (bytes >= KIB * KIB * KIB)
        return g_strdup_printf("%" G_GUINT64_FORMAT "GB", bytes / (KIB * KIB * KIB));
    if (bytes >= KIB * KIB)
        return g_strdup_printf("%" G_GUINT64_FORMAT "MB", bytes / (KIB * KIB));

    return g_strdup_printf("%" G_GUINT64_FORMAT "KB", bytes / KIB);
}

gboolean
cg_codec_parse_page_dir(const char *name, guint64 *bytes)
{
    static const char prefix[] = "hugepages-";
    static const char suffix[] = "kB";
    g_autofree char *number = NULL;
    guint64 kib;

    if (!g_str_has_prefix(name, prefix) || !g_str_has_suffix(name, suffix) ||
        strlen(name) < strlen(prefix) + strlen(suffix))
        return FALSE;
    number = g_strndup(name + strlen(prefix), strlen(name) - strlen(prefix) - strlen(suffix));
    if (!g_ascii_string_to_unsigned(number, 10, 1, G_MAXINT64 / KIB, &kib, NULL))
        return FALSE;

    *bytes = kib * KIB;
    return TRUE;
}
