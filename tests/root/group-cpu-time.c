/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time that was had, on the kernel we run on. */
#include <config.h>

#include <string.h>

#include "kernel-bed.h"

/* A process that wants all it can get is accounted, in nanoseconds. */
static void
test_time(void)
{
    gint64 began = g_get_monotonic_time();
    gint64 deadline = began + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPUACCT);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) entrances = NULL;
    CorralCpuTime time;
    BedProcess process;
    guint64 passed_ns;

    if (!group)
        return;
    g_assert_true(corral_group_get_cpu_time(group, &time, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(time.total_ns, ==, 0);
    g_assert_cmpuint(time.user_ns, ==, 0);
    g_assert_cmpuint(time.system_ns, ==, 0);

    entrances = corral_group_list_entrances(group, NULL);
    process = bed_start("--busy", entrances);
    do {
        g_assert_true(corral_group_get_cpu_time(group, &time, &error));
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    } while (time.total_ns < 600 * 1000000 || time.user_ns < 600 * 1000000);
    passed_ns = (g_get_monotonic_time() - began) * 1000;
    /* It has one thread that works, and one that waits. */
    g_assert_cmpuint(time.total_ns, <=, passed_ns + 100 * 1000000);
    /* What is sampled is about as much as what is measured. */
    g_assert_cmpuint(time.user_ns + time.system_ns, <=, time.total_ns * 3 / 2 + 100 * 1000000);

    g_assert_cmpint(bed_end(&process), ==, 0);
    /* Whoever has left has still been there. */
    g_assert_true(corral_group_get_cpu_time(group, &time, &error));
    g_assert_cmpuint(time.total_ns, >=, 600 * 1000000);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* What all processors have had for the group together. */
static guint64
sum_up(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) times = corral_group_get_cpu_time_per_cpu(group, &error);
    guint64 sum = 0;
    guint i;

    g_assert_no_error(error);
    g_assert_cmpuint(times->len, >=, g_get_num_processors());
    for (i = 0; i < times->len; i++) {
        if (g_array_index(times, guint64, i) != CORRAL_UNKNOWN)
            sum += g_array_index(times, guint64, i);
    }

    return sum;
}

static void
test_per_cpu(void)
{
    gint64 deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPUACCT);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_CPUACCT) : NULL;
    g_autoptr(GArray) times = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) entrances = NULL;
    CorralCpuTime time;
    BedProcess process;

    if (!group)
        return;
    entrances = corral_group_list_entrances(group, NULL);
    process = bed_start("--threads", entrances);
    g_free(bed_read_line(&process));
    g_assert_cmpint(bed_end(&process), ==, 0);

    times = corral_group_get_cpu_time_per_cpu(group, &error);
    if (!bed_is_legacy(dir)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, dir));
        bed_remove(group);
        return;
    }

    /* Who has ended has a last moment still to come, which may be between two looks. */
    do {
        g_assert_true(corral_group_get_cpu_time(group, &time, &error));
        g_assert_no_error(error);
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    } while (sum_up(group) != time.total_ns);
    g_assert_cmpuint(time.total_ns, >, 0);
    bed_remove(group);
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPUACCT);
    g_autoptr(GError) error = NULL;
    CorralCpuTime time;

    if (!group)
        return;
    bed_remove(group);
    g_assert_false(corral_group_get_cpu_time(group, &time, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

static void
add_tests(void)
{
    g_test_add_func("/cpu-time/time", test_time);
    g_test_add_func("/cpu-time/per-cpu", test_per_cpu);
    g_test_add_func("/cpu-time/vanished", test_vanished);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
