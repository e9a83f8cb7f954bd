/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralMemoryStatistics:
 * @anon: anonymous memory
 * @file: page cache, tmpfs and shared memory included
 * @shmem: of that, what has swap behind it and no file: tmpfs, shared memory
 * @file_mapped: page cache that is mapped by somebody
 * @file_dirty: page cache that is to be written
 * @file_writeback: page cache that is being written
 * @anon_huge: of @anon, what is in huge pages
 * @file_huge: page cache in huge pages
 * @shmem_huge: of @shmem, what is in huge pages
 * @kernel: what the kernel holds for the group
 * @slab: of that, its data structures
 * @page_tables: of that, page tables
 * @swap: what is in swap
 * @swap_cached: what is in swap and in memory
 * @active_anon: anonymous memory and @shmem, recently used
 * @inactive_anon: the same, to be reclaimed first
 * @active_file: page cache, recently used
 * @inactive_file: the same, to be reclaimed first
 * @unevictable: what cannot be reclaimed: locked, or secret
 * @faults: page faults since the group was made
 * @major_faults: of these, those that waited for a disk
 * @refaults_anon: pages that came back from swap soon after they had been taken
 * @refaults_file: the same of page cache
 *
 * What a group's memory consists of, that of the groups below it included.
 * Bytes, but faults and refaults, which are counts since the group was made.
 * What this kernel does not tell is %CORRAL_UNKNOWN.
 *
 * Since: 0.1
 */
typedef struct {
    guint64 anon;
    guint64 file;
    guint64 shmem;
    guint64 file_mapped;
    guint64 file_dirty;
    guint64 file_writeback;
    guint64 anon_huge;
    guint64 file_huge;
    guint64 shmem_huge;
    guint64 kernel;
    guint64 slab;
    guint64 page_tables;
    guint64 swap;
    guint64 swap_cached;
    guint64 active_anon;
    guint64 inactive_anon;
    guint64 active_file;
    guint64 inactive_file;
    guint64 unevictable;
    guint64 faults;
    guint64 major_faults;
    guint64 refaults_anon;
    guint64 refaults_file;
} CorralMemoryStatistics;

#define CORRAL_TYPE_MEMORY_STATISTICS (corral_memory_statistics_get_type())
GType corral_memory_statistics_get_type(void);

CorralMemoryStatistics *corral_memory_statistics_copy(const CorralMemoryStatistics *self);
void corral_memory_statistics_free(CorralMemoryStatistics *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralMemoryStatistics, corral_memory_statistics_free)

/**
 * CorralMemoryEvents:
 * @low: times that memory below the low mark was reclaimed all the same
 * @high: times that the group was above its high mark and was held up
 * @max: times that the group was at its limit
 * @oom: times that it was at its limit and nothing could be reclaimed
 * @oom_kills: processes killed for want of memory
 * @oom_group_kills: times that the group was killed as a whole
 * @under_oom: 1 while the group is out of memory and waits, 0 if not
 *
 * What happened to a group since it was made.  What this kernel does not tell
 * is %CORRAL_UNKNOWN: the legacy interface tells @max, @oom_kills and
 * @under_oom, the unified one all but the last.
 *
 * The unified interface counts what happened in the groups below, too, unless
 * it is mounted with `memory_localevents`; the legacy one counts at the group
 * whose limit it was (@max) or whose process died (@oom_kills).
 *
 * Since: 0.1
 */
typedef struct {
    guint64 low;
    guint64 high;
    guint64 max;
    guint64 oom;
    guint64 oom_kills;
    guint64 oom_group_kills;
    guint64 under_oom;
} CorralMemoryEvents;

#define CORRAL_TYPE_MEMORY_EVENTS (corral_memory_events_get_type())
GType corral_memory_events_get_type(void);

CorralMemoryEvents *corral_memory_events_copy(const CorralMemoryEvents *self);
void corral_memory_events_free(CorralMemoryEvents *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralMemoryEvents, corral_memory_events_free)

gboolean corral_group_get_memory_usage(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_swap_usage(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_total_usage(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_peak(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_reset_memory_peak(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_statistics(CorralGroup *self, CorralMemoryStatistics *statistics,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_events(CorralGroup *self, CorralMemoryEvents *events,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
