/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's unified interface (cgroup v2).
 *
 * A group has a controller only if its parent hands it down in
 * cgroup.subtree_control.  A group of threads is a child whose cgroup.type is
 * "threaded"; the kernel then makes its parent the root of a threaded subtree,
 * which may hold processes and hand down cpu and cpuset at the same time.
 */
#include <config.h>

#include "cg-backend.h"
#include "cg-codec.h"
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
#include "cg-pressure.h"
#include "cg-watch.h"
#include "corral-error.h"

/* cpu.stat and cgroup.freeze are in every group; devices are a program, not a file. */
#define EVERYWHERE                                                                                 \
    (CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUACCT) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE))

/* /sys/kernel/cgroup/delegate also has such as decide whom the lack of memory hits. */
static const char *const given_files[] = {"cgroup.procs", "cgroup.threads",
                                          "cgroup.subtree_control", NULL};

static char *
format_enable(CorralControllers controllers)
{
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        if (controllers & CORRAL_CONTROLLER_BIT(i))
            g_string_append_printf(text, "%s+%s", text->len ? " " : "",
                                   corral_controller_get_name(i));
    }

    return g_string_free(text, FALSE);
}

static CorralControllers
read_controllers(int dir)
{
    g_autofree char *listed = cg_tree_read(dir, "cgroup.controllers", NULL);

    return listed ? cg_codec_parse_controllers(listed) : 0;
}

static gboolean
enable(int dir, CorralControllers controllers, GError **error)
{
    g_autofree char *all = format_enable(controllers);

    return controllers == 0 || cg_tree_write(dir, "cgroup.subtree_control", all, error);
}

/* A group either holds processes or hands controllers down; only the root may do both. */
static gboolean
refuse_busy(int dir, CorralControllers controllers, GError **error)
{
    g_autofree char *name = cg_tree_name(dir, "");
    g_autofree char *all = format_enable(controllers);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                "'%s' holds processes itself, so it cannot hand down %s: move them to a group "
                "of their own below it",
                name, all);
    return FALSE;
}

/* No other choice of controllers would be granted, either. */
static gboolean
is_final(const GError *refusal)
{
    return g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_FAILED) ||
           g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_PERMISSION) ||
           g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_GONE) ||
           g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_BUSY);
}

/* Whether the caller has nothing to say here, whatever he asks for. */
static gboolean
is_not_ours(int dir)
{
    g_autoptr(GError) refusal = NULL;

    return !cg_tree_check_file(dir, "cgroup.subtree_control", &refusal) &&
           g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
}

static gboolean
take_handed_down(int dir, CorralControllers wanted, CorralControllers *granted, GError **error)
{
    g_autofree char *listed = cg_tree_read(dir, "cgroup.subtree_control", error);

    if (!listed)
        return FALSE;

    *granted = wanted & (EVERYWHERE | cg_codec_parse_controllers(listed));
    return TRUE;
}

/* Each alone, and those that are refused left out. */
static gboolean
hand_down_singly(int dir, CorralControllers ask, CorralControllers *granted, GError **error)
{
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        CorralControllers bit = CORRAL_CONTROLLER_BIT(i);
        g_autoptr(GError) refusal = NULL;

        if (enable(dir, ask & bit, &refusal))
            continue;
        if (is_final(refusal)) {
            g_propagate_error(error, g_steal_pointer(&refusal));
            return FALSE;
        }
        g_debug("'%s' is not handed down: %s", corral_controller_get_name(i), refusal->message);
        *granted &= ~bit;
    }

    return TRUE;
}

/*
 * The kernel takes all of the names or none, so after a refusal those it has
 * are tried, and then each alone: a host that lacks one controller still gets
 * the others.  Except where the group is busy: controllers that know threads
 * would be granted alone even then, and leave the child fit for threads only.
 *
 * Who was given a part of the hierarchy has nothing to say above it; there it
 * is what was handed down already.
 */
static gboolean
hand_down(int dir, CorralControllers wanted, CorralControllers *granted, GError **error)
{
    CorralControllers ask = wanted & ~EVERYWHERE;
    g_autoptr(GError) refusal = NULL;

    *granted = wanted;
    if (enable(dir, ask, &refusal))
        return TRUE;
    if (is_not_ours(dir))
        return take_handed_down(dir, wanted, granted, error);

    if (!is_final(refusal)) {
        g_clear_error(&refusal);
        ask &= read_controllers(dir);
        *granted = wanted & (EVERYWHERE | ask);
        if (enable(dir, ask, &refusal))
            return TRUE;
    }
    if (g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_BUSY))
        return refuse_busy(dir, ask, error);
    if (is_final(refusal)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return FALSE;
    }

    return hand_down_singly(dir, ask, granted, error);
}

static gboolean
prepare(int dir G_GNUC_UNUSED, CorralControllers controllers G_GNUC_UNUSED,
        GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean
prepare_threaded(const CgPlace *parent, int dir, GError **error)
{
    CorralControllers granted;

    /* The child first: only then may the parent hand down beside its processes. */
    return cg_tree_write(dir, "cgroup.type", "threaded", error) &&
           hand_down(parent->dir, parent->controllers & CORRAL_CONTROLLERS_THREADED, &granted,
                     error);
}

/* The machine's root may do both, and has no such file. */
static gboolean
is_crowded(const CgPlace *place)
{
    return (place->controllers & ~EVERYWHERE) != 0 && cg_tree_has_file(place->dir, "cgroup.type");
}

/* Since Linux 5.14; the caller has another way for older kernels. */
static gboolean
kill_all(const CgPlace *place, GError **error)
{
    return cg_place_write(place, "cgroup.kill", "1", error);
}

const CgBackend cg_backend_unified = {
    .name = "unified",
    .everywhere = EVERYWHERE,
    .processes_file = "cgroup.procs",
    .threads_file = "cgroup.threads",
    .entrance_file = "cgroup.procs", /* cgroup.threads takes nobody from another process's groups */
    .given_files = given_files,
    .hand_down = hand_down,
    .prepare = prepare,
    .prepare_threaded = prepare_threaded,
    .is_crowded = is_crowded,
    .kill = kill_all,
    .cpu = &cg_cpu_unified,
    .cpu_time = &cg_cpu_time_unified,
    .cpuset = &cg_cpuset_unified,
    .devices = &cg_devices_unified,
    .freezer = &cg_freezer_unified,
    .hugetlb = &cg_hugetlb_unified,
    .io = &cg_io_unified,
    .memory = &cg_memory_unified,
    .memory_usage = &cg_memory_usage_unified,
    .netclass = &cg_netclass_unified,
    .pids = &cg_pids,
    .pressure = &cg_pressure_unified,
    .watching = &cg_watching_unified,
};
