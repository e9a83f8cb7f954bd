/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory: how much of it is in use, for what, and what came of it. */
#include <config.h>

#include "cg-group.h"
#include "cg-memory-usage.h"
#include "corral-memory-usage.h"

G_DEFINE_BOXED_TYPE(CorralMemoryStatistics, corral_memory_statistics, corral_memory_statistics_copy,
                    corral_memory_statistics_free)
G_DEFINE_BOXED_TYPE(CorralMemoryEvents, corral_memory_events, corral_memory_events_copy,
                    corral_memory_events_free)

/**
 * corral_memory_statistics_copy:
 * @self: statistics
 *
 * Returns: (transfer full): others that are the same
 * Since: 0.1
 */
CorralMemoryStatistics *
corral_memory_statistics_copy(const CorralMemoryStatistics *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_memory_statistics_free:
 * @self: (transfer full): statistics
 *
 * Gives back what corral_memory_statistics_copy() and its kin have made.
 *
 * Since: 0.1
 */
void
corral_memory_statistics_free(CorralMemoryStatistics *self)
{
    g_free(self);
}

/**
 * corral_memory_events_copy:
 * @self: events
 *
 * Returns: (transfer full): others that are the same
 * Since: 0.1
 */
CorralMemoryEvents *
corral_memory_events_copy(const CorralMemoryEvents *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_memory_events_free:
 * @self: (transfer full): events
 *
 * Gives back what corral_memory_events_copy() and its kin have made.
 *
 * Since: 0.1
 */
void
corral_memory_events_free(CorralMemoryEvents *self)
{
    g_free(self);
}

/* How @self's use of memory is told, and where. */
static const CgMemoryUsage *
find_usage(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_MEMORY, error);
    return *place ? (*place)->hierarchy->backend->memory_usage : NULL;
}

/**
 * corral_group_get_memory_usage:
 * @self: a group
 * @bytes: (out): what it and everything below it uses, page cache included
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_usage(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->get_usage)
        return cg_group_refuse_unsupported(error, place, "memory usage");

    return usage->get_usage(place, bytes, error);
}

/**
 * corral_group_get_swap_usage:
 * @self: a group
 * @bytes: (out): what it and everything below it has in swap
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not account for swap.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_swap_usage(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->get_swap_usage)
        return cg_group_refuse_unsupported(error, place, "swap usage");

    return usage->get_swap_usage(place, bytes, error);
}

/**
 * corral_group_get_memory_total_usage:
 * @self: a group
 * @bytes: (out): what it and everything below it uses of memory and swap
 * @error: where to put what went wrong
 *
 * On the unified interface the sum of two readings, one shortly after the other.
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not account for swap.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_total_usage(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->get_total_usage)
        return cg_group_refuse_unsupported(error, place, "usage of memory and swap");

    return usage->get_total_usage(place, bytes, error);
}

/**
 * corral_group_get_memory_peak:
 * @self: a group
 * @bytes: (out): the most it ever used at once, with everything below it
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: unified interface before Linux 5.19.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_peak(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->get_peak)
        return cg_group_refuse_unsupported(error, place, "memory peak");

    return usage->get_peak(place, bytes, error);
}

/**
 * corral_group_reset_memory_peak:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Lets the peak start again from what is used now.
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the unified interface.  (Since Linux 6.12 it
 * resets a peak for whoever keeps the file open, but for nobody else.)
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_reset_memory_peak(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->reset_peak)
        return cg_group_refuse_unsupported(error, place, "reset of the memory peak");

    return usage->reset_peak(place, error);
}

/**
 * corral_group_get_memory_statistics:
 * @self: a group
 * @statistics: (out caller-allocates): what its memory consists of
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_statistics(CorralGroup *self, CorralMemoryStatistics *statistics,
                                   GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->get_statistics)
        return cg_group_refuse_unsupported(error, place, "memory statistics");

    return usage->get_statistics(place, statistics, error);
}

/**
 * corral_group_get_memory_events:
 * @self: a group
 * @events: (out caller-allocates): what happened to it
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_events(CorralGroup *self, CorralMemoryEvents *events, GError **error)
{
    const CgPlace *place;
    const CgMemoryUsage *usage = find_usage(self, &place, error);

    if (!usage)
        return FALSE;
    if (!usage->get_events)
        return cg_group_refuse_unsupported(error, place, "memory events");

    return usage->get_events(place, events, error);
}
