/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time that was had: units, and which file it is taken from. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
    char *dir;
    gboolean unified;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "g", BIT(CPUACCT), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    self->unified = g_str_equal(like, "unified");
    self->dir = g_strdup(self->unified                   ? "/sys/fs/cgroup/g"
                         : g_str_equal(like, "together") ? "/sys/fs/cgroup/cpu,cpuacct/g"
                                                         : "/sys/fs/cgroup/cpuacct/g");
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_free(self->dir);
    g_object_unref(self->group);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

static void
put(Fixture *self, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(self->dir, file, NULL);

    fake_cgroup_put(self->fake, name, text);
}

/* As on a kernel that does not have it. */
static void
drop(Fixture *self, const char *file)
{
    g_autofree char *name =
        g_build_filename(fake_cgroup_get_root(self->fake), self->dir, file, NULL);

    g_assert_cmpint(g_unlink(name), ==, 0);
}

static void
assert_time(Fixture *self, guint64 total_ns, guint64 user_ns, guint64 system_ns)
{
    CorralCpuTime time = {UNTOUCHED, UNTOUCHED, UNTOUCHED};
    g_autoptr(CorralCpuTime) copy = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_cpu_time(self->group, &time, &error));
    g_assert_no_error(error);
    copy = corral_cpu_time_copy(&time);
    g_assert_cmpuint(copy->total_ns, ==, total_ns);
    g_assert_cmpuint(copy->user_ns, ==, user_ns);
    g_assert_cmpuint(copy->system_ns, ==, system_ns);
}

static void
assert_time_fails(Fixture *self, CorralError code, const char *file)
{
    CorralCpuTime time = {UNTOUCHED, UNTOUCHED, UNTOUCHED};
    g_autoptr(GError) error = NULL;

    g_assert_false(corral_group_get_cpu_time(self->group, &time, &error));
    g_assert_error(error, CORRAL_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, file));
    g_assert_cmpuint(time.total_ns, ==, UNTOUCHED);
    g_assert_cmpuint(time.user_ns, ==, UNTOUCHED);
}

static void
test_time(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    assert_time(self, 0, 0, 0);
    if (self->unified) {
        put(self, "cpu.stat", "usage_usec 7000\nuser_usec 4000\nsystem_usec 3000\nnr_periods 0\n");
    } else {
        put(self, "cpuacct.usage", "7000000\n");
        put(self, "cpuacct.usage_user", "4000000\n");
        put(self, "cpuacct.usage_sys", "3000000\n");
    }
    assert_time(self, 7000000, 4000000, 3000000);
}

static void
test_edges(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    put(self, "cpu.stat", "usage_usec 18446744073709551\nuser_usec 18446744073709552\n");
    assert_time(self, G_GUINT64_CONSTANT(18446744073709551000), CORRAL_UNKNOWN, CORRAL_UNKNOWN);
    put(self, "cpu.stat", "");
    assert_time(self, CORRAL_UNKNOWN, CORRAL_UNKNOWN, CORRAL_UNKNOWN);
    put(self, "cpu.stat", "usage_usec -1\n");
    assert_time_fails(self, CORRAL_ERROR_FAILED, "/g/cpu.stat'");
}

/* Linux before 4.7. */
static void
test_ticks(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    guint64 tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);

    put(self, "cpuacct.usage", "4000000123\n");
    put(self, "cpuacct.stat", "user 301\nsystem 7\n");
    drop(self, "cpuacct.usage_user");
    assert_time(self, 4000000123, 301 * tick_ns, 7 * tick_ns);
    put(self, "cpuacct.stat", "user 301\n");
    assert_time(self, 4000000123, 301 * tick_ns, CORRAL_UNKNOWN);
    put(self, "cpuacct.stat", "user\n");
    assert_time_fails(self, CORRAL_ERROR_FAILED, "/g/cpuacct.stat'");
    drop(self, "cpuacct.stat");
    assert_time_fails(self, CORRAL_ERROR_UNSUPPORTED, "/g/cpuacct.stat'");
}

static void
test_garbage(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    put(self, "cpuacct.usage_sys", "x\n");
    assert_time_fails(self, CORRAL_ERROR_FAILED, "/g/cpuacct.usage_sys'");
    put(self, "cpuacct.usage_sys", "1\n");
    put(self, "cpuacct.usage", "\n");
    assert_time_fails(self, CORRAL_ERROR_FAILED, "/g/cpuacct.usage'");
}

static void
test_per_cpu(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *percpu;
        const char *all;
        const char *times; /* "-": no such CPU; NULL: refused */
    } table[] = {
        {"1 2 3 4 \n", "cpu user system\n0 1 0\n1 1 1\n2 0 3\n3 2 2\n", "1 2 3 4 "},
        {"5 6 \n", "cpu user system\n0 5 0\n2 6 0\n", "5 - 6 "},
        {"5 6 \n", "cpu user system\n2 5 0\n0 6 0\n", "6 - 5 "},
        /* The numbers are of no use, then. */
        {"5 6 \n", "cpu user system\n0 5 0\n", "5 6 "},
        {"5 6 \n", "cpu user system\n0 5 0\nx 6 0\n", "5 6 "},
        {"5 6 \n", "cpu user system\n0 5 0\n99999999 6 0\n", "5 6 "},
        {"18446744073709551615\n", "cpu user system\n0 5 0\n", "- "},
        {"5 x \n", "cpu user system\n0 5 0\n1 6 0\n", NULL},
        {"5 -6 \n", "cpu user system\n0 5 0\n1 6 0\n", NULL},
    };
    gsize i;
    guint k;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GArray) times = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        put(self, "cpuacct.usage_percpu", table[i].percpu);
        put(self, "cpuacct.usage_all", table[i].all);
        times = corral_group_get_cpu_time_per_cpu(self->group, &error);
        if (!table[i].times) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
            g_assert_null(times);
            continue;
        }
        g_assert_no_error(error);
        for (k = 0; k < times->len; k++) {
            guint64 time = g_array_index(times, guint64, k);

            if (time == CORRAL_UNKNOWN)
                g_string_append(text, "- ");
            else
                g_string_append_printf(text, "%" G_GUINT64_FORMAT " ", time);
        }
        g_assert_cmpstr(text->str, ==, table[i].times);
    }
}

static void
test_no_per_cpu(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(corral_group_get_cpu_time_per_cpu(self->group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/g'"));
    g_assert_nonnull(strstr(error->message, "CPUs"));
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    CorralError code;

    fake_cgroup_rmdir(self->fake, self->dir);
    assert_time_fails(self, CORRAL_ERROR_GONE, "/cpu");
    g_assert_null(corral_group_get_cpu_time_per_cpu(self->group, &error));
    code = self->unified ? CORRAL_ERROR_UNSUPPORTED : CORRAL_ERROR_GONE;
    g_assert_error(error, CORRAL_ERROR, (int)code);
}

static void
test_no_controller(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group =
        corral_group_make(self->host, "p", BIT(PIDS), CORRAL_MAKE_NEW, NULL);
    g_autoptr(GError) error = NULL;
    CorralCpuTime time;

    g_assert_false(corral_group_get_cpu_time(group, &time, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
    g_clear_error(&error);
    g_assert_null(corral_group_get_cpu_time_per_cpu(group, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER);
}

#define ADD(path, like, func) g_test_add(path, Fixture, like, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("/cpu-time/time/legacy", "legacy", test_time);
    ADD("/cpu-time/time/together", "together", test_time);
    ADD("/cpu-time/time/unified", "unified", test_time);
    ADD("/cpu-time/edges", "unified", test_edges);
    ADD("/cpu-time/ticks", "legacy", test_ticks);
    ADD("/cpu-time/garbage", "legacy", test_garbage);
    ADD("/cpu-time/per-cpu", "legacy", test_per_cpu);
    ADD("/cpu-time/no-per-cpu", "unified", test_no_per_cpu);
    ADD("/cpu-time/vanished/legacy", "legacy", test_vanished);
    ADD("/cpu-time/vanished/unified", "unified", test_vanished);
    ADD("/cpu-time/no-controller/legacy", "legacy", test_no_controller);

    return g_test_run();
}
