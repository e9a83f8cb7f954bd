/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel refuses, and what we say then: every setting of a group that
 * is gone, on a mount that is read-only, by somebody who may not, and the
 * refusals that have to do with what is in a group or below it.
 */
#include <config.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

/* Not root, and owner of nothing. */
#define NOBODY 65534

/* In a process of its own, which may become somebody else; a failed assertion fails here, too. */
static void
in_child(void (*func)(CorralGroup *group), CorralGroup *group)
{
    pid_t pid = fork();
    int status;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        func(group);
        _exit(0);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

/* Of the settings that @group has, each is written as it is: refused, and the culprit named. */
static void
assert_all_refused(CorralGroup *group, gint code)
{
    guint refused = 0;
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++) {
        g_autoptr(GError) error = NULL;
        guint64 value;

        if (!corral_group_get(group, i, &value, NULL))
            continue;
        g_test_message("%s", corral_setting_get_name(i));
        g_assert_false(corral_group_set(group, i, value, &error));
        g_assert_error(error, CORRAL_ERROR, code);
        g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
        refused++;
    }
    g_assert_cmpuint(refused, >, 2);
}

static void
assert_intact(CorralGroup *group, const guint64 *values)
{
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++) {
        guint64 value;

        if (corral_group_get(group, i, &value, NULL))
            g_assert_cmpuint(value, ==, values[i]);
    }
}

static void
look(CorralGroup *group, guint64 *values)
{
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++)
        (void)!corral_group_get(group, i, &values[i], NULL);
}

/* ---- every setting ---- */

static void
be_nobody(CorralGroup *group)
{
    g_autofree char *below = g_strconcat(corral_group_get_path(group), "/below", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(setresgid(NOBODY, NOBODY, NOBODY), ==, 0);
    g_assert_cmpint(setresuid(NOBODY, NOBODY, NOBODY), ==, 0);
    assert_all_refused(group, CORRAL_ERROR_PERMISSION);

    g_assert_null(corral_group_make(bed_get_host(), below, BED_GUEST, CORRAL_MAKE_NONE, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
    g_clear_error(&error);
    g_assert_false(corral_group_attach_process(group, getpid(), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
    g_clear_error(&error);
    g_assert_false(corral_group_remove(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
}

static void
test_no_permission(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    guint64 values[CORRAL_N_SETTINGS] = {0};

    look(group, values);
    in_child(be_nobody, group);
    assert_intact(group, values);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* The mounts that are there are bound over themselves, read-only, for us alone. */
static void
make_mounts_read_only(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n = 0;
    gsize i;

    g_assert_cmpint(unshare(CLONE_NEWNS), ==, 0);
    g_assert_cmpint(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), ==, 0);
    g_assert_true(g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i]; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], " ", -1);

        if (!strstr(lines[i], " - cgroup ") && !strstr(lines[i], " - cgroup2 "))
            continue;
        g_assert_cmpint(mount(NULL, fields[4], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), ==,
                        0);
        n++;
    }
    g_assert_cmpuint(n, >, 0);
}

static void
see_read_only(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralHost) host = NULL;
    g_autoptr(CorralGroup) same = NULL;
    g_autofree char *below = g_strconcat(corral_group_get_path(group), "/below", NULL);

    make_mounts_read_only();
    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    g_assert_no_error(error);
    same = corral_group_open(host, corral_group_get_path(group), BED_GUEST, &error);
    g_assert_no_error(error);
    assert_all_refused(same, CORRAL_ERROR_PERMISSION);
    g_assert_null(corral_group_make(host, below, BED_GUEST, CORRAL_MAKE_NONE, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
}

static void
test_read_only_mount(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    guint64 values[CORRAL_N_SETTINGS] = {0};

    look(group, values);
    in_child(see_read_only, group);
    assert_intact(group, values);
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
test_read_only_host(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    g_autoptr(CorralHost) host = corral_host_new(NULL, CORRAL_HOST_READ_ONLY, NULL);
    g_autoptr(CorralGroup) same =
        corral_group_open(host, corral_group_get_path(group), BED_GUEST, NULL);

    assert_all_refused(same, CORRAL_ERROR_PERMISSION);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* Read and written alike, by name. */
static void
test_gone(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_GUEST);
    gboolean readable[CORRAL_N_SETTINGS];
    guint64 values[CORRAL_N_SETTINGS] = {0};
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++)
        readable[i] = corral_group_get(group, i, &values[i], NULL);
    bed_remove(group);

    for (i = 0; i < CORRAL_N_SETTINGS; i++) {
        g_autoptr(GError) error = NULL;
        guint64 value = 4711;

        if (!readable[i])
            continue;
        g_test_message("%s", corral_setting_get_name(i));
        g_assert_false(corral_group_get(group, i, &value, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
        g_assert_cmpuint(value, ==, 4711);
        g_clear_error(&error);
        g_assert_false(corral_group_set(group, i, values[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
        g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
    }
    bed_assert_nothing_left();
}

/* ---- what is in a group, or below it ---- */

/* EBUSY: a limit below what cannot be reclaimed.  The unified interface would kill instead. */
static void
test_limit_below_usage(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_BIT(MEMORY));
    g_autofree char *dir = bed_dir("g", CORRAL_CONTROLLER_MEMORY);
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *line = NULL;
    BedProcess process;
    guint64 limit;

    if (!bed_is_legacy(dir)) {
        g_test_skip("memory is not served by the legacy interface");
        bed_remove(group);
        return;
    }

    process = bed_start("--threads", entrances);
    line = bed_read_line(&process);
    g_assert_false(corral_group_set_memory_limit(group, 4096, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
    g_assert_true(corral_group_get_memory_limit(group, &limit, NULL));
    g_assert_cmpuint(limit, ==, CORRAL_MEMORY_UNLIMITED);

    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* EBUSY: what holds processes itself hands nothing down.  The legacy interface has no such
 * rule, nor the unified one for controllers that know threads. */
static void
test_below_processes(void)
{
    g_autoptr(CorralGroup) group = bed_make("g", BED_BIT(MEMORY));
    g_autofree char *dir = bed_dir("g", CORRAL_CONTROLLER_MEMORY);
    g_autofree char *path = bed_path("g/below");
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    BedProcess process = bed_start("--threads", entrances);
    g_autofree char *line = bed_read_line(&process);
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) below =
        corral_group_make(bed_get_host(), path, BED_BIT(MEMORY), CORRAL_MAKE_NONE, &error);
    g_auto(GStrv) children = corral_group_list_children(group, NULL);

    if (bed_is_legacy(dir)) {
        g_assert_no_error(error);
    } else {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
        g_assert_nonnull(strstr(error->message, corral_group_get_path(group)));
        g_assert_nonnull(strstr(error->message, "memory"));
        g_assert_cmpuint(g_strv_length(children), ==, 0);
    }

    g_assert_cmpint(bed_end(&process), ==, 0);
    bed_remove(group);
    bed_assert_nothing_left();
}

/* EAGAIN: an administrator's limit of groups. */
static void
test_too_many_groups(void)
{
    g_autoptr(CorralGroup) group = bed_make_or_skip("g", CORRAL_CONTROLLER_CORE);
    g_autofree char *dir = NULL;
    g_autofree char *path = bed_path("g/one");
    g_autoptr(CorralGroup) one = NULL;
    g_autoptr(GError) error = NULL;

    if (!group)
        return;

    dir = bed_dir("g", CORRAL_CONTROLLER_CORE);
    bed_put(dir, "cgroup.max.descendants", "0");
    one = corral_group_make(bed_get_host(), path, BED_BIT(CORE), CORRAL_MAKE_NONE, &error);
    g_assert_null(one);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, path));
    bed_remove(group);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/refusals/no-permission", test_no_permission);
    g_test_add_func("/refusals/read-only-mount", test_read_only_mount);
    g_test_add_func("/refusals/read-only-host", test_read_only_host);
    g_test_add_func("/refusals/gone", test_gone);
    g_test_add_func("/refusals/limit-below-usage", test_limit_below_usage);
    g_test_add_func("/refusals/below-processes", test_below_processes);
    g_test_add_func("/refusals/too-many-groups", test_too_many_groups);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
