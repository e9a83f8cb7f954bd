/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container uses, of memory and of its disks.
 *
 * Stock has none of a container's memory to tell where swap is not accounted for, and
 * takes memory and swap together for swap where it is; here swap is swap, or missing.
 * It looks for a disk's device under a name that no device has; here it is the device
 * that the definition names.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-use.h"

#define KIB_SHIFT 10
#define N_BLOCK 4

static int
refuse(GError *error, DrvLxc *lxc)
{
    drv_error_report(error, lxc->vm->def->name);
    return -1;
}

/* ---- memory ---- */

typedef struct {
    virDomainMemoryStatPtr stats;
    unsigned int n;
    unsigned int room;
} List;

static void
add(List *list, int tag, guint64 value)
{
    if (list->n == list->room)
        return;

    list->stats[list->n].tag = tag;
    list->stats[list->n++].val = value;
}

int
drv_use_get_memory(virDomainPtr dom, virDomainMemoryStatPtr stats, unsigned int nstats,
                   unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    List list = {.stats = stats, .room = nstats};
    g_auto(DrvLxc) lxc = {NULL};
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    guint64 usage;
    guint64 swap;

    virCheckFlags(0, -1);
    if (!drv_lxc_open(stack, dom, &lxc) ||
        virDomainMemoryStatsEnsureACL(dom->conn, lxc.vm->def) < 0 ||
        virDomainObjCheckActive(lxc.vm) < 0)
        return -1;

    group = drv_lxc_open_group(stack, &lxc, &error);
    if (!group || !corral_group_get_memory_usage(group, &usage, &error))
        return refuse(g_steal_pointer(&error), &lxc);

    add(&list, VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, lxc.vm->def->mem.cur_balloon);
    if (corral_group_get_swap_usage(group, &swap, NULL))
        add(&list, VIR_DOMAIN_MEMORY_STAT_SWAP_IN, swap >> KIB_SHIFT);
    add(&list, VIR_DOMAIN_MEMORY_STAT_RSS, usage >> KIB_SHIFT);
    return list.n;
}

/* ---- disks ---- */

gboolean
drv_use_read_disk(CorralGroup *group, const virDomainDiskDef *disk, CorralIoStatistics *statistics,
                  GError **error)
{
    g_autoptr(CorralDevice) device = NULL;

    if (!disk)
        return corral_group_get_io_statistics(group, NULL, statistics, error);

    device = disk->src->path ? corral_device_new_for_path(disk->src->path, error) : NULL;
    if (!device) {
        if (error && !*error)
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED, "disk '%s' has no device",
                        disk->dst);
        return FALSE;
    }
    return corral_group_get_io_statistics(group, device, statistics, error);
}

/* -1 with libvirt's error. */
static int
read_path(DrvStack *stack, DrvLxc *lxc, const char *path, CorralIoStatistics *statistics)
{
    virDomainDiskDef *disk = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    if (virDomainObjCheckActive(lxc->vm) < 0)
        return -1;
    group = drv_lxc_open_group(stack, lxc, &error);
    if (!group)
        return refuse(g_steal_pointer(&error), lxc);
    if (!(corral_group_get_controllers(group) & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_IO))) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "blkio cgroup isn't mounted");
        return -1;
    }

    if (*path && !(disk = virDomainDiskByName(lxc->vm->def, path, false))) {
        drv_error_raise(VIR_ERR_INVALID_ARG, "invalid path: %s", path);
        return -1;
    }
    return drv_use_read_disk(group, disk, statistics, &error)
               ? 0
               : refuse(g_steal_pointer(&error), lxc);
}

static long long
or_unknown(guint64 value)
{
    return value == CORRAL_UNKNOWN ? -1 : (long long)value;
}

int
drv_use_get_block(virDomainPtr dom, const char *path, virDomainBlockStatsPtr stats)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvLxc) lxc = {NULL};
    CorralIoStatistics read;

    if (!drv_lxc_open(stack, dom, &lxc) ||
        virDomainBlockStatsEnsureACL(dom->conn, lxc.vm->def) < 0 ||
        read_path(stack, &lxc, path, &read) < 0)
        return -1;

    stats->rd_req = or_unknown(read.reads);
    stats->rd_bytes = or_unknown(read.read_bytes);
    stats->wr_req = or_unknown(read.writes);
    stats->wr_bytes = or_unknown(read.write_bytes);
    stats->errs = -1;
    return 0;
}

/* How many there are, in stock's order; what is not known is missing. */
static int
assign(const CorralIoStatistics *read, virTypedParameterPtr params, int room)
{
    const struct {
        const char *field;
        guint64 value;
    } fields[N_BLOCK] = {
        {VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, read->write_bytes},
        {VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, read->writes},
        {VIR_DOMAIN_BLOCK_STATS_READ_BYTES, read->read_bytes},
        {VIR_DOMAIN_BLOCK_STATS_READ_REQ, read->reads},
    };
    int n = 0;
    gsize i;

    for (i = 0; i < N_BLOCK && n < room; i++) {
        if (fields[i].value == CORRAL_UNKNOWN)
            continue;
        if (virTypedParameterAssign(&params[n++], fields[i].field, VIR_TYPED_PARAM_LLONG,
                                    (long long)fields[i].value) < 0)
            return -1;
    }
    return n;
}

int
drv_use_get_block_flags(virDomainPtr dom, const char *path, virTypedParameterPtr params,
                        int *nparams, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvLxc) lxc = {NULL};
    CorralIoStatistics read;
    int n;

    virCheckFlags(VIR_TYPED_PARAM_STRING_OKAY, -1);
    if (*nparams == 0) {
        *nparams = N_BLOCK;
        return 0;
    }
    if (!drv_lxc_open(stack, dom, &lxc) ||
        virDomainBlockStatsFlagsEnsureACL(dom->conn, lxc.vm->def) < 0 ||
        read_path(stack, &lxc, path, &read) < 0)
        return -1;

    n = assign(&read, params, *nparams);
    if (n < 0)
        return -1;
    *nparams = n;
    return 0;
}
