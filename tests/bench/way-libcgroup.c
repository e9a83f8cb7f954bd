/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's group through libcgroup, which takes the kernel's own controllers,
 * files and values.
 *
 * It makes a group together with its settings.  It moves single threads only,
 * so there is no first step for the whole process: each thread goes where it
 * belongs at once.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libcgroup.h>

#include "bench-way.h"

static const char *const all[] = {"cpu",     "cpuacct", "cpuset", "memory",
                                  "devices", "freezer", "blkio",  "pids"};
static const char *const threaded[] = {"cpu", "cpuacct", "cpuset"};
static const char *const whole[] = {"memory", "devices", "freezer", "blkio", "pids"};

static struct cgroup *group;         /* all of it */
static struct cgroup *without_child; /* only where it has no children */
static struct cgroup *children[BED_MAX_VCPUS + 1];

static void
check(int code, const char *what)
{
    if (code != 0) {
        fprintf(stderr, "libcgroup: %s: %s\n", what, cgroup_strerror(code));
        exit(1);
    }
}

static const char *
start(const BenchBed *bed)
{
    if (bed->unified)
        return "not on the unified interface: this libcgroup puts no threads into groups there";
    check(cgroup_init(), "cgroup_init");
    return NULL;
}

static struct cgroup *
describe(const char *path, const char *const *controllers, gsize n_controllers)
{
    struct cgroup *self = cgroup_new_cgroup(path);
    gsize i;

    for (i = 0; i < n_controllers; i++) {
        if (!self || !cgroup_add_controller(self, controllers[i]))
            bed_die("libcgroup: cgroup_add_controller");
    }

    return self;
}

static void
add_ceiling(struct cgroup *self, gint64 quota_us)
{
    struct cgroup_controller *cpu = cgroup_get_controller(self, "cpu");

    check(cgroup_add_value_int64(cpu, "cpu.cfs_period_us", BED_PERIOD_US), "period");
    check(cgroup_add_value_int64(cpu, "cpu.cfs_quota_us", quota_us), "quota");
}

static void
child_path(const BenchBed *bed, guint i, char *path, gsize size)
{
    char name[16];

    g_snprintf(path, size, "%s/%s", bed->guest, bed_child_name(i, name));
}

static void
make(const BenchBed *bed)
{
    char path[256];
    guint i;

    group = describe(bed->guest, all, G_N_ELEMENTS(all));
    without_child = describe(bed->guest, whole, G_N_ELEMENTS(whole));
    check(cgroup_add_value_int64(cgroup_get_controller(group, "cpu"), "cpu.shares", BED_SHARES),
          "shares");
    add_ceiling(group, BED_QUOTA_US(bed->n_vcpus));
    check(cgroup_add_value_uint64(cgroup_get_controller(group, "memory"), "memory.limit_in_bytes",
                                  BED_MEMORY_LIMIT),
          "limit");
    check(cgroup_create_cgroup(group, 1), bed->guest);
    for (i = 0; i <= bed->n_vcpus; i++) {
        child_path(bed, i, path, sizeof(path));
        children[i] = describe(path, threaded, G_N_ELEMENTS(threaded));
        if (i > 0)
            add_ceiling(children[i], BED_VCPU_QUOTA_US);
        check(cgroup_create_cgroup(children[i], 1), path);
    }
}

static void
attach_thread(guint i, pid_t id)
{
    check(cgroup_attach_task_pid(without_child, id), "attach");
    check(cgroup_attach_task_pid(children[i], id), "attach");
}

static void
attach(const BenchBed *bed)
{
    guint i;

    attach_thread(0, bed->process);
    for (i = 0; i < bed->n_vcpus; i++)
        attach_thread(i + 1, bed->threads[i]);
}

static guint64
read_throttling(const char *path)
{
    static struct cgroup_stat stat;
    void *handle = NULL;
    guint64 value = 0;
    int code = cgroup_read_stats_begin("cpu", path, &handle, &stat);

    while (code == 0) {
        if (g_str_equal(stat.name, "throttled_time"))
            value = strtoull(stat.value, NULL, 10) / 1000;
        code = cgroup_read_stats_next(&handle, &stat);
    }
    check(code == ECGEOF ? 0 : code, path);
    cgroup_read_stats_end(&handle);

    return value;
}

static guint64
read_number(const char *controller, const char *path, const char *file)
{
    g_autofree char *name = g_strdup(file);
    void *handle = NULL;
    char text[64];

    check(cgroup_read_value_begin(controller, path, name, &handle, text, sizeof(text)), file);
    cgroup_read_value_end(&handle);
    return strtoull(text, NULL, 10);
}

static guint64
read_cpu(const char *path)
{
    return read_number("cpuacct", path, "cpuacct.usage") +
           read_number("cpuacct", path, "cpuacct.usage_user") +
           read_number("cpuacct", path, "cpuacct.usage_sys") + read_throttling(path);
}

static guint64
read_all(const BenchBed *bed)
{
    guint64 sum = read_number("memory", bed->guest, "memory.usage_in_bytes");
    guint i;

    sum += read_cpu(bed->guest);
    for (i = 1; i <= bed->n_vcpus; i++) {
        char path[256];

        child_path(bed, i, path, sizeof(path));
        sum += read_cpu(path);
    }

    return sum;
}

static void
remove_all(const BenchBed *bed)
{
    guint i;

    check(cgroup_delete_cgroup_ext(group, CGFLAG_DELETE_RECURSIVE), bed->guest);
    for (i = 0; i <= bed->n_vcpus; i++)
        cgroup_free(&children[i]);
    cgroup_free(&without_child);
    cgroup_free(&group);
}

const BenchWay way_libcgroup = {"libcgroup", start, make, attach, read_all, remove_all};
