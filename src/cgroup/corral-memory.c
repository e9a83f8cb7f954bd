/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory: how much of it, with and without swap, a group may use at the most. */
#include <config.h>

#include "cg-group.h"
#include "cg-memory.h"
#include "corral-error.h"
#include "corral-memory.h"

/* How @self's memory is controlled, and where. */
static const CgMemory *
find_memory(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_MEMORY, error);
    return *place ? (*place)->hierarchy->backend->memory : NULL;
}

static gboolean
check_amount(const char *what, guint64 bytes, GError **error)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED || bytes <= G_MAXINT64)
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "%s of %" G_GUINT64_FORMAT " bytes is out of range [0, %" G_GINT64_FORMAT "]", what,
                bytes, G_MAXINT64);
    return FALSE;
}

/**
 * corral_group_set_memory_limit:
 * @self: a group
 * @bytes: the most it may use, at most 2^63 - 1; %CORRAL_MEMORY_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * The kernel rounds down to whole pages.  It first reclaims what is in use
 * above the limit, during this call, which takes as long as writing it to
 * swap does.  What it cannot reclaim:
 *
 * On the legacy interface the call fails with %CORRAL_ERROR_BUSY, the old
 * limit is in force, and nobody was killed.  On the unified interface the call
 * succeeds and **processes of the group are killed during it**, until the rest
 * fits; without swap that is what happens to every process whose anonymous
 * memory is larger than the limit.  Nothing warns of it: compare with
 * corral_group_get_memory_usage() first, make swap available, or lower the
 * high mark (corral_group_set_memory_high()), which never kills, and the limit
 * after it.  On either interface a group at its limit that goes on
 * growing is killed for.
 *
 * If a total was set (corral_group_set_memory_total_limit()) it stays what it
 * was, and a limit above it is refused; so does a limit of swap.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_BUSY: as above;
 * %CORRAL_ERROR_REFUSED: it is above the total; %CORRAL_ERROR_NO_CONTROLLER,
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_limit(CorralGroup *self, guint64 bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (!check_amount("memory limit", bytes, error))
        return FALSE;

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->set_limit)
        return cg_group_refuse_unsupported(error, place, "memory limit");

    return memory->set_limit(place, bytes, error);
}

/**
 * corral_group_get_memory_limit:
 * @self: a group
 * @bytes: (out): the most it may use, or %CORRAL_MEMORY_UNLIMITED
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_limit(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_limit)
        return cg_group_refuse_unsupported(error, place, "memory limit");

    return memory->get_limit(place, bytes, error);
}

/**
 * corral_group_set_memory_total_limit:
 * @self: a group
 * @bytes: the most it may use of memory and swap together, at most 2^63 - 1;
 *   %CORRAL_MEMORY_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * What the group may have in swap is what its memory limit leaves of the
 * total: with equal limits it has none.  The total is kept when the memory
 * limit is changed afterwards.  It cannot be below the memory limit, hence not
 * be set on a group that has none; corral_group_set_memory_limits() sets both.
 *
 * Where swap alone is limited (the unified interface) a label keeps the total,
 * and without the privilege to set it (CAP_SYS_ADMIN) a later change of the memory limit
 * moves the total as well.  Swap already in use is not brought back there, and
 * not refused either.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_REFUSED: it is below
 * the memory limit; %CORRAL_ERROR_BUSY: more than that is in use (legacy);
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not account for swap;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_memory_total_limit(CorralGroup *self, guint64 bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (!check_amount("limit of memory and swap", bytes, error))
        return FALSE;

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->set_total_limit)
        return cg_group_refuse_unsupported(error, place, "limit of memory and swap");

    return memory->set_total_limit(place, bytes, error);
}

/**
 * corral_group_get_memory_total_limit:
 * @self: a group
 * @bytes: (out): the most it may use of memory and swap, or %CORRAL_MEMORY_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not account for swap.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_memory_total_limit(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_total_limit)
        return cg_group_refuse_unsupported(error, place, "limit of memory and swap");

    return memory->get_total_limit(place, bytes, error);
}

/**
 * corral_group_set_memory_limits:
 * @self: a group
 * @limit: as for corral_group_set_memory_limit()
 * @total: as for corral_group_set_memory_total_limit(), not below @limit
 * @error: where to put what went wrong
 *
 * Sets both, in the order that the kernel accepts and that kills nobody for
 * want of swap in between.  If one of them is refused, both are as they were;
 * should that fail, the message says so.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; otherwise as the two calls.
 *
 * Returns: (skip): %TRUE if the kernel accepted both
 * Since: 0.1
 */
gboolean
corral_group_set_memory_limits(CorralGroup *self, guint64 limit, guint64 total, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (!check_amount("memory limit", limit, error) ||
        !check_amount("limit of memory and swap", total, error))
        return FALSE;
    if (limit > total) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "limit of memory and swap of %" G_GUINT64_FORMAT
                    " bytes is below that of memory",
                    total);
        return FALSE;
    }

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->set_limits)
        return cg_group_refuse_unsupported(error, place, "limit of memory and swap");

    return memory->set_limits(place, limit, total, error);
}

/**
 * corral_group_set_swap_limit:
 * @self: a group
 * @bytes: the most it may have in swap, at most 2^63 - 1; %CORRAL_MEMORY_UNLIMITED lifts the limit
 * @error: where to put what went wrong
 *
 * Takes the place of a total (corral_group_set_memory_total_limit()), and is
 * kept when the memory limit is changed afterwards.
 *
 * The legacy interface cannot limit swap alone.  There the total becomes the
 * memory limit plus @bytes, so what the group does not use of its memory limit
 * it may have in swap in addition, and a group without a memory limit is
 * refused.  A label keeps that it was swap that was limited, as for the total.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_REFUSED,
 * %CORRAL_ERROR_BUSY: legacy only, see above and
 * corral_group_set_memory_total_limit(); %CORRAL_ERROR_UNSUPPORTED: this kernel
 * does not account for swap; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_swap_limit(CorralGroup *self, guint64 bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory;

    if (!check_amount("swap limit", bytes, error))
        return FALSE;

    memory = find_memory(self, &place, error);
    if (!memory)
        return FALSE;
    if (!memory->set_swap_limit)
        return cg_group_refuse_unsupported(error, place, "swap limit");

    return memory->set_swap_limit(place, bytes, error);
}

/**
 * corral_group_get_swap_limit:
 * @self: a group
 * @bytes: (out): the most it may have in swap, or %CORRAL_MEMORY_UNLIMITED
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not account for swap.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_swap_limit(CorralGroup *self, guint64 *bytes, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_swap_limit)
        return cg_group_refuse_unsupported(error, place, "swap limit");

    return memory->get_swap_limit(place, bytes, error);
}

/**
 * corral_group_set_oom_group:
 * @self: a group
 * @whole: whether its processes live and die together
 * @error: where to put what went wrong
 *
 * When the group is out of memory the kernel kills one process of it, or, with
 * this, all of them, including those in groups below it.
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the legacy interface;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_oom_group(CorralGroup *self, gboolean whole, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->set_oom_group)
        return cg_group_refuse_unsupported(error, place, "way to kill a group as a whole");

    return memory->set_oom_group(place, whole, error);
}

/**
 * corral_group_get_oom_group:
 * @self: a group
 * @whole: (out): whether its processes live and die together
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: always on the legacy interface.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_oom_group(CorralGroup *self, gboolean *whole, GError **error)
{
    const CgPlace *place;
    const CgMemory *memory = find_memory(self, &place, error);

    if (!memory)
        return FALSE;
    if (!memory->get_oom_group)
        return cg_group_refuse_unsupported(error, place, "way to kill a group as a whole");

    return memory->get_oom_group(place, whole, error);
}
