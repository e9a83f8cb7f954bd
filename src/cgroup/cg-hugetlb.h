/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"

/* Pages that are in use, or such as were only promised to somebody (reservations). */
typedef enum {
    CG_HUGETLB_PAGES,
    CG_HUGETLB_RESERVATIONS,
} CgHugetlbKind;

/* Huge pages: the facade is corral-hugetlb, which has checked @page_size and every value. */
struct _CgHugetlb {
    gboolean (*set_limit)(const CgPlace *place, guint64 page_size, CgHugetlbKind kind,
                          guint64 bytes, GError **error);
    gboolean (*get_limit)(const CgPlace *place, guint64 page_size, CgHugetlbKind kind,
                          guint64 *bytes, GError **error);
    gboolean (*get_usage)(const CgPlace *place, guint64 page_size, CgHugetlbKind kind,
                          guint64 *bytes, GError **error);
    /* Optional. */
    gboolean (*get_peak)(const CgPlace *place, guint64 page_size, guint64 *bytes, GError **error);
    gboolean (*get_failures)(const CgPlace *place, guint64 page_size, guint64 *failures,
                             GError **error);
};

extern const CgHugetlb cg_hugetlb_legacy;
extern const CgHugetlb cg_hugetlb_unified;
