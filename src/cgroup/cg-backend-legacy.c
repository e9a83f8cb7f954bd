/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's legacy interface (cgroup v1): a hierarchy per controller or per
 * set of controllers mounted together.
 *
 * cpuset is the odd one.  A new group has no CPUs and no memory nodes, and no
 * process can enter it before both are written.  cgroup.clone_children makes
 * the kernel copy them from the parent, but only into groups made below the
 * one that has the flag, and not when a sibling is exclusive.  So a group is
 * looked at when it is made; one that is empty is written by hand and given
 * the flag, and what is made below it comes ready.
 *
 * What is above it may be empty as well: left so by an administrator's mkdir,
 * or by another thread that has just made it and is about to fill it.  An
 * empty one holds nobody, so it is filled from above first.
 *
 * A thread that writes "0" to "tasks" moves itself, and the kernel then does
 * without the lock that stops every fork and exit on the machine (see
 * cgroup_procs_write_start() in kernel/cgroup/cgroup.c): 0.1 ms where
 * "cgroup.procs" may wait 8 to 20 ms for an RCU grace period.  For a process
 * between fork and exec, which has one thread, the two mean the same.
 */
#include <config.h>

#include "cg-backend.h"
#include "cg-cpu-time.h"
#include "cg-cpu.h"
#include "cg-cpuset.h"
#include "cg-devices.h"
#include "cg-io.h"
#include "cg-memory-usage.h"
#include "cg-freezer.h"
#include "cg-hugetlb.h"
#include "cg-memory.h"
#include "cg-netclass.h"
#include "cg-pids.h"
#include "cg-watch.h"

static gboolean
hand_down(int dir G_GNUC_UNUSED, CorralControllers wanted, CorralControllers *granted,
          GError **error G_GNUC_UNUSED)
{
    *granted = wanted;
    return TRUE;
}

/* What somebody has chosen already is kept. */
static gboolean
fill_file(int parent, int dir, const char *file, GError **error)
{
    g_autofree char *chosen = cg_tree_read(dir, file, error);
    g_autofree char *value = NULL;

    if (!chosen)
        return FALSE;
    if (g_ascii_isdigit(chosen[0]))
        return TRUE;

    value = cg_tree_read(parent, file, error);
    return value && cg_tree_write(dir, file, value, error);
}

/*
 * The memory nodes are written last, so a group that has them has all; one look
 * is enough.  Parents are prepared first; the root is never empty, so this ends.
 */
static gboolean
prepare(int dir, CorralControllers controllers, GError **error)
{
    g_autofree char *mems = NULL;
    CG_AUTO_FD parent = -1;

    if (!(controllers & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUSET)))
        return TRUE;

    mems = cg_tree_read(dir, "cpuset.mems", error);
    if (!mems)
        return FALSE;
    if (g_ascii_isdigit(mems[0]))
        return TRUE;

    parent = cg_tree_open_dir(dir, "..", error);
    return parent >= 0 && prepare(parent, controllers, error) &&
           cg_tree_write(dir, "cgroup.clone_children", "1", error) &&
           fill_file(parent, dir, "cpuset.cpus", error) &&
           fill_file(parent, dir, "cpuset.mems", error);
}

/* Its parent has been through prepare() and hands down; if not, the first thread that
 * cannot enter is reason enough to look. */
static gboolean
prepare_threaded(const CgPlace *parent G_GNUC_UNUSED, int dir G_GNUC_UNUSED,
                 GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

/* Who stands still has no children. */
static void
hold(const CgPlace *place, gint64 deadline)
{
    gboolean complete;

    if (place->controllers & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER))
        (void)!cg_freezer_legacy.freeze(place, deadline, &complete, NULL);
}

/* A signal to a frozen process waits, SIGKILL as well. */
static void
let_die(const CgPlace *place)
{
    CorralFreezerState state;

    if ((place->controllers & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER)) &&
        cg_freezer_legacy.get_state(place, &state, NULL) && (state & CORRAL_FREEZER_SELF))
        (void)!cg_freezer_legacy.thaw(place, NULL);
}

const CgBackend cg_backend_legacy = {
    .name = "legacy",
    .everywhere = CORRAL_CONTROLLERS_ALL,
    .processes_file = "cgroup.procs",
    .threads_file = "tasks",
    .entrance_file = "tasks",
    .hand_down = hand_down,
    .prepare = prepare,
    .prepare_threaded = prepare_threaded,
    .hold = hold,
    .let_die = let_die,
    .cpu = &cg_cpu_legacy,
    .cpu_time = &cg_cpu_time_legacy,
    .cpuset = &cg_cpuset_legacy,
    .devices = &cg_devices_legacy,
    .freezer = &cg_freezer_legacy,
    .hugetlb = &cg_hugetlb_legacy,
    .io = &cg_io_legacy,
    .memory = &cg_memory_legacy,
    .memory_usage = &cg_memory_usage_legacy,
    .netclass = &cg_netclass_legacy,
    .pids = &cg_pids,
    .watching = &cg_watching_legacy,
};
