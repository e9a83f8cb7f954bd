/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Discovery: every host of tests/data/hosts, and finding processes and groups on some. */
#include <config.h>

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

static char *
read_data(const char *like, const char *name)
{
    g_autofree char *file = g_test_build_filename(G_TEST_DIST, "data", "hosts", like, name, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(file, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static void
test_describe(gconstpointer data)
{
    const char *like = data;
    g_autofree char *wanted = read_data(like, "describe");
    g_autoptr(FakeCgroup) fake = fake_cgroup_new(like);
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autofree char *text = corral_host_describe(host);
    CorralControllers all = corral_host_get_controllers(host);
    guint i;

    g_assert_cmpstr(text, ==, wanted);

    /* A controller is served once, and the set says so. */
    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        g_autofree char *pattern = g_strdup_printf(": .*\\b%s\\b", corral_controller_get_name(i));
        g_autofree char *twice = g_strdup_printf("%s(.|\\n)*%s", pattern, pattern);

        g_assert_cmpint(g_regex_match_simple(pattern, text, 0, 0), ==,
                        !!(all & CORRAL_CONTROLLER_BIT(i)));
        g_assert_false(g_regex_match_simple(twice, text, 0, 0));
    }
}

static void
put_proc(FakeCgroup *fake, int pid, const char *text)
{
    g_autofree char *dir = g_strdup_printf("%s/proc/%d", fake_cgroup_get_root(fake), pid);
    g_autofree char *name = g_strdup_printf("/proc/%d/cgroup", pid);

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    fake_cgroup_put(fake, name, text);
}

/* What follows "@key: " in a line of @text. */
static char *
look_up(const char *text, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *prefix = g_strconcat(key, ": ", NULL);
    gsize i;

    for (i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], prefix))
            return g_strdup(lines[i] + strlen(prefix));
    }

    return NULL;
}

/*
 * Where the kernel listed a process of the real machine is where we say it is.
 * The one exception: the process is in the root of its name space, the mount shows
 * what is above that, and nobody says what it is called there.
 */
static void
test_find_self(gconstpointer data)
{
    const char *like = data;
    g_autofree char *proc_cgroup = read_data(like, "cgroup");
    g_autofree char *found = read_data(like, "found");
    g_autofree char *description = read_data(like, "describe");
    g_autofree char *mountinfo = read_data(like, "mountinfo");
    gboolean nameless = strstr(mountinfo, " /.. ") || strstr(mountinfo, " /../");
    g_autoptr(FakeCgroup) fake = fake_cgroup_new(like);
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_auto(GStrv) lines = g_strsplit(description, "\n", -1);
    guint checked = 0;
    gsize i, w;

    put_proc(fake, 4711, proc_cgroup);
    for (i = 0; lines[i] && lines[i][0]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);
        g_autofree char *wanted = look_up(found, words[0]);

        g_assert_nonnull(wanted);
        for (w = 2; words[w]; w++) {
            CorralController controller = CORRAL_N_CONTROLLERS;
            g_autoptr(GError) error = NULL;
            g_autofree char *path = NULL;

            g_assert_true(corral_controller_from_name(words[w], &controller));
            path = corral_host_find_process(host, controller, 4711, &error);
            if (nameless) {
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
            } else {
                g_assert_no_error(error);
                g_assert_cmpstr(path, ==, wanted);
            }
            checked++;
        }
    }
    g_assert_cmpuint(checked, >, 0);
}

/* Where one hierarchy is mounted twice it depends on what one is up to. */
static void
test_read_only_sees_more(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("container-legacy");
    g_autoptr(CorralHost) writer = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(CorralHost) reader = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autofree char *written = corral_host_describe(writer);
    g_autofree char *read = corral_host_describe(reader);

    g_assert_nonnull(strstr(written, "/sys/fs/cgroup/cpuset (legacy): cpuset\n"));
    g_assert_nonnull(strstr(read, "/whole/cpuset (legacy): cpuset\n"));
}

/* A group at the very place of a mount that another one hides is not that mount. */
static void
test_namesake_of_hidden(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("hidden");
    g_autoptr(CorralHost) host = NULL;

    fake_cgroup_mkdir(fake, "/below/cpuset");
    host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_assert_cmpuint(corral_host_get_controllers(host) & BIT(CPUSET), ==, 0);
}

static void
test_no_host(void)
{
    g_autofree char *root = g_dir_make_tmp("corral-host-XXXXXX", NULL);
    g_autofree char *proc = g_build_filename(root, "proc", NULL);
    g_autofree char *self = g_build_filename(proc, "self", NULL);
    g_autofree char *mountinfo = g_build_filename(self, "mountinfo", NULL);
    g_autofree char *plain = g_build_filename(root, "plain", NULL);
    g_autoptr(CorralHost) host = NULL;
    g_autoptr(GError) error = NULL;

    host = corral_host_new(root, CORRAL_HOST_NONE, &error);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_null(host);
    g_clear_error(&error);

    g_assert_cmpint(g_mkdir(proc, 0755), ==, 0);
    host = corral_host_new(root, CORRAL_HOST_NONE, &error);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "self/mountinfo"));
    g_clear_error(&error);

    g_assert_cmpint(g_mkdir(self, 0755), ==, 0);
    g_assert_true(g_file_set_contents(mountinfo, "", -1, NULL));
    host = corral_host_new(root, CORRAL_HOST_NONE, &error);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_clear_error(&error);

    /* Named in the table, but what is there is a plain directory, or nothing. */
    g_assert_cmpint(g_mkdir(plain, 0755), ==, 0);
    g_assert_true(g_file_set_contents(mountinfo,
                                      "1 2 0:3 / /plain rw - cgroup c rw,cpu\n"
                                      "1 2 0:3 / /nothing rw - cgroup2 c rw\n",
                                      -1, NULL));
    host = corral_host_new(root, CORRAL_HOST_NONE, &error);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);

    g_assert_cmpint(g_unlink(mountinfo), ==, 0);
    g_assert_cmpint(g_rmdir(self), ==, 0);
    g_assert_cmpint(g_rmdir(proc), ==, 0);
    g_assert_cmpint(g_rmdir(plain), ==, 0);
    g_assert_cmpint(g_rmdir(root), ==, 0);
}

static void
test_find_process(void)
{
    static const struct {
        const char *like;
        CorralController controller;
        const char *text;
        const char *path; /* NULL: not found */
    } table[] = {
        {"hybrid", CORRAL_CONTROLLER_CPU, "1:cpu:/a/b\n", "a/b"},
        {"hybrid", CORRAL_CONTROLLER_CPU, "1:cpu:/\n", ""},
        {"hybrid", CORRAL_CONTROLLER_CPU, "4:memory:/a\n", NULL},
        {"hybrid", CORRAL_CONTROLLER_HUGETLB, "1:cpu:/a\n0::/u\n", "u"},
        {"together", CORRAL_CONTROLLER_CPUACCT, "3:cpu,cpuacct:/a\n", "a"},
        {"unified", CORRAL_CONTROLLER_MEMORY, "0::/a/b\n", "a/b"},
        /* What is mounted may reach beyond our name space. */
        {"systemd-unified-namespace", CORRAL_CONTROLLER_CPU, "0::/../../../a/b\n", "a/b"},
        {"systemd-unified-namespace", CORRAL_CONTROLLER_CPU, "0::/../../..\n", ""},
        {"systemd-unified-namespace", CORRAL_CONTROLLER_CPU, "0::/../../../../a\n", NULL},
        {"systemd-unified-namespace", CORRAL_CONTROLLER_CPU, "0::/../../a\n", NULL},
        {"systemd-unified-namespace", CORRAL_CONTROLLER_CPU, "0::/a\n", NULL},
        {"systemd-legacy-bind", CORRAL_CONTROLLER_CPUACCT,
         "4:cpu,cpuacct:/system.slice/corral-agent.service/box/a\n", "a"},
        {"systemd-legacy-bind", CORRAL_CONTROLLER_CPUACCT,
         "4:cpu,cpuacct:/system.slice/corral-agent.service/boxer\n", NULL},
        /* Outside of what is mounted, or of our name space. */
        {"container-unified", CORRAL_CONTROLLER_CPU, "0::/system.slice/box.service/a\n", "a"},
        {"container-unified", CORRAL_CONTROLLER_CPU, "0::/system.slice/box.service\n", ""},
        {"container-unified", CORRAL_CONTROLLER_CPU, "0::/system.slice/box.service2/a\n", NULL},
        {"container-unified", CORRAL_CONTROLLER_CPU, "0::/system.slice\n", NULL},
        {"container-unified", CORRAL_CONTROLLER_CPU, "0::/\n", NULL},
        {"unified", CORRAL_CONTROLLER_CPU, "0::/../../a\n", NULL},
        {"unified", CORRAL_CONTROLLER_CPU, "", NULL},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(table[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;

        g_test_message("%s: %s", table[i].like, table[i].text);
        put_proc(fake, 4711, table[i].text);
        path = corral_host_find_process(host, table[i].controller, 4711, &error);
        g_assert_cmpstr(path, ==, table[i].path);
        if (table[i].path)
            g_assert_no_error(error);
        else
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    }
}

/* Where it is not: in none of the hierarchies that hold it, and not where it cannot be seen. */
static void
test_find_strays(void)
{
    static const struct {
        const char *text;
        CorralControllers strays;
    } table[] = {
        {"1:cpu:/a/b\n2:memory:/a/b/c\n3:freezer:/a/b\n", 0},
        {"1:cpu:/a/b\n2:memory:/a\n3:freezer:/a/bc\n",
         CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY) |
             CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER)},
        {"1:cpu:/\n2:memory:/../a/b\n", CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU)},
        {"", 0},
    };
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    CorralControllers strays;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("%s", table[i].text);
        put_proc(fake, 4711, table[i].text);
        g_assert_true(corral_host_find_strays(host, "a/b", 4711, &strays, &error));
        g_assert_no_error(error);
        g_assert_cmphex(strays, ==, table[i].strays);
        g_assert_true(corral_host_find_strays(host, "", 4711, &strays, &error));
        g_assert_cmphex(strays, ==, 0);
    }

    g_assert_false(corral_host_find_strays(host, "a/b", 4712, &strays, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_cmphex(strays, ==, 0);
}

static void
test_find_no_process(void)
{
    static const pid_t nobody[] = {0, -1, 4712};
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    gsize i;

    put_proc(fake, 4711, "1:cpu:/a\n");
    for (i = 0; i < G_N_ELEMENTS(nobody); i++) {
        g_assert_null(corral_host_find_process(host, CORRAL_CONTROLLER_CPU, nobody[i], &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
        g_clear_error(&error);
    }

    g_assert_null(corral_host_find_process(host, CORRAL_CONTROLLER_HUGETLB, 4711, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
}

typedef struct {
    const char *suffix;
    const char *closed; /* not to be looked into */
    guint asked;
} Wanted;

static gboolean
filter(const char *path, gboolean *descend, gpointer user_data)
{
    Wanted *wanted = user_data;

    wanted->asked++;
    g_assert_true(*descend);
    if (g_strcmp0(path, wanted->closed) == 0)
        *descend = FALSE;
    return g_str_has_suffix(path, wanted->suffix);
}

static char *
find(CorralHost *host, CorralControllers controllers, const char *suffix, const char *closed,
     guint *asked)
{
    Wanted wanted = {suffix, closed, 0};
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) paths = corral_host_find_groups(host, controllers, filter, &wanted, &error);

    g_assert_no_error(error);
    *asked = wanted.asked;
    return g_strjoinv(" ", paths);
}

static void
test_find_groups(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autofree char *none = NULL;
    g_autofree char *both = NULL;
    g_autofree char *cpu = NULL;
    g_autofree char *closed = NULL;
    guint asked;

    none = find(host, BIT(CPU) | BIT(MEMORY), ".guest", NULL, &asked);
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpuint(asked, ==, 0);

    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/web");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/web/b.guest");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/web/b.guest/inner.guest");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/cpu/a.guest");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/memory/a.guest");
    fake_cgroup_mkdir(fake, "/sys/fs/cgroup/memory/c.guest");

    both = find(host, BIT(CPU) | BIT(MEMORY), ".guest", NULL, &asked);
    g_assert_cmpstr(both, ==, "a.guest c.guest web/b.guest web/b.guest/inner.guest");
    g_assert_cmpuint(asked, ==, 6);

    cpu = find(host, BIT(CPU), ".guest", NULL, &asked);
    g_assert_cmpstr(cpu, ==, "a.guest web/b.guest web/b.guest/inner.guest");
    g_assert_cmpuint(asked, ==, 4);

    closed = find(host, BIT(CPU), ".guest", "web/b.guest", &asked);
    g_assert_cmpstr(closed, ==, "a.guest web/b.guest");
    g_assert_cmpuint(asked, ==, 3);
}

static void
test_find_groups_nowhere(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    Wanted wanted = {"", NULL, 0};

    g_assert_null(corral_host_find_groups(host, BIT(HUGETLB), filter, &wanted, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_assert_cmpuint(wanted.asked, ==, 0);
}

/* As deep as a guest may live, with hardly a descriptor to spare. */
static void
test_find_groups_deep(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("legacy");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GString) name = g_string_new("/sys/fs/cgroup/cpu");
    g_autofree char *found = NULL;
    struct rlimit usual;
    struct rlimit low;
    guint asked;
    int i;

    for (i = 0; i < 200; i++) {
        g_string_append(name, "/d");
        fake_cgroup_mkdir(fake, name->str);
    }
    g_string_append(name, "/x");
    fake_cgroup_mkdir(fake, name->str);

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &usual), ==, 0);
    low = usual;
    low.rlim_cur = MIN(usual.rlim_cur, 64);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
    found = find(host, BIT(CPU), "x", NULL, &asked);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &usual), ==, 0);

    g_assert_cmpstr(found, ==, name->str + strlen("/sys/fs/cgroup/cpu/"));
    g_assert_cmpuint(asked, ==, 201);
}

/* Where both interfaces have controllers, and which the unified one has. */
static void
test_second_interface(void)
{
    static const struct {
        const char *like;
        const char *place;
        const char *listed;
    } hosts[] = {
        {"legacy", NULL, NULL},
        {"unified", NULL, NULL},
        {"systemd-hybrid", NULL, NULL},
        {"hybrid", "/sys/fs/cgroup/unified", "hugetlb"},
        {"systemd-hybrid-memory", "/sys/fs/cgroup/unified", "memory pids"},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(FakeCgroup) fake = fake_cgroup_new(hosts[i].like);
        g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
        g_autofree char *listed = NULL;
        g_autofree char *place = corral_host_find_second_interface(host, &listed);
        g_autofree char *again = corral_host_find_second_interface(host, NULL);

        g_assert_cmpstr(place, ==, hosts[i].place);
        g_assert_cmpstr(listed, ==, hosts[i].listed);
        g_assert_cmpstr(again, ==, place);
    }
}

/* The file is read each time, as it may be hidden meanwhile. */
static void
test_second_interface_hidden(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("hybrid");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_READ_ONLY);
    g_autofree char *before = corral_host_find_second_interface(host, NULL);

    g_assert_nonnull(before);
    fake_cgroup_put(fake, "/sys/fs/cgroup/unified/cgroup.controllers", "");
    g_assert_null(corral_host_find_second_interface(host, NULL));
}

int
main(int argc, char **argv)
{
    g_autofree char *hosts = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = NULL;
    const char *entry;

    g_test_init(&argc, &argv, NULL);

    hosts = g_test_build_filename(G_TEST_DIST, "data", "hosts", NULL);
    dir = g_dir_open(hosts, 0, NULL);
    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(hosts, entry, NULL);
        g_autofree char *found = g_build_filename(below, "found", NULL);
        g_autofree char *describe = g_strconcat("/host/describe/", entry, NULL);
        g_autofree char *find_self = g_strconcat("/host/find-self/", entry, NULL);
        char *name;

        if (!g_file_test(below, G_FILE_TEST_IS_DIR))
            continue;
        name = g_strdup(entry);
        g_ptr_array_add(names, name);
        g_test_add_data_func(describe, name, test_describe);
        if (g_file_test(found, G_FILE_TEST_EXISTS))
            g_test_add_data_func(find_self, name, test_find_self);
    }
    g_assert_cmpuint(names->len, >=, 10);

    g_test_add_func("/host/read-only-sees-more", test_read_only_sees_more);
    g_test_add_func("/host/namesake-of-hidden", test_namesake_of_hidden);
    g_test_add_func("/host/second-interface", test_second_interface);
    g_test_add_func("/host/second-interface-hidden", test_second_interface_hidden);
    g_test_add_func("/host/no-host", test_no_host);
    g_test_add_func("/host/find-process", test_find_process);
    g_test_add_func("/host/find-no-process", test_find_no_process);
    g_test_add_func("/host/find-strays", test_find_strays);
    g_test_add_func("/host/find-groups", test_find_groups);
    g_test_add_func("/host/find-groups-nowhere", test_find_groups_nowhere);
    g_test_add_func("/host/find-groups-deep", test_find_groups_deep);

    return g_test_run();
}
