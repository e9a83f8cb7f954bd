/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"

/* Number of tasks: the facade is corral-pids.  Both interfaces have the same files. */
struct _CgPids {
    gboolean (*set_limit)(const CgPlace *place, guint64 limit, GError **error);
    gboolean (*get_limit)(const CgPlace *place, guint64 *limit, GError **error);
    gboolean (*get_usage)(const CgPlace *place, guint64 *usage, GError **error);
    gboolean (*get_peak)(const CgPlace *place, guint64 *peak, GError **error);
    gboolean (*get_failures)(const CgPlace *place, guint64 *failures, GError **error);
};

extern const CgPids cg_pids;
