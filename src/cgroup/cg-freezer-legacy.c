/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stopping and continuing under the kernel's legacy interface.
 *
 * A group that was told to freeze says FREEZING until all have stopped; the
 * kernel looks only when somebody reads the state.  It may stay so for good: a
 * process that forked just then, or one that was moved in, is told only when
 * FROZEN is written again, and one that waits, uninterruptibly, for another that
 * has stopped does so for good.  So FROZEN is written in each round, and after
 * some rounds in vain all are let run for a moment.
 */
#include <config.h>

#include "cg-freezer.h"

#define ROUND_US 1000
#define ROUNDS_IN_VAIN 100

static gboolean
ask(const CgPlace *place, gboolean freeze, GError **error)
{
    return cg_place_write(place, "freezer.state", freeze ? "FROZEN" : "THAWED", error);
}

static gboolean
thaw(const CgPlace *place, GError **error)
{
    return ask(place, FALSE, error);
}

static gboolean
is_complete(const CgPlace *place, gboolean *complete, GError **error)
{
    g_autofree char *text = cg_place_read(place, "freezer.state", error);

    if (!text)
        return FALSE;
    g_strchomp(text);
    if (!g_str_equal(text, "THAWED") && !g_str_equal(text, "FREEZING") &&
        !g_str_equal(text, "FROZEN"))
        return cg_place_refuse_format(place, "freezer.state", text, error);

    *complete = g_str_equal(text, "FROZEN");
    return TRUE;
}

static gboolean
freeze(const CgPlace *place, gint64 deadline, gboolean *complete, GError **error)
{
    gboolean done = FALSE;
    guint rounds;

    for (rounds = 1;; rounds++) {
        if (!ask(place, TRUE, error) || !is_complete(place, &done, error))
            return FALSE;
        if (done || g_get_monotonic_time() >= deadline)
            break;
        if (rounds % ROUNDS_IN_VAIN == 0 && !thaw(place, error))
            return FALSE;
        g_usleep(ROUND_US);
    }

    *complete = done;
    return TRUE;
}

static gboolean
get_state(const CgPlace *place, CorralFreezerState *state, GError **error)
{
    gboolean self, above, complete;

    if (!cg_place_read_bool(place, "freezer.self_freezing", &self, error) ||
        !cg_place_read_bool(place, "freezer.parent_freezing", &above, error) ||
        !is_complete(place, &complete, error))
        return FALSE;

    *state = (self ? CORRAL_FREEZER_SELF : 0) | (above ? CORRAL_FREEZER_ABOVE : 0) |
             (complete ? CORRAL_FREEZER_COMPLETE : 0);
    return TRUE;
}

const CgFreezer cg_freezer_legacy = {
    .freeze = freeze,
    .thaw = thaw,
    .get_state = get_state,
};
