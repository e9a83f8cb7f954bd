/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A part of the unified hierarchy given to somebody who is not root: in it all
 * that the kernel allows works; outside of it, and on its own limits, which are
 * the giver's, the answer names what may not be written.
 */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

/* Not root, and owner of nothing but what it is given. */
#define NOBODY 65534

static CorralControllers unified; /* what the unified hierarchy serves */

static CorralControllers
find_unified(void)
{
    CorralControllers served = corral_host_get_controllers(bed_get_host());
    CorralControllers found = 0;
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        g_autoptr(CorralGroup) root = NULL;
        g_auto(GStrv) entrances = NULL;
        g_autofree char *dir = NULL;

        if (!(served & CORRAL_CONTROLLER_BIT(i)))
            continue;
        root = corral_group_open(bed_get_host(), "", CORRAL_CONTROLLER_BIT(i), NULL);
        entrances = root ? corral_group_list_entrances(root, NULL) : NULL;
        dir = entrances ? g_path_get_dirname(entrances[0]) : NULL;
        if (dir && !bed_is_legacy(dir))
            found |= CORRAL_CONTROLLER_BIT(i);
    }

    return found;
}

/* As Documentation/admin-guide/cgroup-v2.rst has it: the directory, and these files of it. */
static void
give_away(const char *path)
{
    static const char *const files[] = {"", "cgroup.procs", "cgroup.threads",
                                        "cgroup.subtree_control"};
    g_autofree char *dir = bed_dir(path, CORRAL_CONTROLLER_CORE);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *name = g_build_filename(dir, files[i], NULL);

        g_assert_cmpint(chown(name, NOBODY, NOBODY), ==, 0);
    }
}

/* As those do who do not know the difference, and what the new owner may make of it. */
static void
give_away_all(const char *path)
{
    g_autofree char *dir = bed_dir(path, CORRAL_CONTROLLER_CORE);
    g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
    const char *file;

    g_assert_nonnull(files);
    while ((file = g_dir_read_name(files))) {
        g_autofree char *name = g_build_filename(dir, file, NULL);

        g_assert_cmpint(chown(name, NOBODY, NOBODY), ==, 0);
        if (g_file_test(name, G_FILE_TEST_IS_REGULAR))
            g_assert_cmpint(chmod(name, 0666), ==, 0);
    }
    g_assert_cmpint(chown(dir, NOBODY, NOBODY), ==, 0);
}

static CorralGroup *
open_below(CorralHost *host, const char *path)
{
    g_autofree char *full = bed_path(path);
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_open(host, full, unified, &error);

    g_assert_no_error(error);
    return group;
}

static void
assert_may_not(gboolean done, GError **error, const char *culprit)
{
    g_assert_false(done);
    g_assert_error(*error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_test_message("%s", (*error)->message);
    g_assert_nonnull(strstr((*error)->message, culprit));
    g_clear_error(error);
}

/* Each setting that can be read can be written. */
static void
tune(CorralGroup *group)
{
    guint written = 0;
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++) {
        g_autoptr(GError) error = NULL;
        guint64 value;

        if (!corral_group_get(group, i, &value, NULL))
            continue;
        (void)!corral_group_set(group, i, value, &error);
        g_assert_no_error(error);
        written++;
    }
    g_test_message("%u settings", written);
    if (unified & BED_BIT(MEMORY))
        g_assert_cmpuint(written, >, 5);
}

static void
fill_and_clear(CorralGroup *group)
{
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    pid_t pid = fork();
    int status;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        while (TRUE)
            pause();
    }
    (void)!corral_group_attach_process(group, pid, &error);
    g_assert_no_error(error);
    ids = corral_group_list_processes(group, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 1);
    g_assert_cmpint(g_array_index(ids, pid_t, 0), ==, pid);

    if (unified & BED_BIT(FREEZER)) {
        (void)!corral_group_freeze(group, BED_PATIENCE_MS, &error);
        g_assert_no_error(error);
        (void)!corral_group_thaw(group, &error);
        g_assert_no_error(error);
    }
    (void)!corral_group_kill(group, BED_PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
}

static void
use_what_is_given(CorralHost *host)
{
    g_autofree char *path = bed_path("given/web/g");
    g_autofree char *web = bed_path("given/web");
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group = corral_group_make(host, path, unified, CORRAL_MAKE_NEW, &error);
    g_autoptr(CorralGroup) above = NULL;

    g_assert_no_error(error);
    g_assert_cmphex(corral_group_get_controllers(group), ==, unified);
    tune(group);
    fill_and_clear(group);

    /* The mark by which levels made on the way go by themselves takes a capability. */
    assert_may_not(corral_group_set_label(group, "owner", "nobody", &error), &error, path);
    g_assert_true(corral_group_remove(group, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    above = corral_group_open(host, web, unified, &error);
    g_assert_no_error(error);
    g_assert_true(corral_group_remove(above, 0, &error));
    g_assert_no_error(error);
}

static void
try_what_is_not(CorralHost *host)
{
    g_autoptr(CorralGroup) given = open_below(host, "given");
    g_autofree char *beside = bed_path("beside");
    g_autoptr(CorralGroup) made = NULL;
    GError *error = NULL;
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++) {
        guint64 value;

        if (!corral_group_get(given, i, &value, NULL))
            continue;
        assert_may_not(corral_group_set(given, i, value, &error), &error,
                       corral_group_get_path(given));
    }

    made = corral_group_make(host, beside, unified, CORRAL_MAKE_NONE, &error);
    assert_may_not(made != NULL, &error, beside);
    assert_may_not(corral_group_remove(given, 0, &error), &error, corral_group_get_path(given));
}

static int
be_nobody(void)
{
    g_autoptr(CorralHost) host = NULL;
    g_autoptr(CorralGroup) start = open_below(bed_get_host(), "given/start");
    g_autoptr(GError) error = NULL;

    /* Who moves processes has to be inside, too. */
    (void)!corral_group_attach_process(start, getpid(), &error);
    g_assert_no_error(error);
    g_assert_cmpint(setresgid(NOBODY, NOBODY, NOBODY), ==, 0);
    g_assert_cmpint(setresuid(NOBODY, NOBODY, NOBODY), ==, 0);
    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    g_assert_no_error(error);
    use_what_is_given(host);
    try_what_is_not(host);
    return 0;
}

static void
run_as_nobody(void)
{
    pid_t pid = fork();
    int status;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        _exit(be_nobody());
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

static void
test_delegated(void)
{
    g_autoptr(CorralGroup) given = NULL;
    g_autoptr(CorralGroup) start = NULL;
    g_autoptr(GError) error = NULL;

    unified = find_unified();
    if (!(unified & BED_BIT(CORE))) {
        g_test_skip("there is no unified hierarchy");
        return;
    }

    /* Rules about devices are programs, and take a capability. */
    unified &= ~BED_BIT(DEVICES);
    given = bed_make("given", unified);
    start = bed_make("given/start", unified);
    give_away("given");
    give_away("given/start");
    run_as_nobody();

    /* Too much was given, and is taken back. */
    give_away_all("given");
    (void)!corral_group_restrict_owner(given, &error);
    g_assert_no_error(error);
    run_as_nobody();

    bed_remove(given);
    bed_assert_nothing_left();
}

static void
add_tests(void)
{
    g_test_add_func("/delegated", test_delegated);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
