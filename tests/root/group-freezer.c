/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stopping and continuing on the kernel we run on. */
#include <config.h>

#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

static CorralFreezerState
get_state(CorralGroup *group)
{
    CorralFreezerState state = CORRAL_FREEZER_THAWED;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_freezer_state(group, &state, &error));
    g_assert_no_error(error);
    return state;
}

static void
wait_for_state(CorralGroup *group, CorralFreezerState state)
{
    gint64 deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

    while (get_state(group) != state) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    }
}

/* Somebody who has said that he is there: one on his way in would enter a frozen group. */
static BedProcess
start_in(CorralGroup *group, const char *what)
{
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    BedProcess process = bed_start(what, entrances);

    g_free(bed_read_line(&process));
    return process;
}

/* A family that forks as fast as it can stops as a whole, and goes on. */
static void
test_freeze(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_FREEZER);
    g_autoptr(GError) error = NULL;
    BedProcess process;
    int rounds;

    if (!group)
        return;
    g_assert_cmpint(get_state(group), ==, CORRAL_FREEZER_THAWED);
    process = start_in(group, "--respawn");
    for (rounds = 0; rounds < 10; rounds++) {
        g_autoptr(GArray) before = NULL;
        g_autoptr(GArray) after = NULL;

        g_assert_true(corral_group_freeze(group, BED_PATIENCE_MS, &error));
        g_assert_no_error(error);
        g_assert_cmpint(get_state(group), ==, CORRAL_FREEZER_SELF | CORRAL_FREEZER_COMPLETE);
        before = corral_group_list_processes(group, NULL);
        g_thread_yield();
        after = corral_group_list_processes(group, NULL);
        g_assert_cmpmem(before->data, before->len * sizeof(gint), after->data,
                        after->len * sizeof(gint));
        g_assert_true(corral_group_thaw(group, &error));
        g_assert_no_error(error);
        wait_for_state(group, CORRAL_FREEZER_THAWED);
    }
    g_assert_true(corral_group_kill(group, BED_PATIENCE_MS, &error));
    bed_end(&process);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_above(void)
{
    g_autoptr(CorralGroup) above = bed_make_or_skip("above", CORRAL_CONTROLLER_FREEZER);
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    BedProcess process;

    if (!above)
        return;
    group = bed_make("above/g", BED_BIT(FREEZER));
    process = start_in(group, "--threads");
    g_assert_true(corral_group_freeze(above, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_cmpint(get_state(above), ==, CORRAL_FREEZER_SELF | CORRAL_FREEZER_COMPLETE);
    g_assert_cmpint(get_state(group), ==, CORRAL_FREEZER_ABOVE | CORRAL_FREEZER_COMPLETE);
    /* The one below goes on only when both may. */
    g_assert_true(corral_group_freeze(group, BED_PATIENCE_MS, &error));
    g_assert_cmpint(get_state(group), ==,
                    CORRAL_FREEZER_SELF | CORRAL_FREEZER_ABOVE | CORRAL_FREEZER_COMPLETE);
    g_assert_true(corral_group_thaw(group, &error));
    g_assert_cmpint(get_state(group), ==, CORRAL_FREEZER_ABOVE | CORRAL_FREEZER_COMPLETE);
    g_assert_true(corral_group_thaw(above, &error));
    wait_for_state(group, CORRAL_FREEZER_THAWED);
    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(above);
}

/* Without patience: who has not stopped at once is let go on. */
static void
test_timeout(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_FREEZER);
    g_autoptr(GError) error = NULL;
    BedProcess process;
    guint busy = 0;
    guint rounds;

    if (!group)
        return;
    process = start_in(group, "--respawn");
    for (rounds = 0; rounds < 20; rounds++) {
        if (corral_group_freeze(group, 0, &error)) {
            g_assert_cmpint(get_state(group), ==, CORRAL_FREEZER_SELF | CORRAL_FREEZER_COMPLETE);
            g_assert_true(corral_group_thaw(group, &error));
        } else {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
            g_clear_error(&error);
            busy++;
        }
        wait_for_state(group, CORRAL_FREEZER_THAWED);
    }
    g_test_message("%u of %u in vain", busy, rounds);
    g_assert_true(corral_group_kill(group, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    bed_end(&process);
    bed_remove(group);
}

static void
test_refused(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_FREEZER);
    g_autoptr(CorralGroup) root = corral_group_open(bed_get_host(), "", BED_BIT(FREEZER), NULL);
    g_autoptr(GError) error = NULL;
    pid_t pid;
    int status;

    if (!group)
        return;
    g_assert_false(corral_group_freeze(root, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);

    /* A child asks from inside. */
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        g_autoptr(GError) refusal = NULL;

        if (!corral_group_attach_process(group, getpid(), NULL))
            _exit(1);
        if (corral_group_freeze(group, 1000, &refusal))
            _exit(2);
        _exit(g_error_matches(refusal, CORRAL_ERROR, CORRAL_ERROR_REFUSED) ? 0 : 3);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
    bed_remove(group);
}

/* Those who are frozen die, too, whichever interface it is, and however deep. */
static void
test_kill(void)
{
    g_autoptr(CorralGroup) above = bed_make_or_skip("above", CORRAL_CONTROLLER_FREEZER);
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    BedProcess process;

    if (!above)
        return;
    group = bed_make("above/g", BED_BIT(FREEZER));
    process = start_in(group, "--threads");
    g_assert_true(corral_group_freeze(group, BED_PATIENCE_MS, &error));
    g_assert_true(corral_group_freeze(above, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_kill(above, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_true(WIFSIGNALED(bed_end(&process)));
    bed_remove(above);
    bed_assert_nothing_left();
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_FREEZER);
    g_autoptr(GError) error = NULL;
    gboolean frozen;

    if (!group)
        return;
    bed_remove(group);
    g_assert_false(corral_group_freeze(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_thaw(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_is_frozen(group, &frozen, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

static void
add_tests(void)
{
    g_test_add_func("/freezer/freeze", test_freeze);
    g_test_add_func("/freezer/above", test_above);
    g_test_add_func("/freezer/timeout", test_timeout);
    g_test_add_func("/freezer/refused", test_refused);
    g_test_add_func("/freezer/kill", test_kill);
    g_test_add_func("/freezer/vanished", test_vanished);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
