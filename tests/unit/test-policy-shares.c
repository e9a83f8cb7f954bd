/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors for partitions, by tables. */
#include <config.h>

#include "policy-shares.h"

#define MOST_PARTITIONS 4
#define END G_MAXUINT

typedef struct {
    guint priority; /* END: no more partitions */
    guint guarantee;
    guint64 own;
    guint64 shares;
    gboolean idle;
} Row;

typedef struct {
    const char *what;
    guint cpus;
    gboolean has_idle;
    gboolean overcommitted;
    Row rows[MOST_PARTITIONS + 1];
} Case;

/* clang-format off */
static const Case cases[] = {
    {"nothing is wanted: as the kernel has it", 8, TRUE, FALSE,
     {{0, 0, 0, 1024, FALSE}, {0, 0, 0, 1024, FALSE}, {.priority = END}}},
    {"the first has all, the others what it leaves", 8, TRUE, FALSE,
     {{2, 0, 0, 8192, FALSE}, {1, 0, 0, 2, TRUE}, {0, 0, 0, 2, TRUE}, {.priority = END}}},
    {"the same on a kernel without cpu.idle", 8, FALSE, FALSE,
     {{2, 0, 0, 8192, FALSE}, {1, 0, 0, 2, FALSE}, {.priority = END}}},
    {"a guarantee keeps one from being idle", 8, TRUE, FALSE,
     {{1, 0, 0, 6144, FALSE}, {0, 2000, 0, 2048, FALSE}, {.priority = END}}},
    {"two of the highest share what is left", 8, TRUE, FALSE,
     {{1, 1000, 0, 4096, FALSE}, {1, 0, 0, 3072, FALSE}, {0, 1000, 0, 1024, FALSE},
      {.priority = END}}},
    {"equal ones with guarantees", 4, TRUE, FALSE,
     {{0, 1000, 0, 2560, FALSE}, {0, 0, 0, 1536, FALSE}, {.priority = END}}},
    {"nothing is left", 2, TRUE, FALSE,
     {{1, 0, 0, 2, TRUE}, {0, 2000, 0, 2048, FALSE}, {.priority = END}}},
    {"promised twice: each has half", 2, TRUE, TRUE,
     {{0, 2000, 0, 1024, FALSE}, {0, 2000, 0, 1024, FALSE}, {.priority = END}}},
    {"the operator's own stay", 8, TRUE, FALSE,
     {{1, 0, 0, 8192, FALSE}, {0, 0, 77, 77, FALSE}, {0, 0, 0, 2, TRUE}, {.priority = END}}},
    {"the operator's own beside equals", 8, TRUE, FALSE,
     {{0, 0, 77, 77, FALSE}, {0, 0, 0, 1024, FALSE}, {.priority = END}}},
    {"a sliver is not nothing", 8, TRUE, FALSE,
     {{1, 0, 0, 8190, FALSE}, {0, 1, 0, 2, FALSE}, {.priority = END}}},
    {"more processors than the largest weight", 256, TRUE, FALSE,
     {{1, 0, 0, 51200, FALSE}, {0, 128000, 0, 51200, FALSE}, {.priority = END}}},
    {"no processor is one", 0, TRUE, FALSE,
     {{1, 0, 0, 512, FALSE}, {0, 500, 0, 512, FALSE}, {.priority = END}}},
    {"nobody", 8, TRUE, FALSE, {{.priority = END}}},
};
/* clang-format on */

static gsize
fill(const Case *self, PolicyHost *host, PolicyPartition *partitions)
{
    gsize n;

    *host = (PolicyHost){.cpus = self->cpus, .has_idle = self->has_idle};
    for (n = 0; self->rows[n].priority != END; n++)
        partitions[n] = (PolicyPartition){
            .name = "/x",
            .priority = self->rows[n].priority,
            .cpu_guarantee = self->rows[n].guarantee,
            .shares = self->rows[n].own,
            .shares_now = POLICY_SHARES_DEFAULT,
        };
    return n;
}

static void
test_find(void)
{
    gsize k, i;

    for (k = 0; k < G_N_ELEMENTS(cases); k++) {
        PolicyHost host;
        PolicyPartition partitions[MOST_PARTITIONS];
        PolicyShares shares[MOST_PARTITIONS];
        const gsize n = fill(&cases[k], &host, partitions);

        g_test_message("%s", cases[k].what);
        policy_shares_find(&host, partitions, n, shares);
        for (i = 0; i < n; i++) {
            g_assert_cmpuint(shares[i].shares, ==, cases[k].rows[i].shares);
            g_assert_cmpint(shares[i].idle, ==, cases[k].rows[i].idle);
        }
        g_assert_cmpint(policy_shares_are_overcommitted(&host, partitions, n), ==,
                        cases[k].overcommitted);
    }
}

/* What a kernel would do.  It refuses a weight to a group that is idle. */
static void
apply(const GArray *changes, PolicyPartition *partitions)
{
    guint i;

    for (i = 0; i < changes->len; i++) {
        const PolicyChange *change = &g_array_index(changes, PolicyChange, i);
        PolicyPartition *partition = &partitions[change->index];

        if (change->kind == POLICY_CHANGE_IDLE) {
            g_assert_cmpint(change->from == 1, ==, partition->idle_now);
            partition->idle_now = change->to == 1;
            partition->shares_now = change->to == 1 ? 0 : POLICY_SHARES_DEFAULT;
            continue;
        }
        g_assert_cmpint(change->kind, ==, POLICY_CHANGE_SHARES);
        g_assert_false(partition->idle_now);
        /* As it comes back from a weight of cgroup v2: docs/units.md. */
        partition->shares_now = (MAX((change->to * 100 + 512) / 1024, 1) * 1024 + 50) / 100;
    }
}

/* From anywhere to anywhere in one list, and then nothing. */
static void
test_plan(void)
{
    gsize k, j, i;

    for (k = 0; k < G_N_ELEMENTS(cases); k++) {
        for (j = 0; j < 3; j++) {
            g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(PolicyChange));
            PolicyHost host;
            PolicyPartition partitions[MOST_PARTITIONS];
            const gsize n = fill(&cases[k], &host, partitions);

            for (i = 0; i < n; i++) {
                partitions[i].idle_now = j == 1;
                partitions[i].shares_now = j == 1 ? 0 : j == 2 ? 5000 : POLICY_SHARES_DEFAULT;
            }
            g_test_message("%s", cases[k].what);
            policy_shares_plan(&host, partitions, n, changes);
            apply(changes, partitions);
            for (i = 0; i < n; i++) {
                const guint64 wanted = cases[k].rows[i].shares;

                g_assert_cmpint(partitions[i].idle_now, ==, cases[k].rows[i].idle);
                if (!partitions[i].idle_now) {
                    g_assert_cmpuint(partitions[i].shares_now, <=, wanted + 8);
                    g_assert_cmpuint(partitions[i].shares_now + 8, >=, wanted);
                }
            }
            g_array_set_size(changes, 0);
            policy_shares_plan(&host, partitions, n, changes);
            g_assert_cmpuint(changes->len, ==, 0);
        }
    }
}

/* The default is left alone. */
static void
test_default(void)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(PolicyChange));
    PolicyHost host;
    PolicyPartition partitions[MOST_PARTITIONS];
    const gsize n = fill(&cases[0], &host, partitions);

    policy_shares_plan(&host, partitions, n, changes);
    g_assert_cmpuint(changes->len, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy-shares/find", test_find);
    g_test_add_func("/policy-shares/plan", test_plan);
    g_test_add_func("/policy-shares/default", test_default);
    return g_test_run();
}
