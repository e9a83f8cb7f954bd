/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The use of memory under the kernel's legacy interface.
 *
 * memory.stat has every number twice, and that with "total_" before it is the
 * one that counts the groups below, as all numbers of the unified interface do.
 */
#include <config.h>

#include "cg-memory-usage.h"
#include "cg-memory.h"
#include "corral-error.h"

static gboolean
get_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.usage_in_bytes", bytes, error);
}

/* The difference of the usages with and without it would be one of two moments. */
static gboolean
get_swap_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    guint64 swap;
    const CgCodecField field = {"total_swap", &swap};

    if (!cg_place_read_keyed(place, "memory.stat", &field, 1, error))
        return FALSE;
    if (swap == CORRAL_UNKNOWN) {
        g_autofree char *name = cg_tree_name(place->dir, "memory.stat");

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "this kernel does not account for swap in '%s'", name);
        return FALSE;
    }

    *bytes = swap;
    return TRUE;
}

static gboolean
get_total_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.memsw.usage_in_bytes", bytes, error);
}

static gboolean
get_peak(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.max_usage_in_bytes", bytes, error);
}

static gboolean
reset_peak(const CgPlace *place, GError **error)
{
    return cg_place_write_u64(place, "memory.max_usage_in_bytes", 0, error);
}

static gboolean
get_statistics(const CgPlace *place, CorralMemoryStatistics *statistics, GError **error)
{
    CorralMemoryStatistics told;
    const CgCodecField fields[] = {
        {"total_rss", &told.anon},
        {"total_cache", &told.file},
        {"total_shmem", &told.shmem},
        {"total_mapped_file", &told.file_mapped},
        {"total_dirty", &told.file_dirty},
        {"total_writeback", &told.file_writeback},
        {"total_rss_huge", &told.anon_huge},
        {"total_swap", &told.swap},
        {"total_swapcached", &told.swap_cached},
        {"total_active_anon", &told.active_anon},
        {"total_inactive_anon", &told.inactive_anon},
        {"total_active_file", &told.active_file},
        {"total_inactive_file", &told.inactive_file},
        {"total_unevictable", &told.unevictable},
        {"total_pgfault", &told.faults},
        {"total_pgmajfault", &told.major_faults},
        {"total_workingset_refault_anon", &told.refaults_anon},
        {"total_workingset_refault_file", &told.refaults_file},
    };

    told.file_huge = CORRAL_UNKNOWN;
    told.shmem_huge = CORRAL_UNKNOWN;
    told.slab = CORRAL_UNKNOWN;
    told.page_tables = CORRAL_UNKNOWN;
    if (!cg_place_read_keyed(place, "memory.stat", fields, G_N_ELEMENTS(fields), error) ||
        !cg_memory_read_if_told(place, "memory.kmem.usage_in_bytes", &told.kernel, error))
        return FALSE;

    *statistics = told;
    return TRUE;
}

static gboolean
get_events(const CgPlace *place, CorralMemoryEvents *events, GError **error)
{
    CorralMemoryEvents told;
    const CgCodecField fields[] = {
        {"oom_kill", &told.oom_kills},
        {"under_oom", &told.under_oom},
    };

    told.low = told.high = told.oom = told.oom_group_kills = CORRAL_UNKNOWN;
    if (!cg_place_read_keyed(place, "memory.oom_control", fields, G_N_ELEMENTS(fields), error) ||
        !cg_place_read_u64(place, "memory.failcnt", &told.max, error))
        return FALSE;

    *events = told;
    return TRUE;
}

const CgMemoryUsage cg_memory_usage_legacy = {
    .get_usage = get_usage,
    .get_swap_usage = get_swap_usage,
    .get_total_usage = get_total_usage,
    .get_peak = get_peak,
    .reset_peak = reset_peak,
    .get_statistics = get_statistics,
    .get_events = get_events,
};
