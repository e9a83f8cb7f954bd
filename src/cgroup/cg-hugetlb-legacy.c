/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Huge pages under the kernel's legacy interface.
 *
 * No limit reads as the largest number of pages that the kernel can count,
 * rounded down to a huge page: 2^63 less one of them.
 */
#include <config.h>

#include "cg-codec-pages.h"
#include "cg-hugetlb.h"

static char *
file_of(guint64 page_size, CgHugetlbKind kind, const char *what)
{
    g_autofree char *size = cg_codec_format_page_size(page_size);

    return g_strdup_printf("hugetlb.%s.%s%s", size, kind == CG_HUGETLB_RESERVATIONS ? "rsvd." : "",
                           what);
}

static gboolean
set_limit(const CgPlace *place, guint64 page_size, CgHugetlbKind kind, guint64 bytes,
          GError **error)
{
    g_autofree char *file = file_of(page_size, kind, "limit_in_bytes");

    if (bytes == G_MAXUINT64)
        return cg_place_write(place, file, "-1", error);

    return cg_place_write_u64(place, file, bytes, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 page_size, CgHugetlbKind kind, guint64 *bytes,
          GError **error)
{
    g_autofree char *file = file_of(page_size, kind, "limit_in_bytes");
    guint64 limit;

    if (!cg_place_read_u64(place, file, &limit, error))
        return FALSE;

    *bytes = limit >= (G_GUINT64_CONSTANT(1) << 63) - page_size ? G_MAXUINT64 : limit;
    return TRUE;
}

static gboolean
get_usage(const CgPlace *place, guint64 page_size, CgHugetlbKind kind, guint64 *bytes,
          GError **error)
{
    g_autofree char *file = file_of(page_size, kind, "usage_in_bytes");

    return cg_place_read_u64(place, file, bytes, error);
}

static gboolean
get_peak(const CgPlace *place, guint64 page_size, guint64 *bytes, GError **error)
{
    g_autofree char *file = file_of(page_size, CG_HUGETLB_PAGES, "max_usage_in_bytes");

    return cg_place_read_u64(place, file, bytes, error);
}

static gboolean
get_failures(const CgPlace *place, guint64 page_size, guint64 *failures, GError **error)
{
    g_autofree char *file = file_of(page_size, CG_HUGETLB_PAGES, "failcnt");

    return cg_place_read_u64(place, file, failures, error);
}

const CgHugetlb cg_hugetlb_legacy = {
    .set_limit = set_limit,
    .get_limit = get_limit,
    .get_usage = get_usage,
    .get_peak = get_peak,
    .get_failures = get_failures,
};
