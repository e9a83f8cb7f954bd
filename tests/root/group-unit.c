/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups that are units, where systemd runs the machine: what is set holds through a
 * daemon-reload and a daemon-reexec, systemd says the same as the kernel, and what an
 * administrator sets is what we read.
 */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "kernel-bed.h"

#define SLICE "corraltest-a.slice"
#define SLICE_PATH "corraltest.slice/corraltest-a.slice"
#define SCOPE "corraltest-g\\x2d1.scope"
#define SCOPE_PATH SLICE_PATH "/" SCOPE

static CorralHost *host;
static BedProcess process;

/* ---- systemctl ---- */

static char *
run(const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *err = NULL;
    char *out = NULL;
    int status;

    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
                               &err, &status, &error));
    if (status != 0)
        g_test_message("%s %s: %s", argv[0], argv[1], err);
    g_assert_cmpint(status, ==, 0);
    return g_strchomp(out);
}

static void
systemctl(const char *verb)
{
    const char *const argv[] = {"systemctl", verb, NULL};
    g_autofree char *out = run(argv);
}

static void
set_property(const char *unit, const char *assignment)
{
    const char *const argv[] = {"systemctl", "set-property", "--runtime", unit, assignment, NULL};
    g_autofree char *out = run(argv);
}

/* systemd does what is due to groups before it answers to the next one. */
static void
assert_shown(const char *unit, const char *property, const char *wanted)
{
    const char *const argv[] = {"systemctl", "show", "--value", "-p", property, unit, NULL};
    g_autofree char *value = run(argv);

    g_test_message("%s", property);
    g_assert_cmpstr(value, ==, wanted);
}

/* ---- the scope ---- */

static gboolean
is_legacy(void)
{
    return g_file_test("/sys/fs/cgroup/memory/memory.limit_in_bytes", G_FILE_TEST_EXISTS) ||
           g_file_test("/sys/fs/cgroup/cpu/cpu.shares", G_FILE_TEST_EXISTS);
}

static CorralGroup *
start(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    CorralGroup *group;
    guint pid;

    process = bed_start("--threads", NULL);
    pid = process.pid;
    path = corral_scope_start(host, SCOPE, SLICE, &pid, 1, "a test", NULL, BED_PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(path, ==, SCOPE_PATH);
    group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, &error);
    g_assert_no_error(error);
    return group;
}

static void
assert_gone(void)
{
    gint64 deadline = g_get_monotonic_time() + BED_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    g_autoptr(CorralGroup) group = NULL;

    do {
        g_clear_object(&group);
        group = corral_group_open(host, SCOPE_PATH, BED_BIT(CPU), NULL);
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    } while (group);
}

static void
end(CorralGroup *group)
{
    g_assert_cmpint(bed_end(&process), ==, 0);
    g_object_unref(group);
    assert_gone();
}

/* ---- what is set ---- */

typedef struct {
    CorralSetting setting;
    guint64 value;
    const char *unified; /* property and value */
    const char *legacy;
} Row;

#define MIB (G_GUINT64_CONSTANT(1) << 20)

static const Row rows[] = {
    {CORRAL_SETTING_CPU_SHARES, 20000, "CPUWeight=1953", "CPUShares=20000"},
    {CORRAL_SETTING_MEMORY_LIMIT, 96 * MIB + 1, "MemoryMax=100663297", "MemoryLimit=100663297"},
    {CORRAL_SETTING_MEMORY_HIGH, 80 * MIB, "MemoryHigh=83886080", NULL},
    {CORRAL_SETTING_MEMORY_LOW, 4 * MIB, "MemoryLow=4194304", NULL},
    {CORRAL_SETTING_MEMORY_MIN, 0, "MemoryMin=0", NULL},
    {CORRAL_SETTING_SWAP_LIMIT, 16 * MIB, "MemorySwapMax=16777216", NULL},
    {CORRAL_SETTING_PIDS_LIMIT, 4321, "TasksMax=4321", "TasksMax=4321"},
    {CORRAL_SETTING_IO_WEIGHT, 300, "IOWeight=300", "BlockIOWeight=300"},
    {CORRAL_SETTING_CPU_BURST, 1000, NULL, NULL},
};

/* What this kernel has. */
static gboolean
set_row(CorralGroup *group, const Row *row)
{
    g_autoptr(GError) error = NULL;

    g_test_message("%s", corral_setting_get_name(row->setting));
    if (corral_group_set(group, row->setting, row->value, &error))
        return TRUE;
    if (!g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED) &&
        !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER))
        g_assert_no_error(error);
    return FALSE;
}

/* @all is what "systemctl show" says. */
static void
assert_row(CorralGroup *group, const Row *row, const char *all, const char *when)
{
    const char *shown = is_legacy() ? row->legacy : row->unified;
    g_autofree char *line = shown ? g_strdup_printf("\n%s\n", shown) : NULL;
    g_autoptr(GError) error = NULL;
    guint64 value;

    g_test_message("%s, %s", corral_setting_get_name(row->setting), when);
    g_assert_true(corral_group_get(group, row->setting, &value, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(value, ==, row->value - (row->value > MIB ? row->value % 4096 : 0));
    if (line)
        g_assert_nonnull(strstr(all, line));
}

static void
assert_ceiling(CorralGroup *group, gint64 quota_us, guint64 period_us)
{
    g_autoptr(GError) error = NULL;
    gint64 quota;
    guint64 period;

    g_assert_true(corral_group_get_cpu_ceiling(group, &quota, &period, &error));
    g_assert_no_error(error);
    g_assert_cmpint(quota, ==, quota_us);
    g_assert_cmpuint(period, ==, period_us);
}

static void
assert_cpus(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) cpus = corral_group_get_cpus(group, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(cpus->len, ==, 1);
    g_assert_cmpuint(g_array_index(cpus, guint, 0), ==, 0);
}

static void
assert_all(CorralGroup *group, const gboolean *set, const char *when)
{
    const char *const argv[] = {"systemctl", "show", SCOPE, NULL};
    g_autofree char *all = run(argv);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (set[i])
            assert_row(group, &rows[i], all, when);
    }
    assert_ceiling(group, 50000, 100000);
    if (!is_legacy())
        assert_cpus(group);
}

static void
test_scope(void)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();
    gboolean set[G_N_ELEMENTS(rows)];
    const guint cpus[] = {0};
    gsize i;

    bed_assert_where(process.pid, group, NULL);
    g_assert_true(corral_group_set_cpu_ceiling(group, 50000, 100000, &error));
    g_assert_no_error(error);
    if (!is_legacy()) {
        g_assert_true(corral_group_set_cpus(group, cpus, 1, &error));
        g_assert_no_error(error);
    }
    for (i = 0; i < G_N_ELEMENTS(rows); i++)
        set[i] = set_row(group, &rows[i]);

    assert_all(group, set, "at once");
    systemctl("daemon-reload");
    assert_all(group, set, "after daemon-reload");
    systemctl("daemon-reexec");
    assert_all(group, set, "after daemon-reexec");
    end(group);
}

/* systemd writes it along with what it is told about memory, and has no word for it. */
static void
test_oom_group(void)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();
    gboolean whole;

    if (!corral_group_set_oom_group(group, TRUE, &error)) {
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
        g_test_skip(error->message);
        end(group);
        return;
    }
    g_assert_true(corral_group_set_memory_limit(group, 64 * MIB, &error));
    g_assert_no_error(error);
    assert_shown(SCOPE, "Id", SCOPE);
    g_assert_true(corral_group_get_oom_group(group, &whole, &error));
    g_assert_true(whole);
    end(group);
}

/* What there was no call for is lost: or all of this would be for nothing. */
static void
test_by_file(void)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();
    g_auto(GStrv) entrances = corral_group_list_entrances(group, NULL);
    gsize i;

    for (i = 0; entrances[i]; i++) {
        g_autofree char *dir = g_path_get_dirname(entrances[i]);
        g_autofree char *weight = bed_get(dir, "cpu.weight");

        if (weight) {
            bed_put(dir, "cpu.weight", "777");
            set_property(SCOPE, "CPUQuota=50%");
            g_free(weight);
            weight = bed_get(dir, "cpu.weight");
            g_test_message("cpu.weight written behind systemd's back, after set-property: %s",
                           weight);
            g_assert_cmpstr(weight, !=, "777");
        }
    }
    end(group);
}

/* On disk systemd has whole per cents; what is left of a ceiling after it has read that. */
static void
test_rounding(void)
{
    static const struct {
        gint64 quota_us;
        guint64 period_us;
        gint64 after;
    } table[] = {
        {12345, 100000, 12000},
        {199999, 100000, 199000},
        {2000, 1000000, 10000}, /* a fifth of a hundredth: a hundredth, and not none */
    };
    CorralGroup *group = start();
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        gint64 quota_us;
        guint64 period_us;

        /* Quota and period are two files there, and systemd comes to the second later. */
        if (is_legacy() && table[i].quota_us * 100 < (gint64)table[i].period_us)
            continue;
        g_assert_true(
            corral_group_set_cpu_ceiling(group, table[i].quota_us, table[i].period_us, &error));
        g_assert_no_error(error);
        /* Whatever was due has been done by then. */
        assert_shown(SCOPE, "Id", SCOPE);
        assert_ceiling(group, table[i].quota_us, table[i].period_us);
        systemctl("daemon-reload");
        assert_shown(SCOPE, "Id", SCOPE);
        g_assert_true(corral_group_get_cpu_ceiling(group, &quota_us, &period_us, &error));
        g_test_message("%" G_GINT64_FORMAT " of %" G_GUINT64_FORMAT
                       " us after daemon-reload: %" G_GINT64_FORMAT " of %" G_GUINT64_FORMAT,
                       table[i].quota_us, table[i].period_us, quota_us, period_us);
        if (quota_us != table[i].quota_us)
            assert_ceiling(group, table[i].after, table[i].period_us);
    }
    end(group);
}

/* The administrator's word counts, and is what we read. */
static void
test_admin(void)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();
    guint64 shares, limit;

    g_assert_true(corral_group_set_cpu_shares(group, 2048, &error));
    g_assert_no_error(error);
    set_property(SCOPE, is_legacy() ? "CPUShares=512" : "CPUWeight=50");
    set_property(SCOPE, "TasksMax=99");
    set_property(SCOPE, "CPUQuota=30%");
    assert_shown(SCOPE, "TasksMax", "99");
    g_assert_true(corral_group_get_cpu_shares(group, &shares, &error));
    g_assert_cmpuint(shares, ==, 512);
    g_assert_true(corral_group_get_pids_limit(group, &limit, &error));
    g_assert_cmpuint(limit, ==, 99);
    assert_ceiling(group, 30000, 100000);
    end(group);
}

static void
test_transaction(void)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();

    corral_transaction_set(transaction, group, CORRAL_SETTING_CPU_SHARES, 512);
    corral_transaction_set(transaction, group, CORRAL_SETTING_PIDS_LIMIT, 1000);
    corral_transaction_set_cpu_ceiling(transaction, group, 25000, 50000);
    g_assert_true(corral_transaction_commit(transaction, &error));
    g_assert_no_error(error);
    assert_shown(SCOPE, "TasksMax", "1000");
    assert_shown(SCOPE, "CPUQuotaPerSecUSec", "500ms");
    systemctl("daemon-reload");
    assert_shown(SCOPE, "CPUQuotaPeriodUSec", "50ms");
    assert_ceiling(group, 25000, 50000);
    end(group);
}

/* Below a unit, by file: what systemd does to the unit does not reach there. */
static void
test_below(void)
{
    g_autoptr(CorralGroup) vcpu = NULL;
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();
    guint64 shares;

    vcpu = bed_make_child(group, "vcpu0");
    g_assert_true(corral_group_set_cpu_shares(vcpu, 512, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_set_cpu_ceiling(vcpu, 10000, 100000, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_attach_thread(vcpu, process.pid, &error));
    g_assert_no_error(error);
    set_property(SCOPE, "CPUQuota=40%");
    systemctl("daemon-reexec");
    assert_shown(SCOPE, "ActiveState", "active");
    g_assert_true(corral_group_get_cpu_shares(vcpu, &shares, &error));
    g_assert_cmpuint(shares, ==, 512);
    assert_ceiling(vcpu, 10000, 100000);
    bed_assert_where(process.pid, group, vcpu);
    end(group);
}

static void
test_slice(void)
{
    const CorralControllers wanted = BED_BIT(CPU) | BED_BIT(MEMORY) | BED_BIT(PIDS);
    g_autoptr(CorralGroup) slice = NULL;
    g_autoptr(GError) error = NULL;
    guint64 shares;

    slice = corral_group_make(host, "corraltest.slice/corraltest-b\\x20c.slice", wanted,
                              CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
    g_assert_cmphex(corral_group_get_controllers(slice), ==,
                    wanted & corral_host_get_controllers(host));
    g_assert_true(corral_group_set_cpu_shares(slice, 4096, &error));
    g_assert_no_error(error);
    g_assert_true(corral_group_set_memory_limit(slice, 512 * MIB, &error));
    g_assert_no_error(error);
    systemctl("daemon-reload");
    assert_shown("corraltest-b\\x20c.slice", "ActiveState", "active");
    g_assert_true(corral_group_get_cpu_shares(slice, &shares, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(shares, ==, 4096);
    g_assert_true(corral_group_get_memory_limit(slice, &shares, &error));
    g_assert_cmpuint(shares, ==, 512 * MIB);
    bed_remove(slice);
    assert_shown("corraltest-b\\x20c.slice", "ActiveState", "inactive");
}

/* Neither at the root nor in a slice. */
static void
test_refused(void)
{
    static const char *const table[] = {"corral-test", "system.slice/corral-test",
                                        "corral-test.scope/x"};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(corral_group_make(host, table[i], BED_GUEST, CORRAL_MAKE_NONE, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
    }
}

/* One that nobody is in any more, or that was killed, is not in the way. */
static void
test_stale(void)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *group = start();
    guint pid = process.pid;
    guint pids[1];
    BedProcess other;
    g_autofree char *path = NULL;
    g_autofree char *again = NULL;

    again = corral_scope_start(host, SCOPE, SLICE, &pid, 1, NULL, NULL, BED_PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again, ==, SCOPE_PATH);
    g_assert_false(corral_scope_clear(host, SCOPE, BED_PATIENCE_MS, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_clear_error(&error);

    g_assert_cmpint(kill(process.pid, SIGKILL), ==, 0);
    bed_end(&process);
    other = bed_start("--threads", NULL);
    pids[0] = other.pid;
    path = corral_scope_start(host, SCOPE, SLICE, pids, 1, NULL, NULL, BED_PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_true(corral_scope_stop(host, SCOPE, BED_PATIENCE_MS, &error));
    g_assert_no_error(error);
    bed_end(&other);
    g_object_unref(group);
    assert_gone();
}

static void
add_tests(void)
{
    host = bed_get_host();
    if (!corral_host_is_managed(host)) {
        g_print("SKIP: systemd does not run this machine\n");
        exit(77);
    }
    g_test_add_func("/unit/scope", test_scope);
    g_test_add_func("/unit/oom-group", test_oom_group);
    g_test_add_func("/unit/by-file", test_by_file);
    g_test_add_func("/unit/rounding", test_rounding);
    g_test_add_func("/unit/admin", test_admin);
    g_test_add_func("/unit/transaction", test_transaction);
    g_test_add_func("/unit/below", test_below);
    g_test_add_func("/unit/slice", test_slice);
    g_test_add_func("/unit/refused", test_refused);
    g_test_add_func("/unit/stale", test_stale);
}

int
main(int argc, char **argv)
{
    return bed_run(argc, argv, add_tests);
}
