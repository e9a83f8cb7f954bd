/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory under the kernel's unified interface.
 *
 * There is a file for swap alone, so a total is what the limit leaves to it.
 * The kernel knows no order between the two and refuses neither; what it
 * cannot reclaim below a new limit it kills for, within the write.  So the
 * room for swap is made before the limit is cut, and taken away after it.
 */
#include <config.h>

#include "cg-memory.h"
#include "corral-error.h"
#include "corral-types.h"

#define LIMIT_FILE "memory.max"
#define SWAP_FILE "memory.swap.max"

/* There while the swap is what the limit leaves of a total. */
#define TOTAL_LABEL "memory-total"

static gboolean
read_both(const CgPlace *place, guint64 *limit, guint64 *swap, GError **error)
{
    return cg_place_read_limit(place, LIMIT_FILE, limit, error) &&
           cg_place_read_limit(place, SWAP_FILE, swap, error);
}

static guint64
swap_of(guint64 limit, guint64 total)
{
    return total == CORRAL_MEMORY_UNLIMITED
               ? total
               : cg_memory_whole_pages(total - cg_memory_whole_pages(limit));
}

static void
remember(const CgPlace *place, guint64 limit, guint64 total)
{
    if (total == CORRAL_MEMORY_UNLIMITED)
        cg_memory_drop_label(place, TOTAL_LABEL);
    else
        cg_memory_put_label(place, TOTAL_LABEL, cg_memory_whole_pages(limit),
                            swap_of(limit, total));
}

static gboolean
set_limits(const CgPlace *place, guint64 limit, guint64 total, GError **error)
{
    CgMemoryChange of_limit = {LIMIT_FILE, 0, limit};
    CgMemoryChange of_swap = {SWAP_FILE, 0, swap_of(limit, total)};
    gboolean cut;

    if (!read_both(place, &of_limit.before, &of_swap.before, error))
        return FALSE;

    cut = of_swap.after < of_swap.before && limit < of_limit.before;
    if (!cg_memory_change_both(place, cut ? &of_limit : &of_swap, cut ? &of_swap : &of_limit,
                               error))
        return FALSE;

    remember(place, limit, total);
    return TRUE;
}

static gboolean
set_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    guint64 limit, swap;

    if (!cg_memory_has_label(place, TOTAL_LABEL))
        return cg_place_write_limit(place, LIMIT_FILE, bytes, error);
    if (!read_both(place, &limit, &swap, error))
        return FALSE;
    if (!cg_memory_label_holds(place, TOTAL_LABEL, limit, swap))
        return cg_place_write_limit(place, LIMIT_FILE, bytes, error);

    if (bytes > limit + swap)
        return cg_memory_refuse_order(place, bytes, limit + swap, error);
    return set_limits(place, bytes, limit + swap, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_limit(place, LIMIT_FILE, bytes, error);
}

static gboolean
set_total_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    guint64 limit;

    if (!cg_place_read_limit(place, LIMIT_FILE, &limit, error))
        return FALSE;
    if (limit > bytes)
        return cg_memory_refuse_order(place, limit, bytes, error);
    if (!cg_place_write_limit(place, SWAP_FILE, swap_of(limit, bytes), error))
        return FALSE;

    remember(place, limit, bytes);
    return TRUE;
}

static gboolean
get_total_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    guint64 limit, swap;

    if (!read_both(place, &limit, &swap, error))
        return FALSE;

    *bytes = cg_memory_add(limit, swap);
    return TRUE;
}

static gboolean
set_swap_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    if (!cg_place_write_limit(place, SWAP_FILE, bytes, error))
        return FALSE;

    cg_memory_drop_label(place, TOTAL_LABEL);
    return TRUE;
}

static gboolean
get_swap_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_limit(place, SWAP_FILE, bytes, error);
}

static gboolean
set_oom_group(const CgPlace *place, gboolean whole, GError **error)
{
    return cg_place_write_bool(place, "memory.oom.group", whole, error);
}

static gboolean
get_oom_group(const CgPlace *place, gboolean *whole, GError **error)
{
    return cg_place_read_bool(place, "memory.oom.group", whole, error);
}

/* "Try again" is the kernel's word for less than that. */
static gboolean
reclaim(const CgPlace *place, guint64 bytes, guint64 *reclaimed, GError **error)
{
    g_autoptr(GError) failure = NULL;
    guint64 before, after;

    if (!cg_place_read_u64(place, "memory.current", &before, error))
        return FALSE;
    if (!cg_place_write_u64(place, "memory.reclaim", bytes, &failure) &&
        !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!cg_place_read_u64(place, "memory.current", &after, error))
        return FALSE;

    *reclaimed = after < before ? before - after : 0;
    return TRUE;
}

const CgMemory cg_memory_unified = {
    .write_amount = cg_place_write_limit,
    .read_amount = cg_place_read_limit,
    .mark_files =
        {
            [CG_MEMORY_HIGH] = "memory.high",
            [CG_MEMORY_LOW] = "memory.low",
            [CG_MEMORY_MIN] = "memory.min",
        },
    .set_limit = set_limit,
    .get_limit = get_limit,
    .set_total_limit = set_total_limit,
    .get_total_limit = get_total_limit,
    .set_swap_limit = set_swap_limit,
    .get_swap_limit = get_swap_limit,
    .set_limits = set_limits,
    .set_oom_group = set_oom_group,
    .get_oom_group = get_oom_group,
    .reclaim = reclaim,
};
