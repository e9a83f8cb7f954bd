/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One list of calls for every kernel. */
#include <config.h>

#include "memory-steps.h"

#define MIB(n) ((guint64)(n) << 20)
#define NONE CORRAL_MEMORY_UNLIMITED
#define FINE (-1)

typedef enum {
    LIMIT,
    TOTAL,
    SWAP,
    BOTH
} Call;

static const struct {
    Call call;
    guint64 bytes;
    guint64 total; /* for BOTH */
    int error;
    guint64 limit_after, total_after, swap_after;
} steps[] = {
    {LIMIT, MIB(64), 0, FINE, MIB(64), NONE, NONE},
    {TOTAL, MIB(96), 0, FINE, MIB(64), MIB(96), MIB(32)},
    /* The total stays, however the limit moves, */
    {LIMIT, MIB(80), 0, FINE, MIB(80), MIB(96), MIB(16)},
    {LIMIT, MIB(96), 0, FINE, MIB(96), MIB(96), 0},
    {LIMIT, MIB(16), 0, FINE, MIB(16), MIB(96), MIB(80)},
    /* and neither may pass the other. */
    {LIMIT, MIB(97), 0, CORRAL_ERROR_REFUSED, MIB(16), MIB(96), MIB(80)},
    {LIMIT, NONE, 0, CORRAL_ERROR_REFUSED, MIB(16), MIB(96), MIB(80)},
    {TOTAL, MIB(15), 0, CORRAL_ERROR_REFUSED, MIB(16), MIB(96), MIB(80)},
    /* A limit of swap stays, too. */
    {SWAP, MIB(8), 0, FINE, MIB(16), MIB(24), MIB(8)},
    {LIMIT, MIB(32), 0, FINE, MIB(32), MIB(40), MIB(8)},
    {LIMIT, MIB(8), 0, FINE, MIB(8), MIB(16), MIB(8)},
    {SWAP, 0, 0, FINE, MIB(8), MIB(8), 0},
    {LIMIT, MIB(12), 0, FINE, MIB(12), MIB(12), 0},
    /* The later of the two counts, even if nothing changes at that moment. */
    {TOTAL, MIB(12), 0, FINE, MIB(12), MIB(12), 0},
    {LIMIT, MIB(4), 0, FINE, MIB(4), MIB(12), MIB(8)},
    {SWAP, MIB(8), 0, FINE, MIB(4), MIB(12), MIB(8)},
    {LIMIT, MIB(8), 0, FINE, MIB(8), MIB(16), MIB(8)},
    /* Both at once, up and down, and past each other. */
    {BOTH, MIB(100), MIB(100), FINE, MIB(100), MIB(100), 0},
    {BOTH, MIB(10), MIB(20), FINE, MIB(10), MIB(20), MIB(10)},
    {BOTH, MIB(30), MIB(40), FINE, MIB(30), MIB(40), MIB(10)},
    {BOTH, MIB(5), MIB(6), FINE, MIB(5), MIB(6), MIB(1)},
    {LIMIT, MIB(6), 0, FINE, MIB(6), MIB(6), 0},
    {BOTH, MIB(7), MIB(6), CORRAL_ERROR_RANGE, MIB(6), MIB(6), 0},
    {BOTH, NONE, MIB(6), CORRAL_ERROR_RANGE, MIB(6), MIB(6), 0},
    {BOTH, 0, 0, FINE, 0, 0, 0},
    {BOTH, MIB(1), NONE, FINE, MIB(1), NONE, NONE},
    {SWAP, MIB(1), 0, FINE, MIB(1), MIB(2), MIB(1)},
    {SWAP, NONE, 0, FINE, MIB(1), NONE, NONE},
    {LIMIT, NONE, 0, FINE, NONE, NONE, NONE},
    {TOTAL, MIB(1), 0, CORRAL_ERROR_REFUSED, NONE, NONE, NONE},
    {TOTAL, NONE, 0, FINE, NONE, NONE, NONE},
    {BOTH, MIB(1), MIB(2), FINE, MIB(1), MIB(2), MIB(1)},
    {BOTH, NONE, NONE, FINE, NONE, NONE, NONE},
    /* What is no amount. */
    {LIMIT, (guint64)G_MAXINT64 + 1, 0, CORRAL_ERROR_RANGE, NONE, NONE, NONE},
    {TOTAL, (guint64)G_MAXINT64 + 1, 0, CORRAL_ERROR_RANGE, NONE, NONE, NONE},
    {SWAP, (guint64)G_MAXINT64 + 1, 0, CORRAL_ERROR_RANGE, NONE, NONE, NONE},
    {BOTH, 0, NONE - 1, CORRAL_ERROR_RANGE, NONE, NONE, NONE},
    {BOTH, NONE - 1, NONE, CORRAL_ERROR_RANGE, NONE, NONE, NONE},
};

static gboolean
take(CorralGroup *group, gsize i, GError **error)
{
    switch (steps[i].call) {
    case LIMIT:
        return corral_group_set_memory_limit(group, steps[i].bytes, error);
    case TOTAL:
        return corral_group_set_memory_total_limit(group, steps[i].bytes, error);
    case SWAP:
        return corral_group_set_swap_limit(group, steps[i].bytes, error);
    case BOTH:
        break;
    }

    return corral_group_set_memory_limits(group, steps[i].bytes, steps[i].total, error);
}

void
memory_steps_run(CorralGroup *group)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(GError) error = NULL;
        gboolean taken = take(group, i, &error);
        guint64 limit, total, swap;

        g_test_message("step %" G_GSIZE_FORMAT ": %s", i, error ? error->message : "taken");
        if (steps[i].error == FINE)
            g_assert_no_error(error);
        else
            g_assert_error(error, CORRAL_ERROR, steps[i].error);
        g_assert_cmpint(taken, ==, steps[i].error == FINE);

        g_clear_error(&error);
        g_assert_true(corral_group_get_memory_limit(group, &limit, &error));
        g_assert_true(corral_group_get_memory_total_limit(group, &total, &error));
        g_assert_true(corral_group_get_swap_limit(group, &swap, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(limit, ==, steps[i].limit_after);
        g_assert_cmpuint(total, ==, steps[i].total_after);
        g_assert_cmpuint(swap, ==, steps[i].swap_after);
    }
}
