/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory under the kernel's legacy interface.
 *
 * There is a file for the total of memory and swap, and the kernel insists
 * that it is never below the limit of memory, not even between two writes: a
 * total is raised before the limit and lowered after it.
 */
#include <config.h>

#include "cg-memory.h"
#include "corral-error.h"
#include "corral-types.h"

#define LIMIT_FILE "memory.limit_in_bytes"
#define TOTAL_FILE "memory.memsw.limit_in_bytes"

/* There while the total is the limit plus what the user allows of swap. */
#define SWAP_LABEL "memory-swap"

static gboolean
write_amount(const CgPlace *place, const char *file, guint64 bytes, GError **error)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return cg_place_write(place, file, "-1", error);

    return cg_place_write_u64(place, file, bytes, error);
}

static gboolean
read_amount(const CgPlace *place, const char *file, guint64 *bytes, GError **error)
{
    /* The kernel counts pages in a long: "no limit" is LONG_MAX rounded down to
     * a page (PAGE_COUNTER_MAX), and no page is larger than 64 KiB where we run. */
    const guint64 no_limit = (guint64)G_MAXLONG - 0xffff;
    guint64 value;

    if (!cg_place_read_u64(place, file, &value, error))
        return FALSE;

    *bytes = value >= no_limit ? CORRAL_MEMORY_UNLIMITED : value;
    return TRUE;
}

static gboolean
read_both(const CgPlace *place, guint64 *limit, guint64 *total, GError **error)
{
    return read_amount(place, LIMIT_FILE, limit, error) &&
           read_amount(place, TOTAL_FILE, total, error);
}

/* The kernel says no more than "Invalid argument". */
static gboolean
explain(const CgPlace *place, guint64 limit, guint64 total, GError *failure, GError **error)
{
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED) && limit > total) {
        g_error_free(failure);
        return cg_memory_refuse_order(place, limit, total, error);
    }

    g_propagate_error(error, failure);
    return FALSE;
}

static gboolean
set_limits(const CgPlace *place, guint64 limit, guint64 total, GError **error)
{
    CgMemoryChange of_limit = {LIMIT_FILE, 0, limit};
    CgMemoryChange of_total = {TOTAL_FILE, 0, total};
    gboolean raise;

    if (!read_both(place, &of_limit.before, &of_total.before, error))
        return FALSE;

    raise = total >= of_total.before;
    if (!cg_memory_change_both(place, raise ? &of_total : &of_limit, raise ? &of_limit : &of_total,
                               error))
        return FALSE;

    cg_memory_drop_label(place, SWAP_LABEL);
    return TRUE;
}

static gboolean
set_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    GError *failure = NULL;
    guint64 limit, total;

    if (cg_memory_has_label(place, SWAP_LABEL)) {
        if (!read_both(place, &limit, &total, error))
            return FALSE;
        if (cg_memory_label_holds(place, SWAP_LABEL, limit, total)) {
            guint64 kept = cg_memory_add(cg_memory_whole_pages(bytes), total - limit);

            if (!set_limits(place, bytes, kept, error))
                return FALSE;
            if (kept != CORRAL_MEMORY_UNLIMITED)
                cg_memory_put_label(place, SWAP_LABEL, cg_memory_whole_pages(bytes), kept);
            return TRUE;
        }
    }

    if (write_amount(place, LIMIT_FILE, bytes, &failure))
        return TRUE;
    if (!read_amount(place, TOTAL_FILE, &total, NULL))
        total = CORRAL_MEMORY_UNLIMITED;
    return explain(place, bytes, total, failure, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    return read_amount(place, LIMIT_FILE, bytes, error);
}

static gboolean
set_total_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    GError *failure = NULL;
    guint64 limit;

    if (write_amount(place, TOTAL_FILE, bytes, &failure)) {
        cg_memory_drop_label(place, SWAP_LABEL);
        return TRUE;
    }

    if (!read_amount(place, LIMIT_FILE, &limit, NULL))
        limit = 0;
    return explain(place, limit, bytes, failure, error);
}

static gboolean
get_total_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    return read_amount(place, TOTAL_FILE, bytes, error);
}

static gboolean
set_swap_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    guint64 limit, total;

    if (!read_amount(place, LIMIT_FILE, &limit, error))
        return FALSE;
    if (limit == CORRAL_MEMORY_UNLIMITED && bytes != CORRAL_MEMORY_UNLIMITED) {
        g_autofree char *name = cg_tree_name(place->dir, "");

        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                    "the swap of '%s' cannot be limited: this kernel limits it only together with "
                    "memory, which has no limit here",
                    name);
        return FALSE;
    }

    total = cg_memory_add(limit, cg_memory_whole_pages(bytes));
    if (!set_total_limit(place, total, error))
        return FALSE;

    if (total != CORRAL_MEMORY_UNLIMITED)
        cg_memory_put_label(place, SWAP_LABEL, limit, total);
    return TRUE;
}

static gboolean
get_swap_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    guint64 limit, total;

    if (!read_both(place, &limit, &total, error))
        return FALSE;

    if (total == CORRAL_MEMORY_UNLIMITED)
        *bytes = CORRAL_MEMORY_UNLIMITED;
    else
        *bytes = total > limit ? total - limit : 0;
    return TRUE;
}

static gboolean
set_swappiness(const CgPlace *place, guint swappiness, GError **error)
{
    return cg_place_write_u64(place, "memory.swappiness", swappiness, error);
}

static gboolean
get_swappiness(const CgPlace *place, guint *swappiness, GError **error)
{
    guint64 value;

    if (!cg_place_read_u64(place, "memory.swappiness", &value, error))
        return FALSE;

    *swappiness = MIN(value, G_MAXUINT);
    return TRUE;
}

const CgMemory cg_memory_legacy = {
    .write_amount = write_amount,
    .read_amount = read_amount,
    .mark_files = {[CG_MEMORY_SOFT_LIMIT] = "memory.soft_limit_in_bytes"},
    .set_limit = set_limit,
    .get_limit = get_limit,
    .set_total_limit = set_total_limit,
    .get_total_limit = get_total_limit,
    .set_swap_limit = set_swap_limit,
    .get_swap_limit = get_swap_limit,
    .set_limits = set_limits,
    .set_swappiness = set_swappiness,
    .get_swappiness = get_swappiness,
};
