/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The use of memory on the kernel we run on, whichever interface tells of it. */
#include <config.h>

#include <signal.h>
#include <sys/wait.h>

#include "kernel-bed.h"
#include "kernel-hog.h"

#define MIB(n) ((guint64)(n) << 20)

static void
test_usage(void)
{
    g_autoptr(CorralGroup) above = bed_make_or_skip("usage", CORRAL_CONTROLLER_MEMORY);
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *dir = NULL;
    g_autoptr(GError) error = NULL;
    CorralMemoryStatistics statistics;
    guint64 usage, swap, total, peak, later;
    gboolean legacy;
    KernelHog hog;

    if (!above)
        return;
    dir = bed_dir("usage", CORRAL_CONTROLLER_MEMORY);
    legacy = bed_is_legacy(dir);
    group = bed_make("usage/g", BED_BIT(MEMORY));
    hog = kernel_hog_start(group, MIB(32));

    /* Seen from above. */
    g_assert_true(corral_group_get_memory_usage(above, &usage, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(usage, >=, MIB(32));
    g_assert_cmpuint(usage, <, MIB(64));
    g_assert_true(corral_group_get_memory_statistics(above, &statistics, &error));
    g_assert_no_error(error);
    if (!kernel_has_swap()) {
        g_assert_cmpuint(statistics.anon, >=, MIB(31));
        g_assert_cmpuint(statistics.anon, <, MIB(64));
        g_assert_cmpuint(statistics.active_anon + statistics.inactive_anon, >=, MIB(31));
    }
    g_assert_cmpuint(statistics.faults, >, 0);
    g_assert_cmpuint(statistics.faults, !=, CORRAL_UNKNOWN);
    g_assert_cmpuint(statistics.file, !=, CORRAL_UNKNOWN);
    g_assert_cmpuint(statistics.unevictable, !=, CORRAL_UNKNOWN);
    if (legacy)
        g_assert_cmpuint(statistics.slab, ==, CORRAL_UNKNOWN);
    else
        g_assert_cmpuint(statistics.slab, !=, CORRAL_UNKNOWN);

    if (corral_group_get_swap_usage(above, &swap, &error)) {
        g_assert_cmpuint(statistics.swap, !=, CORRAL_UNKNOWN);
        if (!kernel_has_swap())
            g_assert_cmpuint(swap, ==, 0);
        g_assert_true(corral_group_get_memory_total_usage(above, &total, &error));
        g_assert_cmpuint(total, >=, MIB(32));
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_cmpuint(statistics.swap, ==, CORRAL_UNKNOWN);
        g_clear_error(&error);
    }
    g_assert_cmpint(kernel_hog_end(&hog), ==, 0);

    if (corral_group_get_memory_peak(above, &peak, &error)) {
        g_assert_cmpuint(peak, >=, MIB(32));
        if (corral_group_reset_memory_peak(above, &error)) {
            g_assert_true(legacy);
            g_assert_true(corral_group_get_memory_peak(above, &later, NULL));
            g_assert_cmpuint(later, <, peak);
        } else {
            g_assert_false(legacy);
        }
    }
    if (error)
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);

    bed_remove(group);
    bed_remove(above);
}

static void
test_events(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("events", CORRAL_CONTROLLER_MEMORY);
    g_autofree char *dir = NULL;
    g_autoptr(GError) error = NULL;
    CorralMemoryEvents events;
    KernelHog hog;

    if (!group)
        return;
    dir = bed_dir("events", CORRAL_CONTROLLER_MEMORY);
    g_assert_true(corral_group_get_memory_events(group, &events, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(events.max, ==, 0);
    g_assert_cmpuint(events.oom_kills, ==, 0);

    if (!kernel_has_swap()) {
        g_assert_true(corral_group_set_memory_limit(group, MIB(24), NULL));
        hog = kernel_hog_start(group, MIB(16));
        kernel_hog_take_more(&hog);
        g_assert_false(kernel_hog_has_taken(&hog));
        g_assert_cmpint(WTERMSIG(kernel_hog_end(&hog)), ==, SIGKILL);
        g_assert_true(corral_group_get_memory_events(group, &events, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(events.max, >, 0);
        g_assert_cmpuint(events.oom_kills, ==, 1);
    }
    if (bed_is_legacy(dir)) {
        g_assert_cmpuint(events.under_oom, ==, 0);
        g_assert_cmpuint(events.oom, ==, CORRAL_UNKNOWN);
        g_assert_cmpuint(events.high, ==, CORRAL_UNKNOWN);
    } else {
        g_assert_cmpuint(events.under_oom, ==, CORRAL_UNKNOWN);
        g_assert_cmpuint(events.high, ==, 0);
    }

    bed_remove(group);
}

static void
test_reclaim(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("reclaim", CORRAL_CONTROLLER_MEMORY);
    g_autoptr(GError) error = NULL;
    guint64 reclaimed = 4711;
    KernelHog hog;

    if (!group)
        return;
    hog = kernel_hog_start(group, MIB(16));
    g_assert_false(corral_group_reclaim_memory(group, (guint64)G_MAXINT64 + 1, &reclaimed, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    g_clear_error(&error);

    if (corral_group_reclaim_memory(group, MIB(8), &reclaimed, &error)) {
        /* Nothing to take it to is an answer, and nobody dies of it. */
        if (!kernel_has_swap())
            g_assert_cmpuint(reclaimed, <, MIB(8));
        g_assert_true(corral_group_reclaim_memory(group, 0, &reclaimed, &error));
        g_assert_no_error(error);
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_assert_cmpuint(reclaimed, ==, 4711);
    }

    g_assert_cmpint(kernel_hog_end(&hog), ==, 0);
    bed_remove(group);
}

static void
test_gone(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("gone", CORRAL_CONTROLLER_MEMORY);
    g_autoptr(GError) error = NULL;
    CorralMemoryStatistics statistics = {.anon = 4711};
    CorralMemoryEvents events = {.max = 4711};

    if (!group)
        return;
    bed_remove(group);
    g_assert_false(corral_group_get_memory_statistics(group, &statistics, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_memory_events(group, &events, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_cmpuint(statistics.anon, ==, 4711);
    g_assert_cmpuint(events.max, ==, 4711);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/memory-usage/usage", test_usage);
    g_test_add_func("/memory-usage/events", test_events);
    g_test_add_func("/memory-usage/reclaim", test_reclaim);
    g_test_add_func("/memory-usage/gone", test_gone);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
