/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a partition was given stays with its group, whoever made it and when: so a label says
 * that there are terms, and when there are none any more it is known what to undo.  Partitions
 * that nobody has described are left as they are.
 */
#include <config.h>

#include "drv-confine.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-partition.h"
#include "drv-tune-io.h"
#include "drv-tune-memory.h"
#include "policy-partition.h"

#define KIB ((guint64)1024)

/* Without labels a daemon that starts does not know what there is to undo. */
void
drv_partition_label(CorralGroup *group, const char *label, gboolean there)
{
    g_autoptr(GError) error = NULL;

    if (policy_partition_has(group, label) != there &&
        !corral_group_set_label(group, label, there ? "yes" : "", &error))
        g_debug("'%s': %s", corral_group_get_path(group), error->message);
}

CorralGroup *
drv_partition_make(CorralHost *host, const char *path, GError **error)
{
    return corral_group_make(host, path, DRV_GROUP_PARTITION_CONTROLLERS, CORRAL_MAKE_ON_DEMAND,
                             error);
}

/* ---- its terms ---- */

static gboolean
set_ceiling(CorralGroup *group, const PolicyTerms *terms, gboolean top G_GNUC_UNUSED,
            GError **error)
{
    const GuestBandwidth *said = &terms->cputune.bandwidth[GUEST_PART_GLOBAL];

    return corral_group_set_cpu_ceiling(
        group, said->quota_us ? said->quota_us : CORRAL_CPU_UNLIMITED,
        said->period_us ? said->period_us : CORRAL_CPU_PERIOD_DEFAULT_US, error);
}

static gboolean
set_shares(CorralGroup *group, const PolicyTerms *terms, gboolean top, GError **error)
{
    return top || corral_group_set_cpu_shares(group,
                                              terms->cputune.has_shares ? terms->cputune.shares
                                                                        : CORRAL_CPU_SHARES_DEFAULT,
                                              error);
}

static gboolean
set_memory(CorralGroup *group, const PolicyTerms *terms, gboolean top, GError **error)
{
    const gboolean all = !top;
    const DrvMemory wanted = {
        .given = {[DRV_MEMORY_HARD] = all, [DRV_MEMORY_SOFT] = TRUE, [DRV_MEMORY_SWAP_HARD] = all},
        /* What both together are limited to cannot be less than what memory is. */
        .kib = {[DRV_MEMORY_HARD] =
                    MIN(terms->memtune.hard_limit_kib, terms->memtune.swap_hard_limit_kib),
                [DRV_MEMORY_SOFT] = terms->memtune.soft_limit_kib,
                [DRV_MEMORY_SWAP_HARD] = terms->memtune.swap_hard_limit_kib},
    };

    return drv_tune_memory_write(group, &wanted, error);
}

/* Nowhere to be had on the legacy interface, which is no news for every partition. */
static gboolean
set_protection(CorralGroup *group, const PolicyTerms *terms, gboolean top, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (top || corral_group_set_memory_low(group, terms->guarantee_kib * KIB, &failure) ||
        g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
set_io(CorralGroup *group, const PolicyTerms *terms, gboolean top G_GNUC_UNUSED, GError **error)
{
    return drv_tune_io_apply_anew(group, &terms->blkiotune, error);
}

static gboolean
set_pids(CorralGroup *group, const PolicyTerms *terms, gboolean top G_GNUC_UNUSED, GError **error)
{
    return corral_group_set_pids_limit(group, terms->pids ? terms->pids : CORRAL_PIDS_UNLIMITED,
                                       error);
}

static gboolean (*const setters[])(CorralGroup *group, const PolicyTerms *terms, gboolean top,
                                   GError **error) = {
    set_ceiling, set_shares, set_memory, set_protection, set_io, set_pids,
};

static void
log_failure(CorralGroup *group, GError *error)
{
    drv_error_log(error, corral_group_get_path(group), "give the partition what it is to have");
}

/* Where nobody says anything, and nobody ever has, nothing is touched. */
static void
set_numbers(CorralGroup *group, const GArray *numbers, const char *label,
            gboolean (*confine)(CorralGroup *, const GArray *, GError **))
{
    g_autoptr(GError) error = NULL;

    if (!numbers && !policy_partition_has(group, label))
        return;
    if (numbers)
        drv_partition_label(group, label, TRUE);
    if (!confine(group, numbers, &error))
        log_failure(group, g_steal_pointer(&error));
    else if (!numbers)
        drv_partition_label(group, label, FALSE);
}

static void
set_values(CorralGroup *group, const PolicyTerms *terms, gboolean top)
{
    g_autoptr(PolicyTerms) none = policy_terms_new("/none");
    gsize i;

    if (!terms && !policy_partition_has(group, POLICY_LABEL_TERMS))
        return;
    if (terms)
        drv_partition_label(group, POLICY_LABEL_TERMS, TRUE);
    for (i = 0; i < G_N_ELEMENTS(setters); i++) {
        g_autoptr(GError) error = NULL;

        if (!setters[i](group, terms ? terms : none, top, &error) &&
            !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER))
            log_failure(group, g_steal_pointer(&error));
    }
    if (!terms)
        drv_partition_label(group, POLICY_LABEL_TERMS, FALSE);
}

void
drv_partition_set_terms(CorralGroup *group, const PolicyTerms *terms, gboolean top,
                        const GArray *cpus)
{
    set_values(group, terms, top);
    set_numbers(group, cpus, POLICY_LABEL_CPUS, drv_confine_cpus);
    set_numbers(group, terms ? terms->nodes : NULL, POLICY_LABEL_NODES, drv_confine_nodes);
}
