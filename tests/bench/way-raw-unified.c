/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's group by hand, under the kernel's unified interface. */
#include <config.h>

#include <fcntl.h>
#include <unistd.h>

#include "bench-way.h"

static int partition = -1;
static int dir;
static int children[BED_MAX_VCPUS + 1];

static const char *
start(const BenchBed *bed)
{
    partition =
        openat(bed->hierarchies[0].root, bed->partition, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return partition >= 0 ? NULL : "cannot open the partition";
}

static void
set_ceiling(int group, guint64 quota_us)
{
    char text[64];

    g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT " %d", quota_us, BED_PERIOD_US);
    raw_write(group, "cpu.max", text);
}

static void
make(const BenchBed *bed)
{
    char name[16];
    guint i;

    raw_write(partition, "cgroup.subtree_control", "+cpu +cpuset +memory +io +pids");
    dir = raw_make_dir(partition, "g");
    raw_write_number(dir, "cpu.weight", BED_SHARES * 100 / 1024);
    set_ceiling(dir, BED_QUOTA_US(bed->n_vcpus));
    raw_write_number(dir, "memory.max", BED_MEMORY_LIMIT);
    for (i = 0; i <= bed->n_vcpus; i++) {
        children[i] = raw_make_dir(dir, bed_child_name(i, name));
        raw_write(children[i], "cgroup.type", "threaded");
    }
    raw_write(dir, "cgroup.subtree_control", "+cpu +cpuset");
    for (i = 1; i <= bed->n_vcpus; i++)
        set_ceiling(children[i], BED_VCPU_QUOTA_US);
}

static void
attach(const BenchBed *bed)
{
    guint i;

    raw_write_number(dir, "cgroup.procs", bed->process);
    raw_write_number(children[0], "cgroup.threads", bed->process);
    for (i = 0; i < bed->n_vcpus; i++)
        raw_write_number(children[i + 1], "cgroup.threads", bed->threads[i]);
}

/* One file has it all. */
static guint64
read_cpu(int group)
{
    char text[1024];

    raw_read(group, "cpu.stat", text, sizeof(text));
    return raw_find_key(text, "usage_usec ") * 1000 + raw_find_key(text, "user_usec ") * 1000 +
           raw_find_key(text, "system_usec ") * 1000 + raw_find_key(text, "throttled_usec ");
}

static guint64
read_all(const BenchBed *bed)
{
    guint64 sum = raw_read_number(dir, "memory.current");
    guint i;

    sum += read_cpu(dir);
    for (i = 1; i <= bed->n_vcpus; i++)
        sum += read_cpu(children[i]);

    return sum;
}

static void
remove_all(const BenchBed *bed)
{
    char name[16];
    guint i;

    for (i = 0; i <= bed->n_vcpus; i++) {
        if (unlinkat(dir, bed_child_name(i, name), AT_REMOVEDIR) < 0)
            bed_die(name);
        close(children[i]);
    }
    if (unlinkat(partition, "g", AT_REMOVEDIR) < 0)
        bed_die(bed->guest);
    close(dir);
}

const BenchWay way_raw_unified = {"raw", start, make, attach, read_all, remove_all};
