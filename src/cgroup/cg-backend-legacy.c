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
#include "cg-codec.h"
#include "cg-convert.h"
#include "corral-error.h"

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

static gboolean
set_cpu_shares(const CgPlace *place, guint64 shares, GError **error)
{
    return cg_place_write_u64(place, "cpu.shares", shares, error);
}

static gboolean
get_cpu_shares(const CgPlace *place, guint64 *shares, GError **error)
{
    return cg_place_read_u64(place, "cpu.shares", shares, error);
}

static gboolean
set_cpu_weight(const CgPlace *place, guint weight, GError **error)
{
    return set_cpu_shares(place, cg_convert_weight_to_shares(weight), error);
}

static gboolean
get_cpu_weight(const CgPlace *place, guint *weight, GError **error)
{
    guint64 shares;

    if (!get_cpu_shares(place, &shares, error))
        return FALSE;

    *weight = cg_convert_shares_to_weight(shares);
    return TRUE;
}

static gboolean
get_cpu_ceiling(const CgPlace *place, gint64 *quota_us, guint64 *period_us, GError **error)
{
    gint64 quota;
    guint64 period;

    if (!cg_place_read_i64(place, "cpu.cfs_quota_us", &quota, error) ||
        !cg_place_read_u64(place, "cpu.cfs_period_us", &period, error))
        return FALSE;

    *quota_us = quota < 0 ? CORRAL_CPU_UNLIMITED : quota;
    *period_us = period;
    return TRUE;
}

static gboolean
write_quota(const CgPlace *place, gint64 quota_us, GError **error)
{
    char text[32];

    g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, quota_us);
    return cg_place_write(place, "cpu.cfs_quota_us", text, error);
}

/* How many CPUs' worth. */
static double
ratio(gint64 quota_us, guint64 period_us)
{
    return (double)quota_us / (double)period_us;
}

static gboolean
lies_between(double value, double one_end, double other_end)
{
    return value >= MIN(one_end, other_end) && value <= MAX(one_end, other_end);
}

static gboolean
write_in_order(const CgPlace *place, gboolean quota_first, gint64 quota_us, guint64 period_us,
               GError **error)
{
    if (quota_first && !write_quota(place, quota_us, error))
        return FALSE;
    if (!cg_place_write_u64(place, "cpu.cfs_period_us", period_us, error))
        return FALSE;

    return quota_first || write_quota(place, quota_us, error);
}

/*
 * Quota and period are two files, and the kernel checks their ratio against
 * the parent's and the children's after each write.  The order is taken whose
 * ratio in between lies between the old one and the new one.  No ceiling at all
 * is always allowed, so where neither does, the ceiling is lifted for the
 * moment between two writes.
 */
static gboolean
set_cpu_ceiling(const CgPlace *place, gint64 quota_us, guint64 period_us, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gint64 old_quota;
    guint64 old_period;
    double before, after;
    gboolean quota_first;

    if (!get_cpu_ceiling(place, &old_quota, &old_period, error))
        return FALSE;
    if (old_period == period_us)
        return old_quota == quota_us || write_quota(place, quota_us, error);
    if (old_quota == quota_us)
        return cg_place_write_u64(place, "cpu.cfs_period_us", period_us, error);

    before = ratio(old_quota, old_period);
    after = ratio(quota_us, period_us);
    if (old_quota < 0) {
        quota_first = FALSE;
    } else if (quota_us < 0 || lies_between(ratio(quota_us, old_period), before, after)) {
        quota_first = TRUE;
    } else {
        quota_first = FALSE;
        if (!lies_between(ratio(old_quota, period_us), before, after) &&
            !write_quota(place, CORRAL_CPU_UNLIMITED, error))
            return FALSE;
    }

    if (write_in_order(place, quota_first, quota_us, period_us, &failure))
        return TRUE;

    /* Refused half way: as it was, in whichever order the kernel takes it. */
    if (!write_in_order(place, TRUE, old_quota, old_period, NULL) &&
        !write_in_order(place, FALSE, old_quota, old_period, NULL)) {
        g_autofree char *name = cg_tree_name(place->dir, "");

        g_prefix_error(&failure, "ceiling of '%s' is neither the old nor the new one: ", name);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
set_memory_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return cg_place_write(place, "memory.limit_in_bytes", "-1", error);

    return cg_place_write_u64(place, "memory.limit_in_bytes", bytes, error);
}

static gboolean
get_memory_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    /* The kernel counts pages in a long: "no limit" is LONG_MAX rounded down to
     * a page (PAGE_COUNTER_MAX), and no page is larger than 64 KiB where we run. */
    const guint64 no_limit = (guint64)G_MAXLONG - 0xffff;
    guint64 value;

    if (!cg_place_read_u64(place, "memory.limit_in_bytes", &value, error))
        return FALSE;

    *bytes = value >= no_limit ? CORRAL_MEMORY_UNLIMITED : value;
    return TRUE;
}

static gboolean
get_memory_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.usage_in_bytes", bytes, error);
}

const CgBackend cg_backend_legacy = {
    .name = "legacy",
    .everywhere = ~(CorralControllers)0,
    .processes_file = "cgroup.procs",
    .threads_file = "tasks",
    .entrance_file = "tasks",
    .hand_down = hand_down,
    .prepare = prepare,
    .prepare_threaded = prepare_threaded,
    .set_cpu_shares = set_cpu_shares,
    .get_cpu_shares = get_cpu_shares,
    .set_cpu_weight = set_cpu_weight,
    .get_cpu_weight = get_cpu_weight,
    .set_cpu_ceiling = set_cpu_ceiling,
    .get_cpu_ceiling = get_cpu_ceiling,
    .set_memory_limit = set_memory_limit,
    .get_memory_limit = get_memory_limit,
    .get_memory_usage = get_memory_usage,
};
