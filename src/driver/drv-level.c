/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The level between a guest's scope and the groups of its threads. */
#include <config.h>

#include "drv-error.h"
#include "drv-level.h"
#include "drv-tune-memory.h"
#include "guest-path.h"

#define NAME "libvirt"

#define PERIOD_US 100000

typedef struct {
    CorralController controller;
    gboolean (*open)(CorralGroup *level, GError **error);
} Step;

CorralGroup *
drv_level_find(CorralGroup *whole)
{
    if (!g_str_has_suffix(corral_group_get_path(whole), GUEST_PATH_SCOPE_SUFFIX))
        return NULL;
    return corral_group_open_child(whole, NAME, NULL);
}

static gboolean
open_cpu(CorralGroup *level, GError **error)
{
    return corral_group_set_cpu_ceiling(level, CORRAL_CPU_UNLIMITED, PERIOD_US, error);
}

static gboolean
open_memory(CorralGroup *level, GError **error)
{
    const DrvMemory unlimited = {
        .given =
            {[DRV_MEMORY_HARD] = TRUE, [DRV_MEMORY_SOFT] = TRUE, [DRV_MEMORY_SWAP_HARD] = TRUE},
        .kib = {[DRV_MEMORY_HARD] = GUEST_MEMORY_UNLIMITED_KIB,
                [DRV_MEMORY_SOFT] = GUEST_MEMORY_UNLIMITED_KIB,
                [DRV_MEMORY_SWAP_HARD] = GUEST_MEMORY_UNLIMITED_KIB},
    };

    return drv_tune_memory_write(level, &unlimited, error);
}

/* By their numbers: not every host has names for them.  As for weights, there is nobody beside. */
static gboolean
open_io(CorralGroup *level, GError **error)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) list = corral_group_list_io_limits(level, &failure);
    guint i;

    if (!list) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    for (i = 0; i < list->len; i++) {
        const CorralIoLimits *found = g_ptr_array_index(list, i);
        const CorralIoLimits unlimited = {
            .device = found->device,
            .read_bps = CORRAL_IO_UNLIMITED,
            .write_bps = CORRAL_IO_UNLIMITED,
            .read_iops = CORRAL_IO_UNLIMITED,
            .write_iops = CORRAL_IO_UNLIMITED,
        };

        corral_transaction_set_io_limits(transaction, level, &unlimited);
    }
    return corral_transaction_commit(transaction, error);
}

/* Where the kernel suffers no less, a copy of what the scope has. */
static gboolean
open_cpuset(CorralGroup *level, GError **error)
{
    return corral_group_set_cpus(level, NULL, 0, error) &&
           corral_group_set_memory_nodes(level, NULL, 0, error);
}

/* libvirt's list has what the guest needed when it started, and nobody keeps it any more. */
static gboolean
open_devices(CorralGroup *level, GError **error)
{
    return corral_group_detach_device_programs(level, error);
}

static void
take(CorralGroup *level, const Step *steps, gsize n)
{
    gsize i;

    for (i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;

        /* A guest may have ended meanwhile. */
        if ((corral_group_get_controllers(level) & CORRAL_CONTROLLER_BIT(steps[i].controller)) &&
            !steps[i].open(level, &error) &&
            !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
            drv_error_log(g_steal_pointer(&error), corral_group_get_path(level), "open it");
    }
}

void
drv_level_open(CorralGroup *level)
{
    static const Step steps[] = {
        {CORRAL_CONTROLLER_CPU, open_cpu},
        {CORRAL_CONTROLLER_MEMORY, open_memory},
        {CORRAL_CONTROLLER_IO, open_io},
        {CORRAL_CONTROLLER_DEVICES, open_devices},
    };

    take(level, steps, G_N_ELEMENTS(steps));
}

/*
 * What libvirt_lxc shows to the container as /proc/meminfo is what it reads here, so the limits are
 * those of the scope, and hold nobody back who is not held back already.  Nothing of that depends
 * on a high mark.
 */
static gboolean
follow_memory(CorralGroup *level, CorralGroup *whole, GError **error)
{
    DrvMemory limits;

    if (!drv_tune_memory_read(whole, &limits, error))
        return FALSE;

    limits.given[DRV_MEMORY_GUARANTEE] = FALSE;
    limits.kib[DRV_MEMORY_SOFT] = GUEST_MEMORY_UNLIMITED_KIB;
    return drv_tune_memory_write(level, &limits, error);
}

void
drv_level_follow(CorralGroup *level, CorralGroup *whole)
{
    /* The list of devices is libvirt's, which keeps it. */
    static const Step steps[] = {
        {CORRAL_CONTROLLER_CPU, open_cpu},
        {CORRAL_CONTROLLER_CPUSET, open_cpuset},
        {CORRAL_CONTROLLER_IO, open_io},
    };
    g_autoptr(GError) error = NULL;

    take(level, steps, G_N_ELEMENTS(steps));
    if ((corral_group_get_controllers(level) & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY)) &&
        !follow_memory(level, whole, &error) &&
        !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
        drv_error_log(g_steal_pointer(&error), corral_group_get_path(level), "size it");
}
