/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a new group on the fake machine has. */
#include <config.h>

#include "fake-defaults.h"

#define NO_PRESSURE                                                                                \
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"                                             \
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"

const FakeDefault fake_defaults[] = {
    {FALSE, NULL, "cgroup.procs", ""},
    {FALSE, NULL, "tasks", ""},
    {FALSE, NULL, "cgroup.clone_children", "0\n"},
    {FALSE, NULL, "notify_on_release", "0\n"},
    {FALSE, "cpu", "cpu.shares", "1024\n"},
    {FALSE, "cpu", "cpu.cfs_quota_us", "-1\n"},
    {FALSE, "cpu", "cpu.cfs_period_us", "100000\n"},
    {FALSE, "cpu", "cpu.cfs_burst_us", "0\n"},
    {FALSE, "cpu", "cpu.idle", "0\n"},
    {FALSE, "cpu", "cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"},
    {FALSE, "cpuacct", "cpuacct.usage", "0\n"},
    {FALSE, "cpuacct", "cpuacct.usage_user", "0\n"},
    {FALSE, "cpuacct", "cpuacct.usage_sys", "0\n"},
    {FALSE, "cpuacct", "cpuacct.stat", "user 0\nsystem 0\n"},
    {FALSE, "cpuacct", "cpuacct.usage_percpu", "0 0 0 0 \n"},
    {FALSE, "cpuacct", "cpuacct.usage_all", "cpu user system\n0 0 0\n1 0 0\n2 0 0\n3 0 0\n"},
    {FALSE, "cpuset", "cpuset.cpus", "\n"},
    {FALSE, "cpuset", "cpuset.mems", "\n"},
    {FALSE, "cpuset", "cpuset.effective_cpus", "0-3\n"},
    {FALSE, "cpuset", "cpuset.effective_mems", "0\n"},
    {FALSE, "cpuset", "cpuset.memory_migrate", "0\n"},
    {FALSE, "memory", "memory.limit_in_bytes", "9223372036854771712\n"},
    {FALSE, "memory", "memory.usage_in_bytes", "0\n"},
    {FALSE, "devices", "devices.allow", ""},
    {FALSE, "devices", "devices.deny", ""},
    {FALSE, "devices", "devices.list", "a *:* rwm\n"},
    {FALSE, "memory", "memory.memsw.limit_in_bytes", "9223372036854771712\n"},
    {FALSE, "memory", "memory.soft_limit_in_bytes", "9223372036854771712\n"},
    {FALSE, "memory", "memory.swappiness", "60\n"},
    {FALSE, "freezer", "freezer.state", "THAWED\n"},
    {FALSE, "pids", "pids.max", "max\n"},
    {TRUE, NULL, "cgroup.procs", ""},
    {TRUE, NULL, "cgroup.threads", ""},
    {TRUE, NULL, "cgroup.type", "domain\n"},
    {TRUE, NULL, "cgroup.subtree_control", "\n"},
    {TRUE, NULL, "cgroup.kill", ""},
    {TRUE, NULL, "cpu.stat", "usage_usec 0\nuser_usec 0\nsystem_usec 0\n"},
    {TRUE, NULL, "cpu.pressure", NO_PRESSURE},
    {TRUE, NULL, "memory.pressure", NO_PRESSURE},
    {TRUE, NULL, "io.pressure", NO_PRESSURE},
    {TRUE, "cpu", "cpu.weight", "100\n"},
    {TRUE, "cpu", "cpu.max", "max 100000\n"},
    {TRUE, "cpu", "cpu.max.burst", "0\n"},
    {TRUE, "cpu", "cpu.idle", "0\n"},
    {TRUE, "cpuset", "cpuset.cpus", "\n"},
    {TRUE, "cpuset", "cpuset.mems", "\n"},
    {TRUE, "cpuset", "cpuset.cpus.effective", "0-3\n"},
    {TRUE, "cpuset", "cpuset.mems.effective", "0\n"},
    {TRUE, "memory", "memory.max", "max\n"},
    {TRUE, "memory", "memory.current", "0\n"},
    {TRUE, "memory", "memory.reclaim", ""},
    {TRUE, "memory", "memory.high", "max\n"},
    {TRUE, "memory", "memory.low", "0\n"},
    {TRUE, "memory", "memory.min", "0\n"},
    {TRUE, "memory", "memory.oom.group", "0\n"},
    {TRUE, "memory", "memory.swap.max", "max\n"},
    {TRUE, "pids", "pids.max", "max\n"},
};

const gsize fake_n_defaults = G_N_ELEMENTS(fake_defaults);
