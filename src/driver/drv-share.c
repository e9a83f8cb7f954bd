/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A limit that is lowered below what is in use is a matter of taking it first: the kernel
 * refuses it otherwise, or kills until it fits.  So room is made a step at a time, and where
 * that does not succeed the limit stays.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-room.h"
#include "drv-partition.h"
#include "drv-share.h"
#include "policy-partition.h"

#define KIB ((guint64)1024)

/* Between what is in use and a limit that is written: somebody may be using more that moment. */
#define SLACK (4096 * KIB)

/* ---- as it is to be ---- */

static guint64
find_total(const PolicyTerms *terms, guint portions)
{
    return terms ? policy_partition_find_bytes(terms->memtune.swap_hard_limit_kib, portions)
                 : CORRAL_MEMORY_UNLIMITED;
}

/* Unlimited also where the kernel does not count swap. */
static guint64
read_total(CorralGroup *group)
{
    guint64 total;

    return corral_group_get_memory_total_limit(group, &total, NULL) ? total
                                                                    : CORRAL_MEMORY_UNLIMITED;
}

/* Memory and swap are limited together by the terms, whatever memory alone is limited to.  A limit
 * that others had set on both is in the way of a higher one on memory. */
static gboolean
write_limit(CorralGroup *group, const PolicyTerms *terms, guint portions, guint64 bytes,
            GError **error)
{
    const guint64 total = find_total(terms, portions);

    if (total == CORRAL_MEMORY_UNLIMITED && read_total(group) == total)
        return corral_group_set_memory_limit(group, bytes, error);
    return corral_group_set_memory_limits(group, MIN(bytes, total), total, error);
}

static gboolean
cut(CorralGroup *group, const PolicyTerms *terms, guint portions, guint64 bytes, GError **error)
{
    const guint64 wanted = bytes > SLACK ? bytes - SLACK : 0;
    guint64 usage;

    if (!corral_group_get_memory_usage(group, &usage, error) ||
        (usage > wanted && (!drv_room_make(group, wanted, error) ||
                            !corral_group_get_memory_usage(group, &usage, error))))
        return FALSE;
    if (usage > bytes) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "it goes on growing");
        return FALSE;
    }
    return write_limit(group, terms, portions, bytes, error);
}

gboolean
drv_share_apply(CorralGroup *group, const PolicyTerms *terms, guint portions,
                const PolicyChange *change, GError **error)
{
    switch (change->kind) {
    case POLICY_CHANGE_SHARES:
        drv_partition_label(group, POLICY_LABEL_CPU, TRUE);
        return corral_group_set_cpu_shares(group, change->to, error);
    case POLICY_CHANGE_IDLE:
        drv_partition_label(group, POLICY_LABEL_CPU, TRUE);
        return corral_group_set_cpu_idle(group, change->to != 0, error);
    case POLICY_CHANGE_LOW:
        drv_partition_label(group, POLICY_LABEL_MEMORY, TRUE);
        return corral_group_set_memory_low(group, change->to, error);
    case POLICY_CHANGE_LIMIT:
        drv_partition_label(group, POLICY_LABEL_MEMORY, TRUE);
        return change->to < change->from ? cut(group, terms, portions, change->to, error)
                                         : write_limit(group, terms, portions, change->to, error);
    case POLICY_CHANGE_BALLOON:
    default:
        return TRUE;
    }
}

static void
log_failure(CorralGroup *group, GError *error)
{
    drv_error_log(error, corral_group_get_path(group), "let the partition have what it had");
}

void
drv_share_undo_memory(CorralGroup *group, const PolicyTerms *terms, guint portions)
{
    const guint64 total = find_total(terms, portions);
    const guint64 limit = policy_partition_find_most(terms, portions);
    g_autoptr(GError) error = NULL;
    guint64 now;

    if (!policy_partition_has(group, POLICY_LABEL_MEMORY) && limit == CORRAL_MEMORY_UNLIMITED)
        return;
    drv_partition_label(group, POLICY_LABEL_MEMORY, TRUE);
    if (!corral_group_get_memory_limit(group, &now, &error) ||
        ((now != limit || read_total(group) != total) &&
         !(limit < now ? cut(group, terms, portions, limit, &error)
                       : write_limit(group, terms, portions, limit, &error)))) {
        log_failure(group, g_steal_pointer(&error));
        return;
    }
    if (corral_group_get_memory_low(group, &now, NULL) && now > 0 &&
        !corral_group_set_memory_low(group, 0, &error))
        log_failure(group, g_steal_pointer(&error));
    else if (limit == CORRAL_MEMORY_UNLIMITED)
        drv_partition_label(group, POLICY_LABEL_MEMORY, FALSE);
}

void
drv_share_undo_cpu(CorralGroup *group, const PolicyTerms *terms)
{
    const guint64 shares =
        terms && terms->cputune.has_shares ? terms->cputune.shares : CORRAL_CPU_SHARES_DEFAULT;
    g_autoptr(GError) error = NULL;
    gboolean idle;

    if (!policy_partition_has(group, POLICY_LABEL_CPU))
        return;
    if ((corral_group_get_cpu_idle(group, &idle, NULL) && idle &&
         !corral_group_set_cpu_idle(group, FALSE, &error)) ||
        !corral_group_set_cpu_shares(group, shares, &error))
        log_failure(group, g_steal_pointer(&error));
    else
        drv_partition_label(group, POLICY_LABEL_CPU, FALSE);
}
