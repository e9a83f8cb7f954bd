/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many processes and threads a group has, and how many at the most. */
#include <config.h>

#include "cg-group.h"
#include "cg-pids.h"
#include "corral-error.h"
#include "corral-pids.h"

/* How the number of @self's tasks is controlled, and where. */
static const CgPids *
find_pids(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_PIDS, error);
    return *place ? (*place)->hierarchy->backend->pids : NULL;
}

/**
 * corral_group_set_pids_limit:
 * @self: a group
 * @limit: 0 to %CORRAL_PIDS_LIMIT_MAX; %CORRAL_PIDS_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * Lets nobody fork or start a thread in @self or below it while they are as many
 * already.  Those who are there stay, and others may still be moved in.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_NO_CONTROLLER,
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_pids_limit(CorralGroup *self, guint64 limit, GError **error)
{
    const CgPlace *place;
    const CgPids *pids;

    if (limit != CORRAL_PIDS_UNLIMITED && limit > CORRAL_PIDS_LIMIT_MAX)
        return cg_group_refuse_range(error, "limit of processes and threads",
                                     MIN(limit, G_MAXINT64), 0, CORRAL_PIDS_LIMIT_MAX);

    pids = find_pids(self, &place, error);
    return pids && pids->set_limit(place, limit, error);
}

/**
 * corral_group_get_pids_limit:
 * @self: a group
 * @limit: (out): how many there may be, or %CORRAL_PIDS_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: the root has no limit.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_pids_limit(CorralGroup *self, guint64 *limit, GError **error)
{
    const CgPlace *place;
    const CgPids *pids = find_pids(self, &place, error);

    return pids && pids->get_limit(place, limit, error);
}

/**
 * corral_group_get_pids_usage:
 * @self: a group
 * @usage: (out): how many processes and threads are in it and below
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_pids_usage(CorralGroup *self, guint64 *usage, GError **error)
{
    const CgPlace *place;
    const CgPids *pids = find_pids(self, &place, error);

    return pids && pids->get_usage(place, usage, error);
}

/**
 * corral_group_get_pids_peak:
 * @self: a group
 * @peak: (out): the most that there ever were
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: an older kernel, which does not tell.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_pids_peak(CorralGroup *self, guint64 *peak, GError **error)
{
    const CgPlace *place;
    const CgPids *pids = find_pids(self, &place, error);

    return pids && pids->get_peak(place, peak, error);
}

/**
 * corral_group_get_pids_failures:
 * @self: a group
 * @failures: (out): how often somebody was not let fork or start a thread
 * @error: where to put what went wrong
 *
 * Linux from 6.11 on counts, under the unified interface, in the group whose limit
 * it was and in those above; otherwise the kernel counts where the fork was
 * tried, whosever limit it was.
 *
 * %CORRAL_ERROR_UNSUPPORTED: Linux before 4.8.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_pids_failures(CorralGroup *self, guint64 *failures, GError **error)
{
    const CgPlace *place;
    const CgPids *pids = find_pids(self, &place, error);

    return pids && pids->get_failures(place, failures, error);
}
