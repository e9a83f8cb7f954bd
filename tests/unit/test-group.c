/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups are made whole or not at all, and leave nothing behind. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"
#include "fake-groups.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define EVERY CORRAL_CONTROLLERS_ALL

static void
assert_file(FakeCgroup *fake, const char *name, const char *wanted)
{
    g_autofree char *text = fake_cgroup_read(fake, name);

    g_assert_cmpstr(text, ==, wanted);
}

/* ---- make and open ---- */

static void
test_make(void)
{
    static const struct {
        const char *like;
        CorralControllers asked;
        CorralControllers got;
        const char *groups;
    } table[] = {
        {"legacy", BIT(CPU), BIT(CPU), "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpu/a/b\n"},
        {"legacy", BIT(CPU) | BIT(HUGETLB), BIT(CPU),
         "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpu/a/b\n"},
        {"hybrid", BIT(IO) | BIT(HUGETLB), BIT(IO) | BIT(HUGETLB),
         "/sys/fs/cgroup/blkio/a\n/sys/fs/cgroup/blkio/a/b\n"
         "/sys/fs/cgroup/unified/a\n/sys/fs/cgroup/unified/a/b\n"},
        {"together", BIT(CPU) | BIT(CPUACCT) | BIT(MEMORY), BIT(CPU) | BIT(CPUACCT) | BIT(MEMORY),
         "/sys/fs/cgroup/cpu,cpuacct/a\n/sys/fs/cgroup/cpu,cpuacct/a/b\n"
         "/sys/fs/cgroup/memory/a\n/sys/fs/cgroup/memory/a/b\n"},
        {"hybrid-memory", BIT(CPU) | BIT(MEMORY) | BIT(FREEZER),
         BIT(CPU) | BIT(MEMORY) | BIT(FREEZER),
         "/sys/fs/cgroup/cpu,cpuacct/a\n/sys/fs/cgroup/cpu,cpuacct/a/b\n"
         "/sys/fs/cgroup/unified/a\n/sys/fs/cgroup/unified/a/b\n"},
        {"unified", BIT(CPU) | BIT(CPUACCT) | BIT(MEMORY) | BIT(PERF_EVENT),
         BIT(CPU) | BIT(CPUACCT) | BIT(MEMORY), "/sys/fs/cgroup/a\n/sys/fs/cgroup/a/b\n"},
        {"odd-places", BIT(CPUSET) | BIT(MEMORY), BIT(CPUSET) | BIT(MEMORY),
         "/cgroup\\memory/a\n/cgroup\\memory/a/b\n"
         "/dev/cgroups/set of cpus/a\n/dev/cgroups/set of cpus/a/b\n"},
        {"container-unified", BIT(CPU) | BIT(IO), BIT(CPU),
         "/sys/fs/cgroup/a\n/sys/fs/cgroup/a/b\n"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(table[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = fake_groups_make(host, "a/b", table[i].asked);
        g_autoptr(CorralGroup) opened = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", table[i].like);
        g_assert_cmpstr(corral_group_get_path(group), ==, "a/b");
        g_assert_cmphex(corral_group_get_controllers(group), ==, table[i].got);
        fake_groups_assert(fake, table[i].groups);

        opened = corral_group_open(host, "a/b", table[i].asked, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(corral_group_get_path(opened), ==, "a/b");
        g_assert_cmphex(corral_group_get_controllers(opened), ==, table[i].got);

        fake_groups_remove(group);
        fake_groups_assert(fake, "");
    }
}

static void
test_open(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("hybrid");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) root = NULL;
    g_autoptr(CorralGroup) part = NULL;
    g_autoptr(CorralGroup) child = NULL;
    g_autoptr(GError) error = NULL;

    root = corral_group_open(host, "", EVERY, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(corral_group_get_path(root), ==, "");
    g_assert_cmphex(corral_group_get_controllers(root), ==, corral_host_get_controllers(host));

    g_assert_null(corral_group_open(host, "a", EVERY, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(corral_group_open_child(root, "a", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);

    /* In some hierarchies only; the one of cgroup2 hands no controller down yet. */
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/memory/a");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/unified/a");
    part = corral_group_open(host, "a", EVERY, &error);
    g_assert_no_error(error);
    g_assert_cmphex(corral_group_get_controllers(part), ==, BIT(MEMORY) | BIT(CORE));
    g_assert_null(corral_group_open(host, "a", BIT(CPU), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_clear_error(&error);

    child = corral_group_open_child(root, "a", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(corral_group_get_path(child), ==, "a");
}

static void
test_names(void)
{
    g_autofree char *longest = g_strnfill(255, 'x');
    g_autofree char *too_long = g_strnfill(256, 'x');
    g_autofree char *deep = g_strjoin("/", longest, longest, NULL);
    g_autofree char *deep_and_long = g_strjoin("/", "a", too_long, NULL);
    const struct {
        const char *path;
        gboolean ok;
    } table[] = {
        {"a", TRUE},
        {"a/b/c", TRUE},
        {".a", TRUE},
        {"...", TRUE},
        {"a b\t\"'\\$", TRUE},
        {"gr\xc3\xbc\xc3\x9f", TRUE},
        {longest, TRUE},
        {deep, TRUE},
        {"", FALSE},
        {"/", FALSE},
        {"/a", FALSE},
        {"a/", FALSE},
        {"a//b", FALSE},
        {".", FALSE},
        {"..", FALSE},
        {"../a", FALSE},
        {"a/..", FALSE},
        {"a/./b", FALSE},
        {"a/../../b", FALSE},
        {"a\nb", FALSE},
        {"a/\n", FALSE},
        {too_long, FALSE},
        {deep_and_long, FALSE},
        /* Taken by the kernel, in one of the hierarchies at least. */
        {"cgroup.procs", FALSE},
        {"cpu.shares", FALSE},
        {"a/memory.limit_in_bytes", FALSE},
        {"tasks/a", FALSE},
    };
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(CorralGroup) group = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("'%s'", table[i].path);
        group = corral_group_make(host, table[i].path, EVERY, CORRAL_MAKE_NONE, &error);
        if (table[i].ok) {
            g_assert_no_error(error);
            g_assert_cmpstr(corral_group_get_path(group), ==, table[i].path);
            fake_groups_remove(group);
        } else {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
            g_assert_null(group);
        }
        fake_groups_assert(fake, "");
    }
}

static void
test_names_of_children(void)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "/a", "a\n", "cpu.shares"};
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "g", EVERY);
    g_autofree char *before = fake_cgroup_list(fake);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("'%s'", bad[i]);
        g_assert_null(corral_group_make_threaded(group, bad[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        g_clear_error(&error);
        g_assert_null(corral_group_open_child(group, bad[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
        fake_groups_assert(fake, before);
    }
}

/* PATH_MAX is the kernel's limit, and it says so. */
static void
test_path_too_long(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autofree char *component = g_strnfill(255, 'x');
    g_autoptr(GString) path = g_string_new(component);
    g_autoptr(GError) error = NULL;

    while (path->len < 5000)
        g_string_append_printf(path, "/%s", component);
    g_assert_null(corral_group_open(host, path->str, BIT(CPU), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
}

static void
test_nobody_serves_it(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;

    g_assert_null(corral_group_make(host, "a", BIT(HUGETLB), CORRAL_MAKE_NONE, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_clear_error(&error);
    g_assert_null(corral_group_make(host, "a", 0, CORRAL_MAKE_NONE, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    fake_groups_assert(fake, "");
}

/* What cgroup2 does not hand down at some level is not there below it. */
static void
test_not_handed_down(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = NULL;

    fake_cgroup_put(fake, "/sys/fs/cgroup/cgroup.controllers", "cpu pids\n");
    group = fake_groups_make(host, "a/b", BIT(CPU) | BIT(MEMORY) | BIT(PIDS));
    g_assert_cmphex(corral_group_get_controllers(group), ==, BIT(CPU) | BIT(PIDS));
    assert_file(fake, "/sys/fs/cgroup/a/b/cgroup.controllers", "cpu pids");
    assert_file(fake, "/sys/fs/cgroup/a/cgroup.subtree_control", "cpu pids");
    assert_file(fake, "/sys/fs/cgroup/a/b/cgroup.subtree_control", "");
}

/* ---- groups that exist ---- */

static void
test_existing(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    /* The third hierarchy of four. */
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpuset/a");
    g_assert_null(corral_group_make(host, "a", BIT(CPU) | BIT(CPUACCT) | BIT(CPUSET) | BIT(MEMORY),
                                    CORRAL_MAKE_NEW, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/cpuset/a'"));
    fake_groups_assert(fake, "/sys/fs/cgroup/cpuset/a\n");

    group = fake_groups_make(host, "a", BIT(CPU) | BIT(CPUSET));
    g_assert_cmphex(corral_group_get_controllers(group), ==, BIT(CPU) | BIT(CPUSET));
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpuset/a\n");
    /* Whoever made it did not come to this. */
    assert_file(fake, "/sys/fs/cgroup/cpuset/a/cpuset.cpus", "0-3");
    assert_file(fake, "/sys/fs/cgroup/cpuset/a/cpuset.mems", "0");
}

/* ---- all or nothing ---- */

/*
 * Every call that make() makes fails in turn, until it needs no more of them:
 * each time there is an error, and the machine is as before.
 */
static void
check_rollback(const char *like, FakeCall call, int errnum, CorralError code)
{
    guint after;

    for (after = 0;; after++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s: call %u", like, after);
        fake_cgroup_fail(fake, call, after, errnum);
        group = corral_group_make(host, "a/b/c", EVERY, CORRAL_MAKE_NEW, &error);
        if (group)
            break;
        g_assert_error(error, CORRAL_ERROR, (int)code);
        fake_groups_assert(fake, "");
    }

    g_assert_cmpuint(after, >, 0);
}

static void
test_rollback(void)
{
    check_rollback("legacy", FAKE_MKDIR, ENOSPC, CORRAL_ERROR_REFUSED);
    check_rollback("legacy", FAKE_MKDIR, EAGAIN, CORRAL_ERROR_REFUSED);
    check_rollback("legacy", FAKE_MKDIR, EROFS, CORRAL_ERROR_PERMISSION);
    check_rollback("legacy", FAKE_MKDIR, ENOMEM, CORRAL_ERROR_FAILED);
    check_rollback("legacy", FAKE_WRITE, EACCES, CORRAL_ERROR_PERMISSION);
    check_rollback("hybrid-memory", FAKE_MKDIR, EPERM, CORRAL_ERROR_PERMISSION);
    check_rollback("unified", FAKE_MKDIR, EAGAIN, CORRAL_ERROR_REFUSED);
}

/* An error in a threaded child leaves the group as it was. */
static void
check_rollback_threaded(const char *like, FakeCall call)
{
    guint after;

    for (after = 0;; after++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = fake_groups_make(host, "a/b", EVERY);
        g_autoptr(CorralGroup) child = NULL;
        g_autofree char *before = fake_cgroup_list(fake);
        g_autoptr(GError) error = NULL;

        fake_cgroup_fail(fake, call, after, EPERM);
        child = corral_group_make_threaded(group, "vcpu0", &error);
        if (child)
            break;
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        fake_groups_assert(fake, before);
    }

    g_assert_cmpuint(after, >, 0);
}

static void
test_rollback_threaded(void)
{
    check_rollback_threaded("legacy", FAKE_MKDIR);
    check_rollback_threaded("unified", FAKE_MKDIR);
    check_rollback_threaded("unified", FAKE_WRITE);
}

/* ---- cpuset ---- */

static void
test_cpuset(void)
{
    static const char *const levels[] = {"", "/web", "/web/g", "/web/g/vcpu0"};
    /* Which of the levels somebody made before, without filling it. */
    static const guint made_before[] = {0, 1, 2};
    guint n, i;

    for (n = 0; n < G_N_ELEMENTS(made_before); n++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = NULL;
        g_autoptr(CorralGroup) child = NULL;
        g_autoptr(GError) error = NULL;

        for (i = 1; i <= made_before[n]; i++) {
            g_autofree char *name = g_strconcat("/sys/fs/cgroup/cpuset", levels[i], NULL);

            fake_cgroup_mkdir(fake, name);
        }
        group = fake_groups_make(host, "web/g", BIT(CPUSET));
        child = corral_group_make_threaded(group, "vcpu0", &error);
        g_assert_no_error(error);

        for (i = 1; i < G_N_ELEMENTS(levels); i++) {
            g_autofree char *cpus =
                g_strconcat("/sys/fs/cgroup/cpuset", levels[i], "/cpuset.cpus", NULL);
            g_autofree char *mems =
                g_strconcat("/sys/fs/cgroup/cpuset", levels[i], "/cpuset.mems", NULL);

            g_test_message("%u made before, %s", n, cpus);
            assert_file(fake, cpus, "0-3");
            assert_file(fake, mems, "0");
        }
        /* The root is not ours to change. */
        assert_file(fake, "/sys/fs/cgroup/cpuset/cgroup.clone_children", "0");
    }
}

/* What somebody chose is kept, and what is missing is taken from above. */
static void
test_cpuset_half_filled(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = NULL;

    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpuset/web");
    fake_cgroup_put(fake, "/sys/fs/cgroup/cpuset/web/cpuset.cpus", "1,3\n");
    group = fake_groups_make(host, "web/g", BIT(CPUSET));
    assert_file(fake, "/sys/fs/cgroup/cpuset/web/cpuset.cpus", "1,3");
    assert_file(fake, "/sys/fs/cgroup/cpuset/web/cpuset.mems", "0");
    assert_file(fake, "/sys/fs/cgroup/cpuset/web/g/cpuset.cpus", "1,3");
    assert_file(fake, "/sys/fs/cgroup/cpuset/web/g/cpuset.mems", "0");
}

/* ---- threaded children ---- */

static void
test_threaded(void)
{
    static const struct {
        const char *like;
        const char *groups;
    } table[] = {
        {"legacy", "/sys/fs/cgroup/cpu/g/vcpu0\n/sys/fs/cgroup/cpuacct/g/vcpu0\n"
                   "/sys/fs/cgroup/cpuset/g/vcpu0\n"},
        {"together", "/sys/fs/cgroup/cpu,cpuacct/g/vcpu0\n/sys/fs/cgroup/cpuset/g/vcpu0\n"},
        {"unified", "/sys/fs/cgroup/g/vcpu0\n"},
        {"hybrid-memory", "/sys/fs/cgroup/cpu,cpuacct/g/vcpu0\n/sys/fs/cgroup/cpuset/g/vcpu0\n"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(table[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = fake_groups_make(host, "g", EVERY);
        g_autoptr(CorralGroup) child = NULL;
        g_autoptr(CorralGroup) again = NULL;
        g_autofree char *all = NULL;
        g_auto(GStrv) lines = NULL;
        g_auto(GStrv) children = NULL;
        g_autoptr(GString) below = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        gsize k;

        child = corral_group_make_threaded(group, "vcpu0", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(corral_group_get_path(child), ==, "g/vcpu0");
        g_assert_cmphex(corral_group_get_controllers(child), ==, CORRAL_CONTROLLERS_THREADED);

        all = fake_cgroup_list(fake);
        lines = g_strsplit(all, "\n", -1);
        for (k = 0; lines[k]; k++) {
            if (g_str_has_suffix(lines[k], "/vcpu0"))
                g_string_append_printf(below, "%s\n", lines[k]);
        }
        g_assert_cmpstr(below->str, ==, table[i].groups);

        again = corral_group_make_threaded(group, "vcpu0", &error);
        g_assert_no_error(error);
        children = corral_group_list_children(group, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_strv_length(children), ==, 1);
        g_assert_cmpstr(children[0], ==, "vcpu0");

        fake_groups_remove(group);
        fake_groups_assert(fake, "");
    }
}

static void
test_threaded_unified(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group =
        fake_groups_make(host, "g", BIT(CPU) | BIT(CPUSET) | BIT(MEMORY));
    g_autoptr(CorralGroup) child = NULL;
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;

    g_free(fake_cgroup_take_log(fake));
    child = corral_group_make_threaded(group, "vcpu0", &error);
    g_assert_no_error(error);
    log = fake_cgroup_take_log(fake);
    g_assert_cmpstr(log, ==,
                    "mkdir /sys/fs/cgroup/g/vcpu0\n"
                    "write /sys/fs/cgroup/g/vcpu0/cgroup.type threaded\n"
                    "write /sys/fs/cgroup/g/cgroup.subtree_control +cpu +cpuset\n");
    assert_file(fake, "/sys/fs/cgroup/g/vcpu0/cgroup.controllers", "cpu cpuset");
}

/* A child does not claim what its parent could not hand down. */
static void
test_threaded_not_handed_down(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "g", BIT(CPU) | BIT(CPUSET));
    g_autoptr(CorralGroup) child = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_put(fake, "/sys/fs/cgroup/g/cgroup.controllers", "cpu\n");
    child = corral_group_make_threaded(group, "vcpu0", &error);
    g_assert_no_error(error);
    g_assert_cmphex(corral_group_get_controllers(child), ==, BIT(CPU));
}

static void
test_threaded_nowhere(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "g", BIT(MEMORY) | BIT(PIDS));
    g_autofree char *before = fake_cgroup_list(fake);
    g_autoptr(GError) error = NULL;

    g_assert_null(corral_group_make_threaded(group, "vcpu0", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    fake_groups_assert(fake, before);
}

/* ---- remove ---- */

/* What is in the unified hierarchy for its own sake takes no controller from the host. */
static void
test_core(void)
{
    static const char *const hosts[][2] = {
        {"unified", "/sys/fs/cgroup"},
        {"hybrid", "/sys/fs/cgroup/unified"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[i][0]);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
        g_autoptr(CorralGroup) group = fake_groups_make(host, "a/g", BIT(CORE));
        g_autofree char *groups = g_strdup_printf("%1$s/a\n%1$s/a/g\n", hosts[i][1]);
        g_autofree char *handed = g_build_filename(hosts[i][1], "cgroup.subtree_control", NULL);
        g_autofree char *text = fake_cgroup_read(fake, handed);

        fake_groups_assert(fake, groups);
        g_assert_cmpstr(text, ==, "");
        fake_groups_remove(group);
        fake_groups_assert(fake, "");
    }
}

/* Removed twice, by somebody else, or in part: what counts is that it is gone. */
static void
test_remove_again(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "a/g", BIT(CPU) | BIT(MEMORY));
    g_autoptr(CorralGroup) again = NULL;

    fake_cgroup_rmdir(fake, "/sys/fs/cgroup/cpu/a/g");
    fake_groups_remove(group);
    fake_groups_assert(fake, "");
    fake_groups_remove(group);

    /* The next one of that name is not ours. */
    again = fake_groups_make(host, "a/g", BIT(CPU));
    fake_groups_remove(group);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpu/a/g\n");
}

static void
test_remove_busy(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "a/g", BIT(CPU) | BIT(MEMORY));
    g_autoptr(CorralGroup) child = NULL;
    g_autoptr(GError) error = NULL;

    child = corral_group_make_threaded(group, "vcpu0", &error);
    g_assert_no_error(error);
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a/g/vcpu1");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a/g/vcpu1/deep");
    fake_cgroup_put(fake, "/sys/fs/cgroup/cpu/a/g/vcpu0/tasks", "4711\n");
    g_assert_false(corral_group_remove(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/cpu/a/g/vcpu0'"));
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n/sys/fs/cgroup/cpu/a/g\n"
                             "/sys/fs/cgroup/cpu/a/g/vcpu0\n");

    fake_cgroup_exit(fake, 4711);
    fake_groups_remove(group);
    fake_groups_assert(fake, "");
}

/* Lets the process exit once the group has been found busy. */
static gpointer
exit_when_asked(gpointer data)
{
    FakeCgroup *fake = data;
    gboolean asked = FALSE;

    while (!asked) {
        g_autofree char *log = fake_cgroup_take_log(fake);

        asked = strstr(log, "rmdir /sys/fs/cgroup/cpu/g\n") != NULL;
        g_thread_yield();
    }
    fake_cgroup_exit(fake, 4711);
    return NULL;
}

static void
test_remove_waits(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "g", BIT(CPU));
    g_autoptr(GError) error = NULL;
    gboolean removed;
    GThread *process;

    fake_cgroup_put(fake, "/sys/fs/cgroup/cpu/g/tasks", "4711\n");
    process = g_thread_new("process", exit_when_asked, fake);
    removed = corral_group_remove(group, 60000, &error);
    g_thread_join(process);

    g_assert_no_error(error);
    g_assert_true(removed);
    fake_groups_assert(fake, "");
}

static void
test_remove_refused(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group =
        fake_groups_make(host, "g", BIT(CPU) | BIT(CPUACCT) | BIT(MEMORY));
    g_autoptr(CorralGroup) root = NULL;
    g_autoptr(GError) error = NULL;

    /* No use waiting for this one; the other hierarchies are cleared all the same. */
    fake_cgroup_fail(fake, FAKE_RMDIR, 0, EPERM);
    g_assert_false(corral_group_remove(group, 60000, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/g\n");
    g_clear_error(&error);

    root = corral_group_open(host, "", EVERY, &error);
    g_assert_no_error(error);
    g_assert_false(corral_group_remove(root, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/g\n");
}

/* ---- children, vanished groups, hosts to look at only ---- */

static void
test_children(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "g", BIT(CPU) | BIT(MEMORY));
    g_auto(GStrv) none = corral_group_list_children(group, NULL);
    g_auto(GStrv) some = NULL;
    g_autofree char *joined = NULL;

    g_assert_nonnull(none);
    g_assert_cmpuint(g_strv_length(none), ==, 0);

    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/memory/g/b");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/memory/g/c");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/g/b");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/g/a");
    some = corral_group_list_children(group, NULL);
    joined = g_strjoinv(" ", some);
    g_assert_cmpstr(joined, ==, "a b c");
}

static void
test_vanished(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralGroup) group = fake_groups_make(host, "g", BIT(CPU));
    g_auto(GStrv) children = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_rmdir(fake, "/sys/fs/cgroup/cpu/g");
    g_assert_null(corral_group_make_threaded(group, "vcpu0", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_nonnull(strstr(error->message, "the group was removed"));

    children = corral_group_list_children(group, NULL);
    g_assert_nonnull(children);
    g_assert_null(children[0]);
}

static void
test_read_only(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_null(corral_group_make(host, "a", EVERY, CORRAL_MAKE_NONE, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);

    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a");
    group = corral_group_open(host, "a", EVERY, &error);
    g_assert_no_error(error);
    g_assert_null(corral_group_make_threaded(group, "b", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_clear_error(&error);
    g_assert_false(corral_group_remove(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);

    log = fake_cgroup_take_log(fake);
    g_assert_cmpstr(log, ==, "");
    fake_groups_assert(fake, "/sys/fs/cgroup/cpu/a\n");
}

/* Who has memory decides. */
static void
test_can_be_delegated(void)
{
    static const struct {
        const char *like;
        gboolean can;
    } hosts[] = {
        {"legacy", FALSE},
        {"unified", TRUE},
        {"systemd-hybrid", FALSE},
        {"systemd-hybrid-memory", TRUE},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
        g_autoptr(CorralGroup) root =
            corral_group_open(host, "", CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY), NULL);

        g_assert_nonnull(root);
        g_assert_true(corral_group_can_be_delegated(root) == hosts[i].can);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/group/make", test_make);
    g_test_add_func("/group/open", test_open);
    g_test_add_func("/group/names", test_names);
    g_test_add_func("/group/names-of-children", test_names_of_children);
    g_test_add_func("/group/path-too-long", test_path_too_long);
    g_test_add_func("/group/nobody-serves-it", test_nobody_serves_it);
    g_test_add_func("/group/not-handed-down", test_not_handed_down);
    g_test_add_func("/group/existing", test_existing);
    g_test_add_func("/group/rollback", test_rollback);
    g_test_add_func("/group/rollback-threaded", test_rollback_threaded);
    g_test_add_func("/group/cpuset", test_cpuset);
    g_test_add_func("/group/cpuset-half-filled", test_cpuset_half_filled);
    g_test_add_func("/group/threaded", test_threaded);
    g_test_add_func("/group/threaded-unified", test_threaded_unified);
    g_test_add_func("/group/threaded-not-handed-down", test_threaded_not_handed_down);
    g_test_add_func("/group/threaded-nowhere", test_threaded_nowhere);
    g_test_add_func("/group/core", test_core);
    g_test_add_func("/group/remove-again", test_remove_again);
    g_test_add_func("/group/remove-busy", test_remove_busy);
    g_test_add_func("/group/remove-waits", test_remove_waits);
    g_test_add_func("/group/remove-refused", test_remove_refused);
    g_test_add_func("/group/children", test_children);
    g_test_add_func("/group/vanished", test_vanished);
    g_test_add_func("/group/read-only", test_read_only);
    g_test_add_func("/group/can-be-delegated", test_can_be_delegated);

    return g_test_run();
}
