/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's group through the library. */
#include <config.h>

#include "bench-way.h"

static CorralGroup *group;
static CorralGroup *children[BED_MAX_VCPUS + 1];

static const char *
start(const BenchBed *bed G_GNUC_UNUSED)
{
    return NULL;
}

static void
make(const BenchBed *bed)
{
    GError *error = NULL;
    char name[16];
    guint i;

    group = corral_group_make(bed->host, bed->guest, BED_GUEST, CORRAL_MAKE_NEW, &error);
    bed_check(group != NULL, error);
    bed_check(corral_group_set_cpu_shares(group, BED_SHARES, &error), error);
    bed_check(
        corral_group_set_cpu_ceiling(group, BED_QUOTA_US(bed->n_vcpus), BED_PERIOD_US, &error),
        error);
    bed_check(corral_group_set_memory_limit(group, BED_MEMORY_LIMIT, &error), error);
    for (i = 0; i <= bed->n_vcpus; i++) {
        children[i] = corral_group_make_threaded(group, bed_child_name(i, name), &error);
        bed_check(children[i] != NULL, error);
        if (i > 0)
            bed_check(
                corral_group_set_cpu_ceiling(children[i], BED_VCPU_QUOTA_US, BED_PERIOD_US, &error),
                error);
    }
}

static void
attach(const BenchBed *bed)
{
    GError *error = NULL;
    guint i;

    bed_check(corral_group_attach_process(group, bed->process, &error), error);
    bed_check(corral_group_attach_thread(children[0], bed->process, &error), error);
    for (i = 0; i < bed->n_vcpus; i++)
        bed_check(corral_group_attach_thread(children[i + 1], bed->threads[i], &error), error);
}

static guint64
read_cpu(CorralGroup *self)
{
    CorralCpuThrottling throttling;
    CorralCpuTime time;
    GError *error = NULL;

    bed_check(corral_group_get_cpu_time(self, &time, &error), error);
    bed_check(corral_group_get_cpu_throttling(self, &throttling, &error), error);
    return time.total_ns + time.user_ns + time.system_ns + throttling.throttled_us;
}

static guint64
read_all(const BenchBed *bed)
{
    GError *error = NULL;
    guint64 bytes;
    guint64 sum;
    guint i;

    bed_check(corral_group_get_memory_usage(group, &bytes, &error), error);
    sum = bytes + read_cpu(group);
    for (i = 1; i <= bed->n_vcpus; i++)
        sum += read_cpu(children[i]);

    return sum;
}

static void
remove_all(const BenchBed *bed)
{
    GError *error = NULL;
    guint i;

    bed_check(corral_group_remove(group, 10000, &error), error);
    for (i = 0; i <= bed->n_vcpus; i++)
        g_clear_object(&children[i]);
    g_clear_object(&group);
}

const BenchWay way_library = {"library", start, make, attach, read_all, remove_all};
