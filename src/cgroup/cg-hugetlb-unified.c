/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages under the kernel's unified interface, which keeps no peak of them. */
#include <config.h>

#include "cg-codec-pages.h"
#include "cg-codec.h"
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
    g_autofree char *file = file_of(page_size, kind, "max");

    return cg_place_write_limit(place, file, bytes, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 page_size, CgHugetlbKind kind, guint64 *bytes,
          GError **error)
{
    g_autofree char *file = file_of(page_size, kind, "max");

    return cg_place_read_limit(place, file, bytes, error);
}

static gboolean
get_usage(const CgPlace *place, guint64 page_size, CgHugetlbKind kind, guint64 *bytes,
          GError **error)
{
    g_autofree char *file = file_of(page_size, kind, "current");

    return cg_place_read_u64(place, file, bytes, error);
}

static gboolean
get_failures(const CgPlace *place, guint64 page_size, guint64 *failures, GError **error)
{
    g_autofree char *file = file_of(page_size, CG_HUGETLB_PAGES, "events");
    const CgCodecField fields[] = {{"max", failures}};

    return cg_place_read_keyed(place, file, fields, G_N_ELEMENTS(fields), error);
}

const CgHugetlb cg_hugetlb_unified = {
    .set_limit = set_limit,
    .get_limit = get_limit,
    .get_usage = get_usage,
    .get_failures = get_failures,
};
