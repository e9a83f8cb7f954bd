/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several settings at once: checked first, in a safe order, all or none. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "corral.h"
#include "fake-cgroup.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

typedef struct {
    gboolean unified;
    FakeCgroup *fake;
    CorralHost *host;
    CorralGroup *outer; /* shares 1024, limit 1 GiB, ceiling 2 CPUs */
    CorralGroup *inner; /* shares 512, limit 512 MiB, ceiling 1 CPU */
    CorralTransaction *transaction;
} Fixture;

static void
prepare(CorralGroup *group, guint64 shares, guint64 limit, gint64 quota_us)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_set_cpu_shares(group, shares, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_set_memory_limit(group, limit, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_set_cpu_ceiling(group, quota_us, 100000, &error));
    g_assert_no_error(error);
}

static CorralGroup *
make(Fixture *self, const char *path)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group =
        corral_group_make(self->host, path, BIT(CPU) | BIT(MEMORY), CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static void
set_up(Fixture *self, gconstpointer like)
{
    self->unified = g_str_equal(like, "unified");
    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->outer = make(self, "outer");
    self->inner = make(self, "outer/inner");
    prepare(self->outer, 1024, 1 << 30, 200000);
    prepare(self->inner, 512, 512 << 20, 100000);
    self->transaction = corral_transaction_new();
    g_free(fake_cgroup_take_log(self->fake));
}

static void
tear_down(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_object_unref(self->transaction);
    g_object_unref(self->inner);
    g_object_unref(self->outer);
    g_object_unref(self->host);
    fake_cgroup_free(self->fake);
}

/* "outer cpu.weight 200": what was written, without the way there and without labels. */
static char *
take_writes(Fixture *self)
{
    g_autofree char *log = fake_cgroup_take_log(self->fake);
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    GString *writes = g_string_new(NULL);
    gsize i;

    for (i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 3);
        g_autofree char *file = NULL;
        g_autofree char *dir = NULL;
        g_autofree char *group = NULL;

        if (!g_str_has_prefix(lines[i], "write "))
            continue;
        file = g_path_get_basename(words[1]);
        dir = g_path_get_dirname(words[1]);
        group = g_path_get_basename(dir);
        g_string_append_printf(writes, "%s %s %s\n", group, file, words[2]);
    }

    return g_string_free(writes, FALSE);
}

static void
assert_writes(Fixture *self, const char *legacy, const char *unified)
{
    g_autofree char *writes = take_writes(self);

    g_assert_cmpstr(writes, ==, self->unified ? unified : legacy);
}

static void
commit(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    gboolean done = corral_transaction_commit(self->transaction, &error);

    g_assert_no_error(error);
    g_assert_true(done);
}

static void
assert_fails(Fixture *self, gint code, const char *culprit)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(corral_transaction_commit(self->transaction, &error));
    g_assert_error(error, CORRAL_ERROR, code);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, culprit));
}

static void
set(Fixture *self, CorralGroup *group, CorralSetting setting, guint64 value)
{
    corral_transaction_set(self->transaction, group, setting, value);
}

/* ---- order ---- */

static void
test_empty(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    commit(self);
    assert_writes(self, "", "");
}

static void
test_raises_before_cuts(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 512);
    set(self, self->inner, CORRAL_SETTING_MEMORY_LIMIT, 256 << 20);
    set(self, self->outer, CORRAL_SETTING_MEMORY_LIMIT, G_GUINT64_CONSTANT(2) << 30);
    set(self, self->inner, CORRAL_SETTING_CPU_SHARES, 1024);
    commit(self);
    assert_writes(self,
                  "outer memory.limit_in_bytes 2147483648\n"
                  "inner cpu.shares 1024\n"
                  "inner memory.limit_in_bytes 268435456\n"
                  "outer cpu.shares 512\n",
                  "outer memory.max 2147483648\n"
                  "inner cpu.weight 100\n"
                  "inner memory.max 268435456\n"
                  "outer cpu.weight 50\n");
}

/* A child may not have more than its parent: more from the top, less from the bottom. */
static void
test_levels(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 300000, 100000);
    corral_transaction_set_cpu_ceiling(self->transaction, self->outer, 400000, 100000);
    commit(self);
    assert_writes(self, "outer cpu.cfs_quota_us 400000\ninner cpu.cfs_quota_us 300000\n",
                  "outer cpu.max 400000 100000\ninner cpu.max 300000 100000\n");

    corral_transaction_set_cpu_ceiling(self->transaction, self->outer, 50000, 100000);
    corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 50000, 100000);
    commit(self);
    assert_writes(self, "inner cpu.cfs_quota_us 50000\nouter cpu.cfs_quota_us 50000\n",
                  "inner cpu.max 50000 100000\nouter cpu.max 50000 100000\n");
}

static void
test_ceiling_compared(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    /* Three quarters of a CPU are less, however large the number.  (Lifted in
     * between: neither order of quota and period stays between the old and the new.) */
    corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 150000, 200000);
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 2048);
    corral_transaction_set_cpu_ceiling(self->transaction, self->outer, CORRAL_CPU_UNLIMITED,
                                       100000);
    commit(self);
    assert_writes(self,
                  "outer cpu.shares 2048\n"
                  "outer cpu.cfs_quota_us -1\n"
                  "inner cpu.cfs_quota_us -1\n"
                  "inner cpu.cfs_period_us 200000\n"
                  "inner cpu.cfs_quota_us 150000\n",
                  "outer cpu.weight 200\n"
                  "outer cpu.max max 100000\n"
                  "inner cpu.max 150000 200000\n");
}

static void
test_unchanged(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 1024);
    set(self, self->outer, CORRAL_SETTING_MEMORY_LIMIT, 1 << 30);
    corral_transaction_set_cpu_ceiling(self->transaction, self->outer, 200000, 100000);
    commit(self);
    assert_writes(self, "", "");
}

static void
test_last_counts(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 5);
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 0);
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 2048);
    commit(self);
    assert_writes(self, "outer cpu.shares 2048\n", "outer cpu.weight 200\n");

    /* Against what is in force by then. */
    g_assert_true(corral_group_set_cpu_shares(self->outer, 3, NULL));
    g_free(take_writes(self));
    commit(self);
    assert_writes(self, "outer cpu.shares 2048\n", "outer cpu.weight 200\n");
}

/* Neither order of the two alone would do, both ways. */
static void
test_memory_limits(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const guint64 limits[][2] = {
        {G_GUINT64_CONSTANT(4) << 30, G_GUINT64_CONSTANT(8) << 30},
        {256 << 20, 300 << 20},
        {CORRAL_MEMORY_UNLIMITED, CORRAL_MEMORY_UNLIMITED},
    };
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(limits); i++) {
        guint64 limit = 0;
        guint64 total = 0;

        corral_transaction_set_memory_limits(self->transaction, self->outer, limits[i][0],
                                             limits[i][1]);
        commit(self);
        g_assert_true(corral_group_get_memory_limit(self->outer, &limit, NULL));
        g_assert_true(corral_group_get_memory_total_limit(self->outer, &total, NULL));
        g_assert_cmpuint(limit, ==, limits[i][0]);
        g_assert_cmpuint(total, ==, limits[i][1]);
    }

    corral_transaction_set_memory_limits(self->transaction, self->outer, 2 << 20, 1 << 20);
    assert_fails(self, CORRAL_ERROR_RANGE, "group 'outer', memory-limits: ");
}

/* An idle group has less, though the number is greater. */
static void
test_idle_is_less(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    set(self, self->inner, CORRAL_SETTING_CPU_IDLE, 1);
    set(self, self->outer, CORRAL_SETTING_MEMORY_LIMIT, G_GUINT64_CONSTANT(2) << 30);
    commit(self);
    assert_writes(self, "outer memory.limit_in_bytes 2147483648\ninner cpu.idle 1\n",
                  "outer memory.max 2147483648\ninner cpu.idle 1\n");

    set(self, self->inner, CORRAL_SETTING_CPU_IDLE, 2);
    assert_fails(self, CORRAL_ERROR_RANGE, "group 'outer/inner', cpu-idle: ");
}

static void
test_sets(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const guint all[] = {0, 1, 2, 3};
    static const guint some[] = {2, 1};
    g_autoptr(CorralGroup) above =
        corral_group_make(self->host, "above", BIT(CPUSET), CORRAL_MAKE_NEW, NULL);
    g_autoptr(CorralGroup) below =
        corral_group_make(self->host, "above/below", BIT(CPUSET), CORRAL_MAKE_NEW, NULL);

    g_assert_true(corral_group_set_cpus(above, some, 2, NULL));
    g_assert_true(corral_group_set_cpus(below, some, 2, NULL));
    g_free(take_writes(self));

    corral_transaction_set_cpus(self->transaction, below, all, 4);
    corral_transaction_set_cpus(self->transaction, above, all, 4);
    corral_transaction_set_memory_nodes(self->transaction, above, all, 1);
    commit(self);
    g_test_message("raised");
    {
        g_autofree char *writes = take_writes(self);

        g_assert_true(g_str_has_prefix(writes, "above "));
        g_assert_nonnull(strstr(writes, "below cpuset.cpus 0-3\n"));
    }

    corral_transaction_set_cpus(self->transaction, above, some, 2);
    corral_transaction_set_cpus(self->transaction, below, some, 2);
    commit(self);
    assert_writes(self, "below cpuset.cpus 1-2\nabove cpuset.cpus 1-2\n",
                  "below cpuset.cpus 1-2\nabove cpuset.cpus 1-2\n");

    /* In any order, and said once more. */
    corral_transaction_set_cpus(self->transaction, below, some, 2);
    commit(self);
    assert_writes(self, "", "");
}

/* ---- checked first ---- */

static void
test_nothing_written(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) cpu_only =
        corral_group_make(self->host, "cpu-only", BIT(CPU), CORRAL_MAKE_NEW, NULL);

    g_free(take_writes(self));
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 2048);

    set(self, self->inner, CORRAL_SETTING_CPU_WEIGHT, 10001);
    assert_fails(self, CORRAL_ERROR_RANGE, "group 'outer/inner', cpu-weight: ");
    set(self, self->inner, CORRAL_SETTING_CPU_WEIGHT, G_MAXUINT64);
    assert_fails(self, CORRAL_ERROR_RANGE, "group 'outer/inner', cpu-weight: ");
    set(self, self->inner, CORRAL_SETTING_CPU_WEIGHT, 50);

    corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 999, 100000);
    assert_fails(self, CORRAL_ERROR_RANGE, "group 'outer/inner', cpu-ceiling: ");
    corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 100000, 100000);

    set(self, cpu_only, CORRAL_SETTING_MEMORY_LIMIT, 1 << 20);
    assert_fails(self, CORRAL_ERROR_NO_CONTROLLER, "group 'cpu-only', memory-limit: ");
    assert_writes(self, "", "");
}

static void
test_unknown_setting(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 2048);
    set(self, self->outer, CORRAL_N_SETTINGS, 1);
    assert_fails(self, CORRAL_ERROR_RANGE, "there is no setting");
    assert_writes(self, "", "");
}

static void
test_gone(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_assert_true(corral_group_remove(self->inner, 0, NULL));
    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 2048);
    set(self, self->inner, CORRAL_SETTING_CPU_SHARES, 2048);
    assert_fails(self, CORRAL_ERROR_GONE, "outer/inner");
    assert_writes(self, "", "");
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) reader = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(reader, "outer", BIT(CPU), NULL);

    set(self, group, CORRAL_SETTING_CPU_SHARES, 2048);
    assert_fails(self, CORRAL_ERROR_PERMISSION, "group 'outer', cpu-shares: ");
    assert_writes(self, "", "");
}

/* To check is to check: what the kernel has stays, and so do labels. */
static void
test_check_alone(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;

    set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 500);
    set(self, self->inner, CORRAL_SETTING_MEMORY_LIMIT, CORRAL_MEMORY_UNLIMITED);
    corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 25000, 50000);
    g_assert_true(corral_transaction_check(self->transaction, &error));
    g_assert_no_error(error);
    log = fake_cgroup_take_log(self->fake);
    g_assert_cmpstr(log, ==, "");
}

/* ---- all or none ---- */

static void
assert_as_before(Fixture *self)
{
    static const guint64 numbers[2][2] = {{1024, 1 << 30}, {512, 512 << 20}};
    static const gint64 quotas[2] = {200000, 100000};
    CorralGroup *groups[2] = {self->outer, self->inner};
    gsize i;

    for (i = 0; i < 2; i++) {
        guint64 value = 0;
        gint64 quota_us = 0;
        guint64 period_us = 0;

        g_assert_true(corral_group_get_cpu_shares(groups[i], &value, NULL));
        g_assert_cmpuint(value, ==, numbers[i][0]);
        g_assert_true(corral_group_get_memory_limit(groups[i], &value, NULL));
        g_assert_cmpuint(value, ==, numbers[i][1]);
        g_assert_true(corral_group_get_cpu_ceiling(groups[i], &quota_us, &period_us, NULL));
        g_assert_cmpint(quota_us, ==, quotas[i]);
        g_assert_cmpuint(period_us, ==, 100000);
    }
}

/* Each write in turn is the one that the kernel refuses. */
static void
test_rolled_back(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    guint refused;

    for (refused = 0; refused < 5; refused++) {
        set(self, self->outer, CORRAL_SETTING_CPU_SHARES, 2048);
        set(self, self->inner, CORRAL_SETTING_CPU_SHARES, 256);
        set(self, self->outer, CORRAL_SETTING_MEMORY_LIMIT, 600 << 20);
        set(self, self->inner, CORRAL_SETTING_MEMORY_LIMIT, 550 << 20);
        corral_transaction_set_cpu_ceiling(self->transaction, self->inner, 150000, 100000);

        g_test_message("refused: write %u", refused);
        fake_cgroup_fail(self->fake, FAKE_WRITE, refused, EBUSY);
        assert_fails(self, CORRAL_ERROR_BUSY, "group 'outer");
        assert_as_before(self);
    }

    /* And then it is fine. */
    commit(self);
}

/* A weight that came of shares is set back as the shares. */
static void
test_shares_back(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    guint64 shares = 0;

    g_assert_true(corral_group_set_cpu_shares(self->outer, 1000, NULL));
    set(self, self->outer, CORRAL_SETTING_CPU_WEIGHT, 500);
    set(self, self->inner, CORRAL_SETTING_MEMORY_LIMIT, 1 << 20);
    fake_cgroup_fail(self->fake, FAKE_WRITE, 1, EBUSY);
    assert_fails(self, CORRAL_ERROR_BUSY, "group 'outer/inner', memory-limit: ");
    g_assert_true(corral_group_get_cpu_shares(self->outer, &shares, NULL));
    g_assert_cmpuint(shares, ==, 1000);
}

int
main(int argc, char **argv)
{
    static const char *const hosts[] = {"legacy", "unified"};
    static const struct {
        const char *name;
        void (*test)(Fixture *self, gconstpointer like);
    } tests[] = {
        {"empty", test_empty},
        {"raises-before-cuts", test_raises_before_cuts},
        {"levels", test_levels},
        {"ceiling-compared", test_ceiling_compared},
        {"unchanged", test_unchanged},
        {"last-counts", test_last_counts},
        {"memory-limits", test_memory_limits},
        {"idle-is-less", test_idle_is_less},
        {"sets", test_sets},
        {"nothing-written", test_nothing_written},
        {"unknown-setting", test_unknown_setting},
        {"gone", test_gone},
        {"read-only", test_read_only},
        {"check-alone", test_check_alone},
        {"rolled-back", test_rolled_back},
        {"shares-back", test_shares_back},
    };
    gsize h, i;

    g_test_init(&argc, &argv, NULL);

    for (h = 0; h < G_N_ELEMENTS(hosts); h++) {
        for (i = 0; i < G_N_ELEMENTS(tests); i++) {
            g_autofree char *path = g_strdup_printf("/transaction/%s/%s", hosts[h], tests[i].name);

            g_test_add(path, Fixture, hosts[h], set_up, tests[i].test, tear_down);
        }
    }

    return g_test_run();
}
