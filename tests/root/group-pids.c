/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Number of tasks on the kernel we run on. */
#include <config.h>

#include "kernel-bed.h"

static void
test_limit(void)
{
    static const struct {
        guint64 limit;
        int code;
        const char *text;
    } table[] = {
        {0, BED_ACCEPTED, "0"},
        {1, BED_ACCEPTED, "1"},
        {4194304, BED_ACCEPTED, "4194304"},
        {4194305, CORRAL_ERROR_RANGE, "4194304"},
        {CORRAL_PIDS_UNLIMITED, BED_ACCEPTED, "max"},
    };
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_PIDS);
    g_autofree char *dir = group ? bed_dir("g", CORRAL_CONTROLLER_PIDS) : NULL;
    gsize i;

    for (i = 0; group && i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        guint64 limit;
        gboolean done = corral_group_set_pids_limit(group, table[i].limit, &error);

        g_test_message("row %" G_GSIZE_FORMAT, i);
        bed_assert_answer(done, error, table[i].code);
        text = bed_get(dir, "pids.max");
        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_true(corral_group_get_pids_limit(group, &limit, NULL));
        if (done)
            g_assert_cmpuint(limit, ==, table[i].limit);
    }
    if (group)
        bed_remove(group);
}

/*
 * Waits until there are no more than @limit.  Whoever tries to have a child is counted for
 * it before he is refused: then it is one more for each of them, for a moment.
 */
static void
assert_holds(CorralGroup *group, guint64 limit)
{
    gint64 deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    guint64 value = G_MAXUINT64;

    while (value > limit) {
        g_autoptr(GError) error = NULL;

        g_assert_true(corral_group_get_pids_usage(group, &value, &error));
        g_assert_cmpuint(value, <=, 2 * limit);
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    }
}

/* A process of three threads, and a limit that lets a family of 50 not grow up. */
static void
test_usage(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_PIDS);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) entrances = NULL;
    guint64 value;
    guint64 failures = 0;
    BedProcess process;
    gint64 deadline;

    if (!group)
        return;
    entrances = corral_group_list_entrances(group, NULL);
    process = bed_start("--threads", entrances);
    g_free(bed_read_line(&process));
    g_free(bed_read_line(&process));
    g_assert_true(corral_group_get_pids_usage(group, &value, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(value, ==, 3);
    if (corral_group_get_pids_peak(group, &value, &error)) {
        g_assert_cmpuint(value, ==, 3);
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_clear_error(&error);
    }

    /* Fewer than there are is no reason to refuse, or to kill. */
    g_assert_true(corral_group_set_pids_limit(group, 2, &error));
    g_assert_true(corral_group_get_pids_failures(group, &failures, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(failures, ==, 0);
    g_assert_true(corral_group_get_pids_usage(group, &value, &error));
    g_assert_cmpuint(value, ==, 3);
    g_assert_cmpint(bed_end(&process), ==, 0);

    g_assert_true(corral_group_set_pids_limit(group, 10, &error));
    process = bed_start("--respawn", entrances);
    deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    while (failures == 0) {
        g_assert_true(corral_group_get_pids_failures(group, &failures, &error));
        assert_holds(group, 10);
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    }
    assert_holds(group, 10);
    g_assert_true(corral_group_kill(group, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    bed_end(&process);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_PIDS);
    g_autoptr(GError) error = NULL;
    guint64 value;

    if (!group)
        return;
    bed_remove(group);
    g_assert_false(corral_group_set_pids_limit(group, 1, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_get_pids_usage(group, &value, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

static void
add_tests(void)
{
    g_test_add_func("/pids/limit", test_limit);
    g_test_add_func("/pids/usage", test_usage);
    g_test_add_func("/pids/vanished", test_vanished);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
