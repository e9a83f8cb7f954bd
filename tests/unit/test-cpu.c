/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares, weights and ceilings: ranges, what is written, and what is read. */
#include <config.h>

#include <errno.h>
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
} Fixture;

static void
set_up(Fixture *self, gconstpointer like)
{
    g_autoptr(GError) error = NULL;

    self->fake = fake_cgroup_new(like);
    self->host = fake_cgroup_open_host(self->fake, CORRAL_HOST_NONE);
    self->group = corral_group_make(self->host, "g", BIT(CPU), CORRAL_MAKE_NEW, &error);
    g_assert_no_error(error);
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
assert_untouched(Fixture *self)
{
    g_autofree char *log = fake_cgroup_take_log(self->fake);

    g_assert_cmpstr(log, ==, "");
}

static void
assert_file(Fixture *self, const char *name, const char *wanted)
{
    g_autofree char *text = fake_cgroup_read(self->fake, name);

    g_assert_cmpstr(text, ==, wanted);
}

static guint64
get_shares(Fixture *self)
{
    guint64 shares = UNTOUCHED;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_cpu_shares(self->group, &shares, &error));
    g_assert_no_error(error);
    return shares;
}

static guint
get_weight(Fixture *self)
{
    guint weight = UNTOUCHED;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_cpu_weight(self->group, &weight, &error));
    g_assert_no_error(error);
    return weight;
}

/* ---- shares and weight ---- */

static void
test_defaults(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    gint64 quota_us;
    guint64 period_us;

    g_assert_cmpuint(get_shares(self), ==, CORRAL_CPU_SHARES_DEFAULT);
    g_assert_cmpuint(get_weight(self), ==, CORRAL_CPU_WEIGHT_DEFAULT);
    g_assert_true(corral_group_get_cpu_ceiling(self->group, &quota_us, &period_us, NULL));
    g_assert_cmpint(quota_us, ==, CORRAL_CPU_UNLIMITED);
    g_assert_cmpuint(period_us, ==, CORRAL_CPU_PERIOD_DEFAULT_US);
}

static void
test_shares(Fixture *self, gconstpointer like)
{
    static const struct {
        guint64 shares;
        gboolean ok;
        const char *legacy;
        const char *unified;
    } table[] = {
        {0, FALSE, NULL, NULL},
        {1, FALSE, NULL, NULL},
        {2, TRUE, "2", "1"},
        {3, TRUE, "3", "1"},
        {500, TRUE, "500", "49"},
        {1024, TRUE, "1024", "100"},
        {20000, TRUE, "20000", "1953"},
        {262143, TRUE, "262143", "10000"},
        {262144, TRUE, "262144", "10000"},
        {262145, FALSE, NULL, NULL},
        {G_MAXUINT64, FALSE, NULL, NULL},
    };
    gboolean unified = g_str_equal(like, "unified");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        gboolean set = corral_group_set_cpu_shares(self->group, table[i].shares, &error);

        g_test_message("%" G_GUINT64_FORMAT, table[i].shares);
        g_assert_cmpint(set, ==, table[i].ok);
        if (!table[i].ok) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
            g_assert_nonnull(strstr(error->message, "[2, 262144]"));
            assert_untouched(self);
            continue;
        }
        g_assert_no_error(error);
        assert_file(self,
                    unified ? "/sys/fs/cgroup/g/cpu.weight" : "/sys/fs/cgroup/cpu/g/cpu.shares",
                    unified ? table[i].unified : table[i].legacy);
        g_assert_cmpuint(get_shares(self), ==, table[i].shares);
        g_free(fake_cgroup_take_log(self->fake));
    }
}

static void
test_weight(Fixture *self, gconstpointer like)
{
    static const struct {
        guint weight;
        gboolean ok;
        const char *legacy;
        const char *unified;
    } table[] = {
        {0, FALSE, NULL, NULL},         {1, TRUE, "10", "1"},
        {2, TRUE, "20", "2"},           {100, TRUE, "1024", "100"},
        {9999, TRUE, "102390", "9999"}, {10000, TRUE, "102400", "10000"},
        {10001, FALSE, NULL, NULL},     {G_MAXUINT, FALSE, NULL, NULL},
    };
    gboolean unified = g_str_equal(like, "unified");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        gboolean set = corral_group_set_cpu_weight(self->group, table[i].weight, &error);

        g_test_message("%u", table[i].weight);
        g_assert_cmpint(set, ==, table[i].ok);
        if (!table[i].ok) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
            g_assert_nonnull(strstr(error->message, "[1, 10000]"));
            assert_untouched(self);
            continue;
        }
        assert_file(self,
                    unified ? "/sys/fs/cgroup/g/cpu.weight" : "/sys/fs/cgroup/cpu/g/cpu.shares",
                    unified ? table[i].unified : table[i].legacy);
        g_assert_cmpuint(get_weight(self), ==, table[i].weight);
        g_free(fake_cgroup_take_log(self->fake));
    }
}

/* The user's own number holds as long as the weight is what became of it. */
static void
test_shares_label(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    static const struct {
        const char *label;
        guint64 shares;
    } table[] = {
        {"500 49", 500}, {"500 50", 502}, {"500", 502},   {"500 49 1", 502},
        {" 49", 502},    {"x 49", 502},   {"500 x", 502}, {"", 502},
    };
    g_autoptr(GError) error = NULL;
    gsize i;

    g_assert_true(corral_group_set_cpu_shares(self->group, 500, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(get_shares(self), ==, 500);

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("'%s'", table[i].label);
        g_assert_true(corral_group_set_label(self->group, "shares", table[i].label, NULL));
        g_assert_cmpuint(get_shares(self), ==, table[i].shares);
    }

    /* Somebody else's weight. */
    g_assert_true(corral_group_set_cpu_shares(self->group, 500, NULL));
    fake_cgroup_put(self->fake, "/sys/fs/cgroup/g/cpu.weight", "200\n");
    g_assert_cmpuint(get_shares(self), ==, 2048);
    /* As cpu.idle leaves it. */
    fake_cgroup_put(self->fake, "/sys/fs/cgroup/g/cpu.weight", "0\n");
    g_assert_cmpuint(get_shares(self), ==, 2);
}

static void
test_shares_without_label(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    fake_cgroup_fail(self->fake, FAKE_LABEL, 0, EPERM);
    g_assert_true(corral_group_set_cpu_shares(self->group, 500, NULL));
    g_assert_cmpuint(get_shares(self), ==, 502);
}

/* ---- ceilings ---- */

static void
test_ceiling_ranges(Fixture *self, gconstpointer like)
{
    static const struct {
        gint64 quota_us;
        guint64 period_us;
        const char *range; /* NULL: fine */
    } table[] = {
        {-1, 100000, NULL},
        {-1, 1000, NULL},
        {-1, 1000000, NULL},
        {1000, 1000, NULL},
        {1000, 1000000, NULL},
        {17592186044415, 1000000, NULL},
        {-2, 100000, "[1000, 17592186044415]"},
        {G_MININT64, 100000, "[1000, 17592186044415]"},
        {0, 100000, "[1000, 17592186044415]"},
        {999, 100000, "[1000, 17592186044415]"},
        {17592186044416, 100000, "[1000, 17592186044415]"},
        {G_MAXINT64, 100000, "[1000, 17592186044415]"},
        {-1, 0, "[1000, 1000000]"},
        {-1, 999, "[1000, 1000000]"},
        {50000, 1000001, "[1000, 1000000]"},
        {50000, G_MAXUINT64, "[1000, 1000000]"},
    };
    gboolean unified = g_str_equal(like, "unified");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        gint64 quota_us;
        guint64 period_us;
        gboolean set;

        g_test_message("%" G_GINT64_FORMAT "/%" G_GUINT64_FORMAT, table[i].quota_us,
                       table[i].period_us);
        set = corral_group_set_cpu_ceiling(self->group, table[i].quota_us, table[i].period_us,
                                           &error);
        if (table[i].range) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
            g_assert_nonnull(strstr(error->message, table[i].range));
            g_assert_false(set);
            assert_untouched(self);
            continue;
        }
        g_assert_no_error(error);
        g_assert_true(corral_group_get_cpu_ceiling(self->group, &quota_us, &period_us, NULL));
        g_assert_cmpint(quota_us, ==, table[i].quota_us);
        g_assert_cmpuint(period_us, ==, table[i].period_us);
        g_free(fake_cgroup_take_log(self->fake));
    }

    if (unified)
        assert_file(self, "/sys/fs/cgroup/g/cpu.max", "17592186044415 1000000");
    else
        assert_file(self, "/sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", "17592186044415");
}

static const struct {
    gint64 old_quota_us;
    guint64 old_period_us;
    gint64 quota_us;
    guint64 period_us;
    const char *writes; /* q and p: to which of the files; in order */
} orders[] = {
    {-1, 100000, -1, 100000, ""},
    {50000, 100000, 50000, 100000, ""},
    {-1, 100000, 50000, 100000, "q50000 "},
    {50000, 100000, -1, 100000, "q-1 "},
    {50000, 100000, 50000, 200000, "p200000 "},
    {-1, 100000, -1, 50000, "p50000 "},
    /* A new ceiling must not be tighter for a moment than it is going to be, ... */
    {-1, 100000, 25000, 50000, "p50000 q25000 "},
    {-1, 100000, 100000, 50000, "p50000 q100000 "},
    {-1, 50000, 50000, 100000, "p100000 q50000 "},
    /* ... nor looser, which the group above may not allow. */
    {-1, 25000, 100000, 50000, "p50000 q100000 "},
    /* Without a ceiling there is nothing to get in between. */
    {50000, 100000, -1, 50000, "q-1 p50000 "},
    /* Up and down, with a step that lies between. */
    {50000, 100000, 100000, 50000, "q100000 p50000 "},
    {100000, 50000, 50000, 100000, "q50000 p100000 "},
    /* No step lies between. */
    {50000, 100000, 25000, 50000, "q-1 p50000 q25000 "},
    {25000, 50000, 50000, 100000, "q-1 p100000 q50000 "},
    {50000, 100000, 200000, 1000000, "q-1 p1000000 q200000 "},
    {200000, 1000000, 50000, 100000, "q-1 p100000 q50000 "},
};

static void
put_ceiling(Fixture *self, gint64 quota_us, guint64 period_us)
{
    g_autofree char *quota = g_strdup_printf("%" G_GINT64_FORMAT "\n", quota_us);
    g_autofree char *period = g_strdup_printf("%" G_GUINT64_FORMAT "\n", period_us);

    fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", quota);
    fake_cgroup_put(self->fake, "/sys/fs/cgroup/cpu/g/cpu.cfs_period_us", period);
}

static void
test_ceiling_order(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    gsize i, k;

    for (i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autofree char *log = NULL;
        g_auto(GStrv) lines = NULL;
        g_autoptr(GString) writes = g_string_new(NULL);

        put_ceiling(self, orders[i].old_quota_us, orders[i].old_period_us);
        g_assert_true(corral_group_set_cpu_ceiling(self->group, orders[i].quota_us,
                                                   orders[i].period_us, NULL));
        log = fake_cgroup_take_log(self->fake);
        lines = g_strsplit(log, "\n", -1);
        for (k = 0; lines[k]; k++) {
            const char *file = strstr(lines[k], "cpu.cfs_");

            if (file)
                g_string_append_printf(writes, "%c%s ", file[strlen("cpu.cfs_")],
                                       strchr(file, ' ') + 1);
        }
        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_cmpstr(writes->str, ==, orders[i].writes);
    }
}

/* Whichever of the writes is refused, the old ceiling is in force afterwards. */
static void
test_ceiling_refused(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_auto(GStrv) writes = NULL;
        guint refused = 0;
        gboolean set = FALSE;

        while (!set) {
            g_autoptr(GError) error = NULL;
            gint64 quota_us;
            guint64 period_us;

            put_ceiling(self, orders[i].old_quota_us, orders[i].old_period_us);
            fake_cgroup_fail(self->fake, FAKE_WRITE, refused, EINVAL);
            set = corral_group_set_cpu_ceiling(self->group, orders[i].quota_us, orders[i].period_us,
                                               &error);
            if (set)
                break;

            g_test_message("row %" G_GSIZE_FORMAT ", write %u", i, refused);
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
            g_assert_null(strstr(error->message, "neither"));
            g_assert_true(corral_group_get_cpu_ceiling(self->group, &quota_us, &period_us, NULL));
            g_assert_cmpint(quota_us, ==, orders[i].old_quota_us);
            g_assert_cmpuint(period_us, ==, orders[i].old_period_us);
            refused++;
        }
        /* Each write had its turn. */
        fake_cgroup_fail(self->fake, FAKE_WRITE, 0, 0);
        writes = g_strsplit(orders[i].writes, " ", -1);
        g_assert_cmpuint(refused, ==, MAX(g_strv_length(writes), 1) - 1);
    }
}

/* ---- burst, idling and throttling ---- */

static void
test_burst(Fixture *self, gconstpointer like)
{
    static const struct {
        guint64 burst_us;
        gboolean ok;
        const char *text;
    } table[] = {
        {0, TRUE, "0"},
        {1, TRUE, "1"},
        {8796093022207, TRUE, "8796093022207"},
        {8796093022208, FALSE, NULL},
        {G_MAXUINT64, FALSE, NULL},
    };
    gboolean unified = g_str_equal(like, "unified");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        guint64 burst_us = UNTOUCHED;
        gboolean set = corral_group_set_cpu_burst(self->group, table[i].burst_us, &error);

        g_test_message("%" G_GUINT64_FORMAT, table[i].burst_us);
        g_assert_cmpint(set, ==, table[i].ok);
        if (!table[i].ok) {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE);
            g_assert_nonnull(strstr(error->message, "[0, 8796093022207]"));
            assert_untouched(self);
            continue;
        }
        g_assert_no_error(error);
        assert_file(self,
                    unified ? "/sys/fs/cgroup/g/cpu.max.burst"
                            : "/sys/fs/cgroup/cpu/g/cpu.cfs_burst_us",
                    table[i].text);
        g_assert_true(corral_group_get_cpu_burst(self->group, &burst_us, NULL));
        g_assert_cmpuint(burst_us, ==, table[i].burst_us);
        g_free(fake_cgroup_take_log(self->fake));
    }
}

/* A group that is idle has no weight, whatever number stands in the file. */
static void
test_idle(Fixture *self, gconstpointer like)
{
    gboolean unified = g_str_equal(like, "unified");
    const char *file = unified ? "/sys/fs/cgroup/g/cpu.weight" : "/sys/fs/cgroup/cpu/g/cpu.shares";
    const char *idle_file = unified ? "/sys/fs/cgroup/g/cpu.idle" : "/sys/fs/cgroup/cpu/g/cpu.idle";
    gboolean idle = UNTOUCHED;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_cpu_idle(self->group, &idle, NULL));
    g_assert_false(idle);

    g_assert_true(corral_group_set_cpu_idle(self->group, UNTOUCHED, &error));
    g_assert_no_error(error);
    assert_file(self, idle_file, "1");
    fake_cgroup_put(self->fake, file, unified ? "0\n" : "3\n");
    g_assert_true(corral_group_get_cpu_idle(self->group, &idle, NULL));
    g_assert_cmpint(idle, ==, TRUE);
    g_assert_cmpuint(get_weight(self), ==, 0);
    g_assert_cmpuint(get_shares(self), ==, CORRAL_CPU_SHARES_MIN);

    /* 3 may as well be what somebody wants. */
    g_assert_true(corral_group_set_cpu_idle(self->group, FALSE, &error));
    assert_file(self, idle_file, "0");
    g_assert_true(corral_group_set_cpu_shares(self->group, 3, &error));
    g_assert_cmpuint(get_shares(self), ==, 3);
    g_assert_cmpuint(get_weight(self), ==, 1);

    fake_cgroup_put(self->fake, idle_file, "2\n");
    g_assert_false(corral_group_get_cpu_idle(self->group, &idle, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, idle_file));
    g_assert_cmpint(idle, ==, TRUE);
}

static void
test_throttling(Fixture *self, gconstpointer like)
{
    gboolean unified = g_str_equal(like, "unified");
    const char *file = unified ? "/sys/fs/cgroup/g/cpu.stat" : "/sys/fs/cgroup/cpu/g/cpu.stat";
    CorralCpuThrottling throttling;
    g_autoptr(CorralCpuThrottling) copy = NULL;
    g_autoptr(GError) error = NULL;

    fake_cgroup_put(self->fake, file,
                    unified ? "usage_usec 1\nuser_usec 1\nsystem_usec 0\nnr_periods 10\n"
                              "nr_throttled 4\nthrottled_usec 2500\nnr_bursts 3\nburst_usec 77\n"
                            : "nr_periods 10\nnr_throttled 4\nthrottled_time 2500999\n"
                              "nr_bursts 3\nburst_time 77000\n");
    g_assert_true(corral_group_get_cpu_throttling(self->group, &throttling, &error));
    g_assert_no_error(error);
    copy = corral_cpu_throttling_copy(&throttling);
    g_assert_cmpuint(copy->periods, ==, 10);
    g_assert_cmpuint(copy->throttled_periods, ==, 4);
    g_assert_cmpuint(copy->throttled_us, ==, 2500);
    g_assert_cmpuint(copy->bursts, ==, 3);
    g_assert_cmpuint(copy->burst_us, ==, 77);

    /* Before bursts came to Linux. */
    fake_cgroup_put(self->fake, file, "nr_periods 11\nnr_throttled 0\n");
    g_assert_true(corral_group_get_cpu_throttling(self->group, &throttling, &error));
    g_assert_cmpuint(throttling.periods, ==, 11);
    g_assert_cmpuint(throttling.throttled_us, ==, CORRAL_UNKNOWN);
    g_assert_cmpuint(throttling.bursts, ==, CORRAL_UNKNOWN);
    g_assert_cmpuint(throttling.burst_us, ==, CORRAL_UNKNOWN);

    fake_cgroup_put(self->fake, file, "nr_periods\n");
    g_assert_false(corral_group_get_cpu_throttling(self->group, &throttling, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, file));
    g_assert_cmpuint(throttling.periods, ==, 11);
}

/* ---- what cannot be had ---- */

static void
test_garbage(Fixture *self, gconstpointer like)
{
    static const char *const garbage[] = {"", "\n", "x\n", "1 2 3\n", "max\n", "-1\n"};
    gboolean unified = g_str_equal(like, "unified");
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(garbage); i++) {
        g_autoptr(GError) error = NULL;
        guint64 shares = UNTOUCHED;
        guint weight = UNTOUCHED;

        g_test_message("\"%s\"", garbage[i]);
        fake_cgroup_put(self->fake,
                        unified ? "/sys/fs/cgroup/g/cpu.weight" : "/sys/fs/cgroup/cpu/g/cpu.shares",
                        garbage[i]);
        g_assert_false(corral_group_get_cpu_shares(self->group, &shares, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, unified ? "/g/cpu.weight'" : "/g/cpu.shares'"));
        g_assert_cmpuint(shares, ==, UNTOUCHED);
        g_clear_error(&error);
        g_assert_false(corral_group_get_cpu_weight(self->group, &weight, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
        g_assert_cmpuint(weight, ==, UNTOUCHED);
    }
}

/* Not the weight 1 that is left of it in 32 bits. */
static void
test_weight_too_large(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    guint weight = UNTOUCHED;

    fake_cgroup_put(self->fake, "/sys/fs/cgroup/g/cpu.weight", "4294967297\n");
    g_assert_false(corral_group_get_cpu_weight(self->group, &weight, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "\"4294967297\\n\" in '"));
    g_assert_cmpuint(weight, ==, UNTOUCHED);
}

static void
test_ceiling_garbage(Fixture *self, gconstpointer like)
{
    const char *file = g_str_equal(like, "unified") ? "/sys/fs/cgroup/g/cpu.max"
                                                    : "/sys/fs/cgroup/cpu/g/cpu.cfs_period_us";
    gint64 quota_us = UNTOUCHED;
    guint64 period_us = UNTOUCHED;
    g_autoptr(GError) error = NULL;

    fake_cgroup_put(self->fake, file, "often\n");
    g_assert_false(corral_group_get_cpu_ceiling(self->group, &quota_us, &period_us, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, file));
    g_assert_cmpint(quota_us, ==, UNTOUCHED);
    g_assert_cmpuint(period_us, ==, UNTOUCHED);
}

typedef gboolean (*Call)(CorralGroup *group, GError **error);

static gboolean
call_set_shares(CorralGroup *group, GError **error)
{
    return corral_group_set_cpu_shares(group, 500, error);
}

static gboolean
call_get_shares(CorralGroup *group, GError **error)
{
    guint64 shares;

    return corral_group_get_cpu_shares(group, &shares, error);
}

static gboolean
call_set_weight(CorralGroup *group, GError **error)
{
    return corral_group_set_cpu_weight(group, 50, error);
}

static gboolean
call_get_weight(CorralGroup *group, GError **error)
{
    guint weight;

    return corral_group_get_cpu_weight(group, &weight, error);
}

static gboolean
call_set_ceiling(CorralGroup *group, GError **error)
{
    return corral_group_set_cpu_ceiling(group, 50000, 100000, error);
}

static gboolean
call_get_ceiling(CorralGroup *group, GError **error)
{
    gint64 quota_us;
    guint64 period_us;

    return corral_group_get_cpu_ceiling(group, &quota_us, &period_us, error);
}

static gboolean
call_set_burst(CorralGroup *group, GError **error)
{
    return corral_group_set_cpu_burst(group, 1000, error);
}

static gboolean
call_get_burst(CorralGroup *group, GError **error)
{
    guint64 burst_us;

    return corral_group_get_cpu_burst(group, &burst_us, error);
}

static gboolean
call_set_idle(CorralGroup *group, GError **error)
{
    return corral_group_set_cpu_idle(group, TRUE, error);
}

static gboolean
call_get_idle(CorralGroup *group, GError **error)
{
    gboolean idle;

    return corral_group_get_cpu_idle(group, &idle, error);
}

static const Call calls[] = {
    call_set_shares,  call_get_shares, call_set_weight, call_get_weight, call_set_ceiling,
    call_get_ceiling, call_set_burst,  call_get_burst,  call_set_idle,   call_get_idle,
};

static void
assert_all_fail(CorralGroup *group, CorralError code)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("call %" G_GSIZE_FORMAT, i);
        g_assert_false(calls[i](group, &error));
        g_assert_error(error, CORRAL_ERROR, (int)code);
        /* Nobody has to care. */
        g_assert_false(calls[i](group, NULL));
    }
}

static void
test_vanished(Fixture *self, gconstpointer like)
{
    fake_cgroup_rmdir(self->fake,
                      g_str_equal(like, "unified") ? "/sys/fs/cgroup/g" : "/sys/fs/cgroup/cpu/g");
    assert_all_fail(self->group, CORRAL_ERROR_GONE);
}

static void
test_no_controller(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) group =
        corral_group_make(self->host, "m", BIT(MEMORY), CORRAL_MAKE_NEW, NULL);

    assert_all_fail(group, CORRAL_ERROR_NO_CONTROLLER);
}

/* The root has no limits, and an old kernel not all of the files. */
static void
test_unsupported(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralGroup) root = NULL;
    g_autoptr(GError) error = NULL;

    root = corral_group_open(self->host, "", BIT(CPU), &error);
    g_assert_no_error(error);
    assert_all_fail(root, CORRAL_ERROR_UNSUPPORTED);
}

static void
test_read_only(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(CorralHost) host = fake_cgroup_open_host(self->fake, CORRAL_HOST_READ_ONLY);
    g_autoptr(CorralGroup) group = corral_group_open(host, "g", BIT(CPU), NULL);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(calls); i += 2) {
        g_autoptr(GError) error = NULL;

        g_assert_false(calls[i](group, &error));
        g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION);
        g_assert_true(calls[i + 1](group, NULL));
    }
    assert_untouched(self);
}

static void
test_refused(Fixture *self, gconstpointer like G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    fake_cgroup_fail(self->fake, FAKE_WRITE, 0, EINVAL);
    g_assert_false(corral_group_set_cpu_shares(self->group, 500, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "'500' to '"));
    g_assert_nonnull(strstr(error->message, "/sys/fs/cgroup/cpu/g/cpu.shares'"));
}

#define ADD(path, like, func) g_test_add(path, Fixture, like, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("/cpu/defaults/legacy", "legacy", test_defaults);
    ADD("/cpu/defaults/unified", "unified", test_defaults);
    ADD("/cpu/defaults/together", "together", test_defaults);
    ADD("/cpu/shares/legacy", "legacy", test_shares);
    ADD("/cpu/shares/unified", "unified", test_shares);
    ADD("/cpu/weight/legacy", "legacy", test_weight);
    ADD("/cpu/weight/unified", "unified", test_weight);
    ADD("/cpu/shares-label", "unified", test_shares_label);
    ADD("/cpu/shares-without-label", "unified", test_shares_without_label);
    ADD("/cpu/ceiling-ranges/legacy", "legacy", test_ceiling_ranges);
    ADD("/cpu/ceiling-ranges/unified", "unified", test_ceiling_ranges);
    ADD("/cpu/ceiling-order", "legacy", test_ceiling_order);
    ADD("/cpu/ceiling-refused", "legacy", test_ceiling_refused);
    ADD("/cpu/burst/legacy", "legacy", test_burst);
    ADD("/cpu/burst/unified", "unified", test_burst);
    ADD("/cpu/idle/legacy", "legacy", test_idle);
    ADD("/cpu/idle/unified", "unified", test_idle);
    ADD("/cpu/throttling/legacy", "legacy", test_throttling);
    ADD("/cpu/throttling/unified", "unified", test_throttling);
    ADD("/cpu/ceiling-garbage/legacy", "legacy", test_ceiling_garbage);
    ADD("/cpu/ceiling-garbage/unified", "unified", test_ceiling_garbage);
    ADD("/cpu/garbage/legacy", "legacy", test_garbage);
    ADD("/cpu/garbage/unified", "unified", test_garbage);
    ADD("/cpu/weight-too-large", "unified", test_weight_too_large);
    ADD("/cpu/vanished/legacy", "legacy", test_vanished);
    ADD("/cpu/vanished/unified", "unified", test_vanished);
    ADD("/cpu/no-controller/legacy", "legacy", test_no_controller);
    ADD("/cpu/no-controller/unified", "unified", test_no_controller);
    ADD("/cpu/unsupported", "unified", test_unsupported);
    ADD("/cpu/read-only/legacy", "legacy", test_read_only);
    ADD("/cpu/read-only/unified", "unified", test_read_only);
    ADD("/cpu/refused", "legacy", test_refused);

    return g_test_run();
}
