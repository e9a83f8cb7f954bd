/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's group by hand, under the kernel's legacy interface. */
#include <config.h>

#include <fcntl.h>
#include <unistd.h>

#include "bench-way.h"

static guint cpu;
static guint cpuacct;
static guint memory;
static int dirs[BED_MAX_HIERARCHIES];
static int children[BED_MAX_HIERARCHIES][BED_MAX_VCPUS + 1];

static const char *
start(const BenchBed *bed)
{
    cpu = bed_find_hierarchy(bed, CORRAL_CONTROLLER_CPU);
    cpuacct = bed_find_hierarchy(bed, CORRAL_CONTROLLER_CPUACCT);
    memory = bed_find_hierarchy(bed, CORRAL_CONTROLLER_MEMORY);
    return NULL;
}

static gboolean
is_threaded(const BenchBed *bed, guint h)
{
    return (bed->hierarchies[h].controllers & CORRAL_CONTROLLERS_THREADED) != 0;
}

static void
make(const BenchBed *bed)
{
    char name[16];
    guint h, i;

    for (h = 0; h < bed->n_hierarchies; h++) {
        dirs[h] = raw_make_dir(bed->hierarchies[h].root, bed->guest);
        for (i = 0; is_threaded(bed, h) && i <= bed->n_vcpus; i++)
            children[h][i] = raw_make_dir(dirs[h], bed_child_name(i, name));
    }
    raw_write_number(dirs[cpu], "cpu.shares", BED_SHARES);
    raw_write_number(dirs[cpu], "cpu.cfs_period_us", BED_PERIOD_US);
    raw_write_number(dirs[cpu], "cpu.cfs_quota_us", BED_QUOTA_US(bed->n_vcpus));
    raw_write_number(dirs[memory], "memory.limit_in_bytes", BED_MEMORY_LIMIT);
    for (i = 1; i <= bed->n_vcpus; i++) {
        raw_write_number(children[cpu][i], "cpu.cfs_period_us", BED_PERIOD_US);
        raw_write_number(children[cpu][i], "cpu.cfs_quota_us", BED_VCPU_QUOTA_US);
    }
}

static void
attach(const BenchBed *bed)
{
    guint h, i;

    for (h = 0; h < bed->n_hierarchies; h++)
        raw_write_number(dirs[h], "cgroup.procs", bed->process);
    for (h = 0; h < bed->n_hierarchies; h++) {
        if (!is_threaded(bed, h))
            continue;
        raw_write_number(children[h][0], "tasks", bed->process);
        for (i = 0; i < bed->n_vcpus; i++)
            raw_write_number(children[h][i + 1], "tasks", bed->threads[i]);
    }
}

static guint64
read_cpu(int in_cpu, int in_cpuacct)
{
    return raw_read_number(in_cpuacct, "cpuacct.usage") +
           raw_read_number(in_cpuacct, "cpuacct.usage_user") +
           raw_read_number(in_cpuacct, "cpuacct.usage_sys") +
           raw_read_key(in_cpu, "cpu.stat", "throttled_time ") / 1000;
}

static guint64
read_all(const BenchBed *bed)
{
    guint64 sum = raw_read_number(dirs[memory], "memory.usage_in_bytes");
    guint i;

    sum += read_cpu(dirs[cpu], dirs[cpuacct]);
    for (i = 1; i <= bed->n_vcpus; i++)
        sum += read_cpu(children[cpu][i], children[cpuacct][i]);

    return sum;
}

static void
remove_all(const BenchBed *bed)
{
    char name[16];
    guint h, i;

    for (h = 0; h < bed->n_hierarchies; h++) {
        for (i = 0; is_threaded(bed, h) && i <= bed->n_vcpus; i++) {
            if (unlinkat(dirs[h], bed_child_name(i, name), AT_REMOVEDIR) < 0)
                bed_die(name);
            close(children[h][i]);
        }
        if (unlinkat(bed->hierarchies[h].root, bed->guest, AT_REMOVEDIR) < 0)
            bed_die(bed->guest);
        close(dirs[h]);
    }
}

const BenchWay way_raw_legacy = {"raw", start, make, attach, read_all, remove_all};
