/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The use of memory under the kernel's unified interface. */
#include <config.h>

#include "cg-memory-usage.h"
#include "cg-memory.h"
#include "corral-types.h"

static gboolean
get_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.current", bytes, error);
}

static gboolean
get_swap_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.swap.current", bytes, error);
}

static gboolean
get_total_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    guint64 memory, swap;

    if (!get_usage(place, &memory, error) || !get_swap_usage(place, &swap, error))
        return FALSE;

    *bytes = memory + swap;
    return TRUE;
}

static gboolean
get_peak(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.peak", bytes, error);
}

static gboolean
get_statistics(const CgPlace *place, CorralMemoryStatistics *statistics, GError **error)
{
    CorralMemoryStatistics told;
    const CgCodecField fields[] = {
        {"anon", &told.anon},
        {"file", &told.file},
        {"shmem", &told.shmem},
        {"file_mapped", &told.file_mapped},
        {"file_dirty", &told.file_dirty},
        {"file_writeback", &told.file_writeback},
        {"anon_thp", &told.anon_huge},
        {"file_thp", &told.file_huge},
        {"shmem_thp", &told.shmem_huge},
        {"kernel", &told.kernel},
        {"slab", &told.slab},
        {"pagetables", &told.page_tables},
        {"swapcached", &told.swap_cached},
        {"active_anon", &told.active_anon},
        {"inactive_anon", &told.inactive_anon},
        {"active_file", &told.active_file},
        {"inactive_file", &told.inactive_file},
        {"unevictable", &told.unevictable},
        {"pgfault", &told.faults},
        {"pgmajfault", &told.major_faults},
        {"workingset_refault_anon", &told.refaults_anon},
        {"workingset_refault_file", &told.refaults_file},
    };

    if (!cg_place_read_keyed(place, "memory.stat", fields, G_N_ELEMENTS(fields), error) ||
        !cg_memory_read_if_told(place, "memory.swap.current", &told.swap, error))
        return FALSE;

    *statistics = told;
    return TRUE;
}

static gboolean
get_events(const CgPlace *place, CorralMemoryEvents *events, GError **error)
{
    CorralMemoryEvents told;
    const CgCodecField fields[] = {
        {"low", &told.low},
        {"high", &told.high},
        {"max", &told.max},
        {"oom", &told.oom},
        {"oom_kill", &told.oom_kills},
        {"oom_group_kill", &told.oom_group_kills},
    };

    told.under_oom = CORRAL_UNKNOWN;
    if (!cg_place_read_keyed(place, "memory.events", fields, G_N_ELEMENTS(fields), error))
        return FALSE;

    *events = told;
    return TRUE;
}

const CgMemoryUsage cg_memory_usage_unified = {
    .get_usage = get_usage,
    .get_swap_usage = get_swap_usage,
    .get_total_usage = get_total_usage,
    .get_peak = get_peak,
    .get_statistics = get_statistics,
    .get_events = get_events,
};
