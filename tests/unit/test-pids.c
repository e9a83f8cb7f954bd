/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Number of tasks: ranges, what is written, and what is read. */
#include <config.h>

#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* Stays in a result that must not be written. */
#define UNTOUCHED 4711

typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *group;
    const char *dir;
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "g", BIT(PIDS), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    self->dir = g_str_equal(like, "unified") ? "/sys/fs/cgroup/g" : "/sys/fs/cgroup/pids/g";
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
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

static void
test_limit(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        guint64 limit;
        const char *text; /* NULL: out of range */
    } table[] = {
        {0, "0"},
        {1, "1"},
        {4194304, "4194304"},
        {4194305, NULL},
        {G_MAXINT64, NULL},
        {G_MAXUINT64 - 1, NULL},
        {CORRAL_PIDS_UNLIMITED, "max"},
    };
    g_autofree char *name = g_build_filename(self->dir, "pids.max", NULL);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        g_autofree char *log = NULL;
        guint64 limit = UNTOUCHED;
        gboolean set = corral_group_set_pids_limit(self->group, table[i].limit, &error);

        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_cmpint(set, ==, table[i].text != NULL);
        log = fake_cgroup_take_log(self->fake);
        if (!table[i].text) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
            g_assert_nonnull(strstr(error->message, "[0, 4194304]"));
            g_assert_cmpstr(log, ==, "");
            continue;
        }
        g_assert_no_error(error);
        text = fake_cgroup_read(self->fake, name);
        g_assert_cmpstr(text, ==, table[i].text);
        g_assert_true(corral_group_get_pids_limit(self->group, &limit, NULL));
        g_assert_cmpuint(limit, ==, table[i].limit);
    }
}

typedef gboolean (*Get)(CorralGroup *group, guint64 *value, GError **error);

static const struct {
    Get get;
    const char *file;
    const char *text;
    guint64 value;
    const char *garbage;
} gets[] = {
    {corral_group_get_pids_limit, "pids.max", "17\n", 17, "many\n"},
    {corral_group_get_pids_usage, "pids.current", "18\n", 18, "max\n"},
    {corral_group_get_pids_peak, "pids.peak", "19\n", 19, "\n"},
    {corral_group_get_pids_failures, "pids.events", "max 20\n", 20, "max\n"},
};

static void
test_get(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(gets); i++) {
        g_autofree char *name = g_build_filename(self->dir, gets[i].file, NULL);
        guint64 value = UNTOUCHED;
        g_autoptr(GError) error = NULL;

        put(self, gets[i].file, gets[i].text);
        g_assert_true(gets[i].get(self->group, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(value, ==, gets[i].value);

        value = UNTOUCHED;
        put(self, gets[i].file, gets[i].garbage);
        g_assert_false(gets[i].get(self->group, &value, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, name));
        g_assert_cmpuint(value, ==, UNTOUCHED);
    }
}

static void
assert_all_fail(CorralGroup *group, CorralError code)
{
    g_autoptr(GError) error = NULL;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(gets); i++) {
        g_autoptr(GError) failure = NULL;
        guint64 value = UNTOUCHED;

        g_assert_false(gets[i].get(group, &value, &failure));
        g_assert_error(failure, CORRAL_ERROR, (int)code);
        g_assert_cmpuint(value, ==, UNTOUCHED);
    }
    g_assert_false(corral_group_set_pids_limit(group, 1, &error));
    g_assert_error(error, CORRAL_ERROR, (int)code);
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    fake_cgroup_rmdir(self->fake, self->dir);
    assert_all_fail(self->group, CORRAL_ERROR_GONE);
}

static void
test_no_controller(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group =
        corral_group_make(self->host, "m", BIT(CPUACCT), CORRAL_MAKE_NEW, NULL);

    assert_all_fail(group, CORRAL_ERROR_NO_CONTROLLER);
}

static void
test_root(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) root = corral_group_open(self->host, "", BIT(PIDS), NULL);

    assert_all_fail(root, CORRAL_ERROR_UNSUPPORTED);
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(host, "g", BIT(PIDS), NULL);
    g_autoptr(GError) error = NULL;
    guint64 limit;

    g_assert_false(corral_group_set_pids_limit(group, 1, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    g_assert_true(corral_group_get_pids_limit(group, &limit, NULL));
    g_assert_cmpuint(limit, ==, CORRAL_PIDS_UNLIMITED);
}

#define ADD(path, like, func) g_test_add(path, Fixture, like, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("/pids/limit/legacy", "legacy", test_limit);
    ADD("/pids/limit/unified", "unified", test_limit);
    ADD("/pids/get/legacy", "legacy", test_get);
    ADD("/pids/get/unified", "unified", test_get);
    ADD("/pids/vanished/legacy", "legacy", test_vanished);
    ADD("/pids/vanished/unified", "unified", test_vanished);
    ADD("/pids/no-controller/legacy", "legacy", test_no_controller);
    ADD("/pids/root", "unified", test_root);
    ADD("/pids/read-only/legacy", "legacy", test_read_only);
    ADD("/pids/read-only/unified", "unified", test_read_only);

    return g_test_run();
}
