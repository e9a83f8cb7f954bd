/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * CorralController:
 * @CORRAL_CONTROLLER_CPU: processor time: weight and ceiling
 * @CORRAL_CONTROLLER_CPUACCT: processor time accounting
 * @CORRAL_CONTROLLER_CPUSET: which CPUs and memory nodes
 * @CORRAL_CONTROLLER_MEMORY: memory and swap
 * @CORRAL_CONTROLLER_IO: block I/O (called blkio by the legacy interface)
 * @CORRAL_CONTROLLER_DEVICES: which device nodes may be opened
 * @CORRAL_CONTROLLER_FREEZER: stopping and continuing
 * @CORRAL_CONTROLLER_PIDS: number of tasks
 * @CORRAL_CONTROLLER_NET_CLS: class of network packets
 * @CORRAL_CONTROLLER_NET_PRIO: priority of network packets
 * @CORRAL_CONTROLLER_PERF_EVENT: performance counters
 * @CORRAL_CONTROLLER_HUGETLB: huge pages
 * @CORRAL_CONTROLLER_RDMA: RDMA resources
 * @CORRAL_CONTROLLER_MISC: countable host resources
 * @CORRAL_CONTROLLER_CORE: no resource: the unified hierarchy itself, wherever it is mounted,
 *   with or without controllers
 *
 * The kernel's resource controllers, whichever interface serves them.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_CONTROLLER_CPU,
    CORRAL_CONTROLLER_CPUACCT,
    CORRAL_CONTROLLER_CPUSET,
    CORRAL_CONTROLLER_MEMORY,
    CORRAL_CONTROLLER_IO,
    CORRAL_CONTROLLER_DEVICES,
    CORRAL_CONTROLLER_FREEZER,
    CORRAL_CONTROLLER_PIDS,
    CORRAL_CONTROLLER_NET_CLS,
    CORRAL_CONTROLLER_NET_PRIO,
    CORRAL_CONTROLLER_PERF_EVENT,
    CORRAL_CONTROLLER_HUGETLB,
    CORRAL_CONTROLLER_RDMA,
    CORRAL_CONTROLLER_MISC,
    CORRAL_CONTROLLER_CORE,
} CorralController;

#define CORRAL_TYPE_CONTROLLER (corral_controller_get_type())
GType corral_controller_get_type(void);

/**
 * CORRAL_N_CONTROLLERS:
 *
 * How many values #CorralController has.
 *
 * Since: 0.1
 */
#define CORRAL_N_CONTROLLERS (CORRAL_CONTROLLER_CORE + 1)

/**
 * CorralControllers:
 * @CORRAL_CONTROLLERS_NONE: none
 * @CORRAL_CONTROLLERS_CPU: %CORRAL_CONTROLLER_CPU
 * @CORRAL_CONTROLLERS_CPUACCT: %CORRAL_CONTROLLER_CPUACCT
 * @CORRAL_CONTROLLERS_CPUSET: %CORRAL_CONTROLLER_CPUSET
 * @CORRAL_CONTROLLERS_MEMORY: %CORRAL_CONTROLLER_MEMORY
 * @CORRAL_CONTROLLERS_IO: %CORRAL_CONTROLLER_IO
 * @CORRAL_CONTROLLERS_DEVICES: %CORRAL_CONTROLLER_DEVICES
 * @CORRAL_CONTROLLERS_FREEZER: %CORRAL_CONTROLLER_FREEZER
 * @CORRAL_CONTROLLERS_PIDS: %CORRAL_CONTROLLER_PIDS
 * @CORRAL_CONTROLLERS_NET_CLS: %CORRAL_CONTROLLER_NET_CLS
 * @CORRAL_CONTROLLERS_NET_PRIO: %CORRAL_CONTROLLER_NET_PRIO
 * @CORRAL_CONTROLLERS_PERF_EVENT: %CORRAL_CONTROLLER_PERF_EVENT
 * @CORRAL_CONTROLLERS_HUGETLB: %CORRAL_CONTROLLER_HUGETLB
 * @CORRAL_CONTROLLERS_RDMA: %CORRAL_CONTROLLER_RDMA
 * @CORRAL_CONTROLLERS_MISC: %CORRAL_CONTROLLER_MISC
 * @CORRAL_CONTROLLERS_CORE: %CORRAL_CONTROLLER_CORE
 * @CORRAL_CONTROLLERS_THREADED: those that can tell the threads of one process apart: groups of
 *   threads exist only where one of these is served
 * @CORRAL_CONTROLLERS_ALL: every one
 *
 * A set of controllers.  What a host does not serve is left out of it wherever
 * a set says what is wanted.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_CONTROLLERS_NONE = 0,
    CORRAL_CONTROLLERS_CPU = 1 << CORRAL_CONTROLLER_CPU,
    CORRAL_CONTROLLERS_CPUACCT = 1 << CORRAL_CONTROLLER_CPUACCT,
    CORRAL_CONTROLLERS_CPUSET = 1 << CORRAL_CONTROLLER_CPUSET,
    CORRAL_CONTROLLERS_MEMORY = 1 << CORRAL_CONTROLLER_MEMORY,
    CORRAL_CONTROLLERS_IO = 1 << CORRAL_CONTROLLER_IO,
    CORRAL_CONTROLLERS_DEVICES = 1 << CORRAL_CONTROLLER_DEVICES,
    CORRAL_CONTROLLERS_FREEZER = 1 << CORRAL_CONTROLLER_FREEZER,
    CORRAL_CONTROLLERS_PIDS = 1 << CORRAL_CONTROLLER_PIDS,
    CORRAL_CONTROLLERS_NET_CLS = 1 << CORRAL_CONTROLLER_NET_CLS,
    CORRAL_CONTROLLERS_NET_PRIO = 1 << CORRAL_CONTROLLER_NET_PRIO,
    CORRAL_CONTROLLERS_PERF_EVENT = 1 << CORRAL_CONTROLLER_PERF_EVENT,
    CORRAL_CONTROLLERS_HUGETLB = 1 << CORRAL_CONTROLLER_HUGETLB,
    CORRAL_CONTROLLERS_RDMA = 1 << CORRAL_CONTROLLER_RDMA,
    CORRAL_CONTROLLERS_MISC = 1 << CORRAL_CONTROLLER_MISC,
    CORRAL_CONTROLLERS_CORE = 1 << CORRAL_CONTROLLER_CORE,
    CORRAL_CONTROLLERS_THREADED = 7, /* cpu, cpuacct, cpuset: see corral-types.c */
    CORRAL_CONTROLLERS_ALL = (1 << CORRAL_N_CONTROLLERS) - 1,
} CorralControllers;

#define CORRAL_TYPE_CONTROLLERS (corral_controllers_get_type())
GType corral_controllers_get_type(void);

/**
 * CORRAL_CONTROLLER_BIT:
 * @controller: a #CorralController
 *
 * The set of one controller.
 *
 * Since: 0.1
 */
#define CORRAL_CONTROLLER_BIT(controller) ((CorralControllers)(1U << (controller)))

/**
 * CORRAL_CPU_SHARES_MIN:
 *
 * The fewest shares of processor time.
 *
 * Shares are proportional: half the shares is half the processor time under
 * contention.  The range and the default of 1024 are those of the kernel's
 * legacy interface (MIN_SHARES and MAX_SHARES in kernel/sched/sched.h) and of
 * libvirt's `cpu_shares`; corral keeps them on every host.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_SHARES_MIN G_GUINT64_CONSTANT(2)

/**
 * CORRAL_CPU_SHARES_MAX:
 *
 * The most shares of processor time: see %CORRAL_CPU_SHARES_MIN.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_SHARES_MAX G_GUINT64_CONSTANT(262144)

/**
 * CORRAL_CPU_SHARES_DEFAULT:
 *
 * The shares of a group that nobody gave any: see %CORRAL_CPU_SHARES_MIN.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_SHARES_DEFAULT G_GUINT64_CONSTANT(1024)

/**
 * CORRAL_CPU_WEIGHT_MIN:
 *
 * The least weight.  Weights are proportional too, on the scale of the kernel's
 * unified interface (CGROUP_WEIGHT_MIN, _MAX and _DFL in include/linux/cgroup.h).
 *
 * Since: 0.1
 */
#define CORRAL_CPU_WEIGHT_MIN 1

/**
 * CORRAL_CPU_WEIGHT_MAX:
 *
 * The greatest weight.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_WEIGHT_MAX 10000

/**
 * CORRAL_CPU_WEIGHT_DEFAULT:
 *
 * The weight of a group that nobody gave any.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_WEIGHT_DEFAULT 100

/**
 * CORRAL_CPU_PERIOD_MIN_US:
 *
 * The shortest period of a ceiling, in microseconds: 1 ms (the kernel's
 * min_cfs_quota_period).
 *
 * Since: 0.1
 */
#define CORRAL_CPU_PERIOD_MIN_US G_GUINT64_CONSTANT(1000)

/**
 * CORRAL_CPU_PERIOD_MAX_US:
 *
 * The longest period of a ceiling, in microseconds: 1 s (the kernel's
 * max_cfs_quota_period).
 *
 * Since: 0.1
 */
#define CORRAL_CPU_PERIOD_MAX_US G_GUINT64_CONSTANT(1000000)

/**
 * CORRAL_CPU_PERIOD_DEFAULT_US:
 *
 * The period of a group that nobody gave one, in microseconds.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_PERIOD_DEFAULT_US G_GUINT64_CONSTANT(100000)

/**
 * CORRAL_CPU_QUOTA_MIN_US:
 *
 * The smallest quota of a ceiling, in microseconds: 1 ms.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_QUOTA_MIN_US G_GINT64_CONSTANT(1000)

/**
 * CORRAL_CPU_QUOTA_MAX_US:
 *
 * The greatest quota of a ceiling, in microseconds: 2^44 - 1 (the kernel's
 * max_cfs_runtime).
 *
 * Since: 0.1
 */
#define CORRAL_CPU_QUOTA_MAX_US G_GINT64_CONSTANT(17592186044415)

/**
 * CORRAL_CPU_BURST_MAX_US:
 *
 * The most unused quota, in microseconds, that may be saved up for later: half
 * of the largest quota, because the kernel wants a burst to be at most the quota
 * and both together at most max_cfs_runtime.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_BURST_MAX_US G_GUINT64_CONSTANT(8796093022207)

/**
 * CORRAL_CPU_UNLIMITED:
 *
 * The quota that is no ceiling.
 *
 * Since: 0.1
 */
#define CORRAL_CPU_UNLIMITED G_GINT64_CONSTANT(-1)

/**
 * CORRAL_MEMORY_UNLIMITED:
 *
 * The memory limit, in bytes, that is none.
 *
 * Since: 0.1
 */
#define CORRAL_MEMORY_UNLIMITED G_GUINT64_CONSTANT(18446744073709551615)

/**
 * CORRAL_UNKNOWN:
 *
 * In statistics, what this kernel does not tell.
 *
 * Since: 0.1
 */
#define CORRAL_UNKNOWN G_GUINT64_CONSTANT(18446744073709551615)

const char *corral_controller_get_name(CorralController controller);
gboolean corral_controller_from_name(const char *name, CorralController *controller);

G_END_DECLS
