/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups that are units: what systemd is told, and what happens when it has its own mind. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "cg-host.h"
#include "cg-manager.h"
#include "corral.h"
#include "fake-cgroup.h"
#include "fake-systemd.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define INVALID "org.freedesktop.DBus.Error.InvalidArgs"
#define SCOPE_PATH "machine.slice/g.scope"

typedef struct {
    FakeCgroup *fake;
    FakeSystemd *systemd;
    CorralHost *host;
    CorralGroup *group;
    gboolean unified;
} Fixture;

/* The directory of @path for @controller, in the fake machine. */
static char *
dir_of(Fixture *self, const char *path, const char *controller)
{
    return self->unified ? g_strconcat("/sys/fs/cgroup/", path, NULL)
                         : g_strconcat("/sys/fs/cgroup/", controller, "/", path, NULL);
}

/* As systemd would: with every controller in it. */
static void
make_unit(Fixture *self, const char *path)
{
    static const char *const controllers[] = {"cpu", "memory", NULL};
    gsize i;

    if (self->unified) {
        g_autofree char *dir = dir_of(self, path, NULL);
        g_autofree char *above = g_path_get_dirname(dir);
        g_autofree char *control = g_build_filename(above, "cgroup.subtree_control", NULL);
        g_autofree char *slice = g_build_filename("/sys/fs/cgroup", "cgroup.subtree_control", NULL);

        fake_cgroup_put(self->fake, slice, "cpu cpuset io memory pids\n");
        if (!fake_cgroup_exists(self->fake, above))
            fake_cgroup_mkdir(self->fake, above);
        fake_cgroup_put(self->fake, control, "cpu cpuset io memory pids\n");
        fake_cgroup_mkdir(self->fake, dir);
        return;
    }

    for (i = 0; controllers[i]; i++) {
        g_autofree char *dir = dir_of(self, path, controllers[i]);
        g_autofree char *above = g_path_get_dirname(dir);

        if (!fake_cgroup_exists(self->fake, above))
            fake_cgroup_mkdir(self->fake, above);
        fake_cgroup_mkdir(self->fake, dir);
    }
}

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autofree char *why = NULL;
    g_autoptr(GError) error = NULL;

    self->unified = g_str_equal(like, "unified");
    self->fake = fake_cgroup_new(like);
    self->systemd = fake_systemd_new(fake_cgroup_get_root(self->fake), &why);
    if (!self->systemd) {
        g_test_skip(why);
        return;
    }
    fake_systemd_know(self->systemd, "g.scope", "active");
    make_unit(self, SCOPE_PATH);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    g_assert_true(corral_host_is_managed(self->host));
    cg_manager_set_patience(cg_host_get_manager(self->host), 5000);
    self->group = corral_group_open(self->host, SCOPE_PATH, BIT(CPU) | BIT(MEMORY), &error);
    g_assert_no_error(error);
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_clear_object(&self->group);
    g_clear_object(&self->host);
    g_clear_pointer(&self->systemd, fake_systemd_free);
    fake_cgroup_free(self->fake);
}

static void
assert_told(Fixture *self, const char *legacy, const char *unified)
{
    g_autofree char *log = fake_systemd_take_log(self->systemd);

    g_assert_cmpstr(log, ==, self->unified ? unified : legacy);
}

static void
assert_shares(Fixture *self, guint64 wanted)
{
    g_autoptr(GError) error = NULL;
    guint64 shares;

    g_assert_true(corral_group_get_cpu_shares(self->group, &shares, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(shares, ==, wanted);
}

static void
test_set(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    g_assert_true(corral_group_set_cpu_shares(self->group, 20000, &error));
    g_assert_no_error(error);
    assert_told(self, "set g.scope CPUShares=20000\n", "set g.scope CPUWeight=1953\n");
    assert_shares(self, 20000);

    g_assert_true(corral_group_set_cpu_ceiling(self->group, 50000, 100000, &error));
    g_assert_no_error(error);
    assert_told(self, "set g.scope CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000\n",
                "set g.scope CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000\n");

    g_assert_true(corral_group_set_memory_limit(self->group, 1 << 20, &error));
    g_assert_no_error(error);
    assert_told(self, "set g.scope MemoryLimit=1048576\n", "set g.scope MemoryMax=1048576\n");
}

/* What systemd has no word for, and what is below a unit, is the kernel's alone. */
static void
test_file_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) child = NULL;
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    g_assert_true(corral_group_set_cpu_burst(self->group, 0, &error));
    g_assert_no_error(error);
    child = corral_group_make_threaded(self->group, "vcpu0", &error);
    g_assert_no_error(error);
    g_assert_true(corral_group_set_cpu_weight(child, 50, &error));
    g_assert_no_error(error);
    assert_told(self, "", "");
}

/* A ceiling that systemd would forget on disk: it comes near, and the file has the rest. */
static void
test_inexact(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    gint64 quota_us;
    guint64 period_us;

    if (!self->systemd || !self->unified)
        return;
    g_assert_true(corral_group_set_cpu_ceiling(self->group, 2000, 1000000, &error));
    g_assert_no_error(error);
    assert_told(self, NULL, "set g.scope CPUQuotaPeriodUSec=1000000 CPUQuotaPerSecUSec=10000\n");
    g_assert_true(corral_group_get_cpu_ceiling(self->group, &quota_us, &period_us, &error));
    g_assert_cmpint(quota_us, ==, 2000);
    g_free(fake_cgroup_take_log(self->fake));
}

/* What systemd writes along with what it is told. */
static void
spoil(const char *what G_GNUC_UNUSED, const char *unit G_GNUC_UNUSED, gpointer user_data)
{
    fake_cgroup_put(user_data, "/sys/fs/cgroup/" SCOPE_PATH "/memory.oom.group", "0\n");
    fake_cgroup_put(user_data, "/sys/fs/cgroup/" SCOPE_PATH "/cpu.max", "10000 1000000\n");
}

static void
test_spoiled(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    gint64 quota_us;
    guint64 period_us;
    gboolean whole;

    if (!self->systemd || !self->unified)
        return;
    g_assert_true(corral_group_set_oom_group(self->group, TRUE, &error));
    g_assert_true(corral_group_set_cpu_ceiling(self->group, 2000, 1000000, &error));
    g_assert_no_error(error);
    fake_systemd_listen(self->systemd, spoil, self->fake);
    g_assert_true(corral_group_set_memory_limit(self->group, 1 << 20, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_get_oom_group(self->group, &whole, &error));
    g_assert_true(whole);
    g_assert_true(corral_group_get_cpu_ceiling(self->group, &quota_us, &period_us, &error));
    g_assert_cmpint(quota_us, ==, 2000);
}

static void
test_refused(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *name;
        int code;
    } table[] = {
        {INVALID, CORRAL_ERROR_REFUSED},
        {"org.freedesktop.DBus.Error.PropertyReadOnly", CORRAL_ERROR_UNSUPPORTED},
        {"org.freedesktop.DBus.Error.AccessDenied", CORRAL_ERROR_PERMISSION},
        {"org.freedesktop.DBus.Error.Failed", CORRAL_ERROR_FAILED},
    };
    gsize i;

    for (i = 0; self->systemd && i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        fake_systemd_refuse(self->systemd, table[i].name, "Value is odd");
        g_assert_false(corral_group_set_cpu_shares(self->group, 2048, &error));
        g_assert_error(error, CORRAL_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, "g.scope"));
        g_assert_nonnull(strstr(error->message, self->unified ? "CPUWeight" : "CPUShares"));
        g_assert_nonnull(strstr(error->message, "Value is odd"));
        assert_shares(self, 1024);
    }
}

/* One call for all; and nothing of it if systemd refuses any. */
static void
test_transaction(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();
    g_autoptr(GError) error = NULL;
    guint64 bytes;

    if (!self->systemd)
        return;
    corral_transaction_set(transaction, self->group, CORRAL_SETTING_CPU_SHARES, 2048);
    corral_transaction_set(transaction, self->group, CORRAL_SETTING_MEMORY_LIMIT, 1 << 20);
    corral_transaction_set_cpu_ceiling(transaction, self->group, 50000, 100000);

    fake_systemd_refuse(self->systemd, INVALID, "MemoryMax is odd");
    g_assert_false(corral_transaction_commit(transaction, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_clear_error(&error);
    assert_shares(self, 1024);
    g_assert_true(corral_group_get_memory_limit(self->group, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, CORRAL_MEMORY_UNLIMITED);
    g_free(fake_systemd_take_log(self->systemd));

    g_assert_true(corral_transaction_commit(transaction, &error));
    g_assert_no_error(error);
    assert_told(self,
                "set g.scope CPUShares=2048 MemoryLimit=1048576 "
                "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000\n",
                "set g.scope CPUWeight=200 MemoryMax=1048576 "
                "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000\n");
    assert_shares(self, 2048);
}

/* The kernel refuses before systemd hears of it. */
static void
test_kernel_refuses(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, EINVAL);
    g_assert_false(corral_group_set_cpu_shares(self->group, 2048, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    assert_told(self, "", "");
}

static void
test_vanished(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *dir = self->systemd ? dir_of(self, SCOPE_PATH, "cpu") : NULL;
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    /* systemd has never heard of it, but it is there. */
    fake_systemd_forget(self->systemd, "g.scope");
    g_assert_true(corral_group_set_cpu_shares(self->group, 2048, &error));
    g_assert_no_error(error);
    assert_shares(self, 2048);
    g_free(fake_systemd_take_log(self->systemd));

    fake_cgroup_rmdir(self->fake, dir);
    g_assert_false(corral_group_set_cpu_shares(self->group, 1024, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    assert_told(self, "", "");
}

/* systemd executes itself anew while it is asked; then the bus goes, and comes back. */
static void
test_restarts(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    g_assert_true(corral_group_set_cpu_shares(self->group, 2048, &error));
    assert_told(self, "set g.scope CPUShares=2048\n", "set g.scope CPUWeight=200\n");
    fake_systemd_restart_at_next(self->systemd);
    g_assert_true(corral_group_set_cpu_shares(self->group, 4096, &error));
    g_assert_no_error(error);
    assert_told(self, "set g.scope CPUShares=4096\n", "set g.scope CPUWeight=400\n");

    fake_systemd_end_bus(self->systemd);
    cg_manager_set_patience(cg_host_get_manager(self->host), 100);
    g_assert_true(corral_group_set_cpu_shares(self->group, 1024, &error));
    g_assert_no_error(error);
    assert_shares(self, 1024);
    fake_systemd_begin_bus(self->systemd);
    cg_manager_set_patience(cg_host_get_manager(self->host), 5000);
    g_assert_true(corral_group_set_cpu_shares(self->group, 2048, &error));
    g_assert_no_error(error);
    assert_told(self, "set g.scope CPUShares=2048\n", "set g.scope CPUWeight=200\n");
}

/* One that does not answer is waited for once, and less after that. */
static void
test_hangs(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    gint64 begun;

    if (!self->systemd)
        return;
    fake_systemd_hang(self->systemd, TRUE);
    cg_manager_set_patience(cg_host_get_manager(self->host), 1000);
    begun = g_get_monotonic_time();
    g_assert_true(corral_group_set_cpu_shares(self->group, 2048, &error));
    g_assert_no_error(error);
    g_assert_cmpint(g_get_monotonic_time() - begun, >=, 1000 * 1000);
    begun = g_get_monotonic_time();
    g_assert_true(corral_group_set_cpu_shares(self->group, 4096, &error));
    g_assert_no_error(error);
    g_assert_cmpint(g_get_monotonic_time() - begun, <, 1000 * 1000);
    assert_shares(self, 4096);
    assert_told(self, "ignored SetUnitProperties\nignored SetUnitProperties\n",
                "ignored SetUnitProperties\nignored SetUnitProperties\n");
}

/* ---- groups, and who makes them ---- */

static void
test_make_refused(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const char *const table[] = {
        "foo",
        "foo/bar",
        "machine.slice/foo",
        "machine.slice/other.scope",
        "machine.slice/other.scope/vm",
        "other.service",
    };
    g_autofree char *before = self->systemd ? fake_cgroup_list(self->fake) : NULL;
    g_autofree char *after = NULL;
    gsize i;

    if (!self->systemd)
        return;
    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(corral_group_make(self->host, table[i], BIT(CPU) | BIT(MEMORY) | BIT(FREEZER),
                                        CORRAL_MAKE_NONE, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        g_assert_nonnull(strstr(error->message, "corral_scope_start"));
    }
    after = fake_cgroup_list(self->fake);
    g_assert_cmpstr(after, ==, before);
    assert_told(self, "", "");
}

/* Unless it is for nobody: then it goes as it came, and systemd hears nothing of it. */
static void
test_make_aside(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autofree char *before = self->systemd ? fake_cgroup_list(self->fake) : NULL;
    g_autofree char *after = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(GError) error = NULL;

    if (!self->systemd || !(corral_host_get_controllers(self->host) & BIT(CORE)))
        return;

    group = corral_group_make(self->host, "foo.partition/bar", BIT(CORE),
                              CORRAL_MAKE_ON_DEMAND | CORRAL_MAKE_ASIDE, &error);
    g_assert_no_error(error);
    after = fake_cgroup_list(self->fake);
    g_assert_nonnull(strstr(after, "foo.partition/bar"));
    g_clear_pointer(&after, g_free);

    g_assert_true(corral_group_remove(group, 0, &error));
    g_assert_no_error(error);
    after = fake_cgroup_list(self->fake);
    g_assert_cmpstr(after, ==, before);
    assert_told(self, "", "");
}

/* Below a unit all is ours; above it nothing is handed down by us. */
static void
test_make_below(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) scope = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    scope =
        corral_group_make(self->host, SCOPE_PATH, BIT(CPU) | BIT(MEMORY), CORRAL_MAKE_NONE, &error);
    g_assert_no_error(error);
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");

    group = corral_group_make(self->host, SCOPE_PATH "/vm/x", BIT(CPU) | BIT(MEMORY),
                              CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    g_free(log);
    log = fake_cgroup_take_log(self->fake);
    g_assert_null(strstr(log, "cgroup/cgroup.subtree_control"));
    g_assert_null(strstr(log, "machine.slice/cgroup.subtree_control"));
    g_assert_true(corral_group_remove(group, 0, &error));
    g_assert_no_error(error);
    assert_told(self, "", "");
}

/* As systemd: where a controller is wanted there is a group. */
static void
on_unit(const char *what, const char *unit, gpointer user_data)
{
    Fixture *self = user_data;
    g_autofree char *path = corral_unit_build_path(unit, NULL, NULL);
    g_autofree char *dir = dir_of(self, path, "cpu");

    if (g_str_equal(what, "start") && self->unified) {
        fake_cgroup_put(self->fake, "/sys/fs/cgroup/cgroup.subtree_control", "pids\n");
        fake_cgroup_mkdir(self->fake, dir);
    } else if (g_str_equal(what, "set")) {
        if (self->unified) {
            g_autofree char *listed = g_build_filename(dir, "cgroup.controllers", NULL);
            g_autofree char *weight = g_build_filename(dir, "cpu.weight", NULL);

            fake_cgroup_put(self->fake, listed, "cpu memory pids\n");
            fake_cgroup_put(self->fake, weight, "100\n");
        } else if (!fake_cgroup_exists(self->fake, dir)) {
            fake_cgroup_mkdir(self->fake, dir);
        }
    } else if (g_str_equal(what, "stop")) {
        fake_cgroup_rmdir(self->fake, dir);
    }
}

static void
test_make_slice(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) slice = NULL;
    g_autoptr(CorralGroup) again = NULL;
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = dir_of(self, "production.slice", "cpu");

    if (!self->systemd)
        return;
    fake_systemd_listen(self->systemd, on_unit, self);
    slice = corral_group_make(self->host, "production.slice", BIT(CPU), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    assert_told(self,
                "start production.slice\n"
                "set production.slice CPUAccounting=true\n",
                "start production.slice\n"
                "set production.slice CPUWeight=100\n");
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");

    g_assert_true(corral_group_set_cpu_shares(slice, 2048, &error));
    g_assert_no_error(error);
    assert_told(self, "set production.slice CPUShares=2048\n",
                "set production.slice CPUWeight=200\n");

    again = corral_group_make(self->host, "production.slice", BIT(CPU), CORRAL_MAKE_NEW, &error);
    g_assert_null(again);
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_EXISTS);
    g_clear_error(&error);
    again = corral_group_make(self->host, "production.slice", BIT(CPU), CORRAL_MAKE_NONE, &error);
    g_assert_no_error(error);
    assert_told(self, "", "");

    g_assert_true(corral_group_remove(slice, 0, &error));
    g_assert_no_error(error);
    assert_told(self, "stop production.slice\n", "stop production.slice\n");
    g_assert_false(fake_cgroup_exists(self->fake, dir));
}

/* It would take the guests along. */
static void
test_remove_slice(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) slice = NULL;
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;
    slice = corral_group_open(self->host, "machine.slice", BIT(CPU), &error);
    g_assert_no_error(error);
    g_assert_false(corral_group_remove(slice, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    assert_told(self, "", "");
}

/* ---- scopes ---- */

static char *
start_scope(Fixture *self, const char *name, GError **error)
{
    const guint pids[] = {4711};

    return corral_scope_start(self->host, name, "production-web.slice", pids, 1, "guest x", NULL,
                              5000, error);
}

#define SCOPE_CALL(name)                                                                           \
    "scope " name " Description='guest x' Slice='production-web.slice' Delegate=true "             \
    "CollectMode='inactive-or-failed' PIDs=[4711]\n"

static void
assert_started(Fixture *self, const char *log)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = start_scope(self, "x.scope", &error);

    g_assert_no_error(error);
    g_assert_cmpstr(path, ==, "production.slice/production-web.slice/x.scope");
    assert_told(self, log, log);
}

static void
test_scope(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    const guint pids[] = {4711};

    if (!self->systemd)
        return;
    assert_started(self, SCOPE_CALL("x.scope"));

    /* Ours already, as when we died right after. */
    fake_systemd_populate(self->systemd, "x.scope", 4711);
    assert_started(self, SCOPE_CALL("x.scope"));

    /* Somebody else's. */
    fake_systemd_populate(self->systemd, "x.scope", 4712);
    g_assert_null(start_scope(self, "x.scope", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_clear_error(&error);
    g_free(fake_systemd_take_log(self->systemd));

    /* Nobody's, and what has failed. */
    fake_systemd_populate(self->systemd, "x.scope", 0);
    assert_started(self, SCOPE_CALL("x.scope") "stop x.scope\n" SCOPE_CALL("x.scope"));
    fake_systemd_know(self->systemd, "x.scope", "failed");
    assert_started(self, SCOPE_CALL("x.scope") "reset x.scope\n" SCOPE_CALL("x.scope"));

    g_assert_true(corral_scope_stop(self->host, "x.scope", 5000, &error));
    g_assert_no_error(error);
    g_assert_true(corral_scope_stop(self->host, "x.scope", 5000, &error));
    g_assert_no_error(error);
    g_assert_true(corral_scope_clear(self->host, "x.scope", 5000, &error));
    g_assert_no_error(error);
    assert_told(self, "stop x.scope\n", "stop x.scope\n");

    g_assert_null(start_scope(self, "x.service", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    g_assert_null(
        corral_scope_start(self->host, "x.scope", "x", pids, 1, NULL, NULL, 5000, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME);
    g_clear_error(&error);
    g_assert_null(
        corral_scope_start(self->host, "x.scope", "x.slice", NULL, 0, NULL, NULL, 5000, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    g_clear_error(&error);
    g_assert_null(corral_scope_start(self->host, "x.scope", "x.slice", pids, 1, NULL,
                                     g_variant_new_string("x"), 5000, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
    assert_told(self, "", "");
}

/* Without systemd there are none. */
static void
test_no_systemd(void)
{
    g_autoptr(FakeCgroup) fake = fake_cgroup_new("unified");
    g_autoptr(CorralHost) host = fake_cgroup_open_host(fake, CORRAL_HOST_NONE);
    g_autoptr(GError) error = NULL;
    const guint pids[] = {4711};

    g_assert_null(corral_scope_start(host, "x.scope", "x.slice", pids, 1, NULL, NULL, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(corral_scope_clear(host, "x.scope", 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
}

/* ---- what others have changed ---- */

static void
put_value(Fixture *self, const char *file, const char *text)
{
    g_autofree char *dir = dir_of(self, SCOPE_PATH, "cpu");
    g_autofree char *name = g_build_filename(dir, file, NULL);

    fake_cgroup_put(self->fake, name, text);
}

static void
assert_reviewed(Fixture *self, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) changes = corral_group_review(self->group, &error);
    g_autofree char *list = NULL;

    g_assert_no_error(error);
    list = g_strjoinv(", ", changes);
    g_assert_cmpstr(list, ==, wanted);
}

static void
test_review(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();
    g_autoptr(GError) error = NULL;

    if (!self->systemd)
        return;

    /* What was there when we came is nobody's change; nor is what we set. */
    assert_reviewed(self, "");
    g_assert_true(corral_group_set_cpu_shares(self->group, 20000, &error));
    g_assert_no_error(error);
    corral_transaction_set(transaction, self->group, CORRAL_SETTING_MEMORY_LIMIT, 1 << 20);
    corral_transaction_set_cpu_ceiling(transaction, self->group, 12345, 100000);
    g_assert_true(corral_transaction_commit(transaction, &error));
    g_assert_no_error(error);
    assert_reviewed(self, "");
    /* Elsewhere systemd does not write exactly what we do. */
    if (!self->unified)
        return;

    put_value(self, "cpu.weight", "500\n");
    put_value(self, "memory.max", "max\n");
    assert_reviewed(self, "cpu.weight is \"500\", not \"1953\", "
                          "memory.max is \"max\", not \"1048576\"");
    assert_reviewed(self, "");
    assert_shares(self, 5120);

    /* What a reload makes of a ceiling, and what somebody means. */
    put_value(self, "cpu.max", "12000 100000\n");
    assert_reviewed(self, "");
    {
        g_autofree char *now =
            fake_cgroup_read(self->fake, "/sys/fs/cgroup/" SCOPE_PATH "/cpu.max");

        g_assert_cmpstr(g_strchomp(now), ==, "12345 100000");
    }
    put_value(self, "cpu.max", "11000 100000\n");
    assert_reviewed(self, "cpu.max is \"11000 100000\", not \"12345 100000\"");
    put_value(self, "cpu.max", "max 100000\n");
    assert_reviewed(self, "cpu.max is \"max 100000\", not \"11000 100000\"");

    /* A call that fails has set nothing. */
    fake_systemd_refuse(self->systemd, INVALID, "no");
    g_assert_false(corral_group_set_cpu_shares(self->group, 1024, &error));
    g_clear_error(&error);
    assert_reviewed(self, "");
}

/* Through a host that was opened for that, systemd is not told of anything, and it was us all the
 * same. */
static void
test_untold(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralHost) host = NULL;
    g_autoptr(CorralGroup) group = NULL;
    guint64 bytes;

    if (!self->systemd)
        return;
    host = fake_cgroup_open_host(self->fake, CORRAL_HOST_FILES_ONLY);
    group = corral_group_open(host, SCOPE_PATH, BIT(CPU) | BIT(MEMORY), &error);
    g_assert_no_error(error);

    assert_reviewed(self, "");
    g_assert_true(corral_group_set_memory_limit(group, 1 << 20, &error));
    g_assert_no_error(error);
    assert_told(self, "", "");
    g_assert_true(corral_group_get_memory_limit(self->group, &bytes, &error));
    g_assert_cmpuint(bytes, ==, 1 << 20);
    assert_reviewed(self, "");
}

#define ADD(name, func)                                                                            \
    do {                                                                                           \
        g_test_add("/systemd/" name "/legacy", Fixture, "legacy", set_up, func, tear_down);        \
        g_test_add("/systemd/" name "/unified", Fixture, "unified", set_up, func, tear_down);      \
    } while (0)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("set", test_set);
    ADD("file-only", test_file_only);
    ADD("inexact", test_inexact);
    ADD("spoiled", test_spoiled);
    ADD("refused", test_refused);
    ADD("transaction", test_transaction);
    ADD("kernel-refuses", test_kernel_refuses);
    ADD("vanished", test_vanished);
    ADD("restarts", test_restarts);
    ADD("hangs", test_hangs);
    ADD("make-refused", test_make_refused);
    ADD("make-aside", test_make_aside);
    ADD("make-below", test_make_below);
    ADD("make-slice", test_make_slice);
    ADD("remove-slice", test_remove_slice);
    ADD("scope", test_scope);
    ADD("review", test_review);
    ADD("untold", test_untold);
    g_test_add_func("/systemd/none", test_no_systemd);
    return g_test_run();
}
