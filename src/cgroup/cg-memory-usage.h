/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-memory-usage.h"

/* The use of memory: the facade is corral-memory-usage.  Bytes. */
struct _CgMemoryUsage {
    gboolean (*get_usage)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*get_swap_usage)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*get_total_usage)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*get_peak)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*reset_peak)(const CgPlace *place, GError **error);
    gboolean (*get_statistics)(const CgPlace *place, CorralMemoryStatistics *statistics,
                               GError **error);
    gboolean (*get_events)(const CgPlace *place, CorralMemoryEvents *events, GError **error);
};

extern const CgMemoryUsage cg_memory_usage_legacy;
extern const CgMemoryUsage cg_memory_usage_unified;
