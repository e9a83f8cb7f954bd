/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time on the kernel we run on. */
#include <config.h>

#include <string.h>

#include "kernel-bed.h"

static void
test_weight(void)
{
    static const struct {
        guint weight;
        const char *legacy;
        const char *unified;
        int code;
    } table[] = {
        {0, NULL, NULL, CORRAL_ERROR_RANGE},      {1, "10", "1", BED_ACCEPTED},
        {10000, "102400", "10000", BED_ACCEPTED}, {10001, "102400", "10000", CORRAL_ERROR_RANGE},
        {100, "1024", "100", BED_ACCEPTED},
    };
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPU);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_CPU) : NULL;
    gsize i;

    for (i = 0; group && i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean done = corral_group_set_cpu_weight(group, table[i].weight, &error);

        g_test_message("row %" G_GSIZE_FORMAT, i);
        bed_assert_answer(done, error, table[i].code);
        text = bed_get(dir, bed_is_legacy(dir) ? "cpu.shares" : "cpu.weight");
        if (table[i].legacy)
            g_assert_cmpstr(text, ==, bed_is_legacy(dir) ? table[i].legacy : table[i].unified);
    }
    if (group)
        bed_remove(group);
}

static void
test_burst(void)
{
    static const struct {
        gint64 quota_us;
        guint64 burst_us;
        int code;
        const char *text;
    } table[] = {
        {50000, 0, BED_ACCEPTED, "0"},
        {50000, 1, BED_ACCEPTED, "1"},
        {50000, 50000, BED_ACCEPTED, "50000"},
        {50000, 50001, CORRAL_ERROR_REFUSED, "50000"},
        {50000, 8796093022208, CORRAL_ERROR_RANGE, "50000"},
        {50000, G_MAXUINT64, CORRAL_ERROR_RANGE, "50000"},
        {8796093022207, 8796093022207, BED_ACCEPTED, "8796093022207"},
        {CORRAL_CPU_UNLIMITED, 0, BED_ACCEPTED, "0"},
        {CORRAL_CPU_UNLIMITED, 8796093022207, BED_ACCEPTED, "8796093022207"},
    };
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPU);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_CPU) : NULL;
    g_autoptr(GError) refusal = NULL;
    guint64 burst_us;
    gsize i;

    if (!group)
        return;
    if (!corral_group_get_cpu_burst(group, &burst_us, &refusal)) {
        g_assert_error(refusal, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_test_skip(refusal->message);
        bed_remove(group);
        return;
    }

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean done;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_true(corral_group_set_cpu_ceiling(group, table[i].quota_us, 100000, &error));
        g_assert_no_error(error);
        done = corral_group_set_cpu_burst(group, table[i].burst_us, &error);
        bed_assert_answer(done, error, table[i].code);
        text = bed_get(dir, bed_is_legacy(dir) ? "cpu.cfs_burst_us" : "cpu.max.burst");
        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_true(corral_group_get_cpu_burst(group, &burst_us, NULL));
        g_assert_cmpuint(burst_us, ==, g_ascii_strtoull(text, NULL, 10));
    }

    /* A ceiling below the burst is refused, and the old one stays. */
    g_assert_true(corral_group_set_cpu_burst(group, 30000, NULL));
    g_assert_true(corral_group_set_cpu_ceiling(group, 40000, 100000, NULL));
    for (i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        gint64 quota_us;
        guint64 period_us;

        g_assert_false(corral_group_set_cpu_ceiling(group, 20000, i ? 50000 : 100000, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
        g_assert_true(corral_group_get_cpu_ceiling(group, &quota_us, &period_us, NULL));
        g_assert_cmpint(quota_us, ==, 40000);
        g_assert_cmpuint(period_us, ==, 100000);
    }
    bed_remove(group);
}

static void
test_idle(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPU);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_CPU) : NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gboolean idle;
    guint64 shares;
    guint weight;

    if (!group)
        return;
    if (!corral_group_get_cpu_idle(group, &idle, &error)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_test_skip(error->message);
        bed_remove(group);
        return;
    }

    g_assert_false(idle);
    g_assert_true(corral_group_set_cpu_weight(group, 50, &error));
    g_assert_true(corral_group_set_cpu_idle(group, TRUE, &error));
    g_assert_no_error(error);
    text = bed_get(dir, "cpu.idle");
    g_assert_cmpstr(text, ==, "1");
    g_assert_true(corral_group_get_cpu_idle(group, &idle, &error));
    g_assert_true(idle);
    g_assert_true(corral_group_get_cpu_weight(group, &weight, &error));
    g_assert_cmpuint(weight, ==, 0);
    g_assert_true(corral_group_get_cpu_shares(group, &shares, &error));
    g_assert_cmpuint(shares, ==, CORRAL_CPU_SHARES_MIN);
    g_assert_false(corral_group_set_cpu_weight(group, 50, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(corral_group_set_cpu_shares(group, 500, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);

    g_assert_true(corral_group_set_cpu_idle(group, FALSE, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_get_cpu_idle(group, &idle, &error));
    g_assert_false(idle);
    g_assert_true(corral_group_get_cpu_weight(group, &weight, &error));
    g_assert_cmpuint(weight, ==, CORRAL_CPU_WEIGHT_DEFAULT);
    bed_remove(group);
}

/* A process that wants a whole CPU and gets a twentieth. */
static void
test_throttling(void)
{
    gint64 deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPU);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) entrances = NULL;
    CorralCpuThrottling throttling;
    BedProcess process;

    if (!group)
        return;
    g_assert_true(corral_group_get_cpu_throttling(group, &throttling, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(throttling.throttled_periods, ==, 0);

    g_assert_true(corral_group_set_cpu_ceiling(group, 5000, 100000, &error));
    entrances = corral_group_list_entrances(group, NULL);
    process = bed_start("--busy", entrances);
    do {
        g_assert_true(corral_group_get_cpu_throttling(group, &throttling, &error));
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    } while (throttling.throttled_us == 0);

    /* Each counter is read by itself while the kernel counts on: only those of
     * a group at rest belong together. */
    g_assert_true(corral_group_kill(group, BED_PATIENCE_MS, &error));
    bed_end(&process);
    g_assert_true(corral_group_get_cpu_throttling(group, &throttling, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(throttling.throttled_periods, >, 0);
    g_assert_cmpuint(throttling.periods, >=, throttling.throttled_periods);
    /* In microseconds: no more than a few CPUs can have waited since. */
    g_assert_cmpuint(throttling.throttled_us, <,
                     (guint64)BED_PATIENCE_MS * 1000 * g_get_num_processors());
    bed_remove(group);
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CPU);
    g_autoptr(GError) error = NULL;
    CorralCpuThrottling throttling;
    guint64 burst_us;
    gboolean idle;

    if (!group)
        return;
    bed_remove(group);
    g_assert_false(corral_group_set_cpu_burst(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_cpu_burst(group, &burst_us, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_set_cpu_idle(group, TRUE, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_cpu_idle(group, &idle, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_cpu_throttling(group, &throttling, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

static void
add_tests(void)
{
    g_test_add_func("/cpu/weight", test_weight);
    g_test_add_func("/cpu/burst", test_burst);
    g_test_add_func("/cpu/idle", test_idle);
    g_test_add_func("/cpu/throttling", test_throttling);
    g_test_add_func("/cpu/vanished", test_vanished);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
