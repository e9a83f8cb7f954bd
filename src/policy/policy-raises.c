/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a step gives, out of what nobody has been given yet.
 *
 * First the limits that are missing, then raises: of those about to be stopped below what
 * they were guaranteed, of others about to be stopped, and what is left in the end.
 */
#include <config.h>

#include "policy-bytes.h"
#include "policy-raises.h"

/* Who has less than his due by more than that is helped although he is in no need. */
#define STARVED_SHARE 4

/* As much of its due as there is, and what it uses in any case. */
static void
place(PolicyStep *self, gsize i, guint64 free)
{
    const PolicyPortion *portion = &self->portions[i];

    policy_step_set_limit(self, self->raises, i,
                          MAX(policy_step_find_reach(self, i, 0, MIN(portion->goal, free)),
                              MIN(self->partitions[i].usage, portion->most)));
}

/* New ones, or all of them at the first look.  One for which there is too little waits for a
 * cut. */
static void
place_all(PolicyStep *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPortion *portion = &self->portions[i];
        const guint64 free = policy_step_find_free(self);

        if (policy_step_is_placed(self, i))
            continue;
        if (free < MIN(portion->goal, portion->need) && portion->goal >= self->partitions[i].usage)
            self->unplaced = TRUE;
        else
            place(self, i, free);
    }
}

void
policy_raises_place_anyway(PolicyStep *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        if (policy_step_is_placed(self, i))
            continue;
        place(self, i, policy_subtract(self->host->memory, self->paid));
        self->paid += self->limits[i];
    }
}

static void
raise_limit(PolicyStep *self, gsize i, guint64 aim)
{
    const guint64 now = self->limits[i];
    const guint64 limit = policy_step_find_reach(self, i, now, aim);
    guint64 least = policy_step_find_least_change(now);

    if (policy_step_is_pressed(self, i))
        least = now < self->portions[i].guarantee ? 1 : POLICY_LEAST_CHANGE;
    if (limit < now + least)
        return;
    self->given += limit - now;
    self->limits[i] = limit;
}

/* First who would miss it most: of the higher priority, where the division has not decided it. */
static void
raise_all(PolicyStep *self, const gsize *order, gboolean pressed_only, gboolean guaranteed_only)
{
    gsize k;

    for (k = 0; k < self->n; k++) {
        const gsize i = order[k];
        const PolicyPortion *portion = &self->portions[i];
        guint64 aim = portion->goal;

        /* One that has just been placed has its due. */
        if (self->partitions[i].limit > self->host->memory ||
            (pressed_only && !policy_step_is_pressed(self, i)))
            continue;
        if (pressed_only)
            aim = MIN(aim, portion->need);
        if (guaranteed_only)
            aim = MIN(aim, portion->guarantee);
        raise_limit(self, i, aim);
    }
}

static void
raise_limits(PolicyStep *self)
{
    g_autofree gsize *order = policy_step_sort_by_priority(self);
    gsize i;

    raise_all(self, order, TRUE, TRUE);
    raise_all(self, order, TRUE, FALSE);
    raise_all(self, order, FALSE, FALSE);
    for (i = 0; i < self->n; i++)
        if (policy_step_is_placed(self, i) && self->limits[i] > self->partitions[i].limit)
            policy_step_add_change(self->raises, POLICY_CHANGE_LIMIT, i, self->partitions[i].limit,
                                   self->limits[i]);
}

/* Who has not got what he should have. */
static void
find_need(PolicyStep *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPortion *portion = &self->portions[i];
        const guint64 lack = policy_subtract(portion->goal, self->limits[i]);
        const gboolean pressed = policy_step_is_pressed(self, i);

        /* A guarantee is kept to the last, and nobody is killed while others do not use theirs. */
        if (pressed && lack >= POLICY_MIB)
            self->owed |= self->limits[i] < MIN(portion->need, portion->guarantee);
        if (pressed && lack >= POLICY_LEAST_CHANGE)
            self->owed |= policy_step_find_distress(self, i, self->limits[i]) > 0;
        self->in_need |= pressed && lack >= policy_step_find_least_change(self->limits[i]);
        self->starved |= lack > MAX(portion->goal / STARVED_SHARE, POLICY_CUSHION);
        self->starved |= portion->wish > 0 && lack > policy_step_find_least_change(self->limits[i]);
    }
    self->in_need |= self->owed;
    self->in_need |= self->unplaced;
    self->owed |= self->unplaced;
}

void
policy_raises_plan(PolicyStep *self)
{
    place_all(self);
    /* What there is may be all that a limit which is missing gets. */
    if (!self->unplaced)
        raise_limits(self);
    find_need(self);
}

void
policy_raises_give_back(PolicyStep *self)
{
    gsize i;

    for (i = 0; self->sees_guests && i < self->n; i++) {
        const PolicyPartition *partition = &self->partitions[i];
        PolicyNote *note = self->notes[i];
        const guint64 used = partition->usage + self->portions[i].margin + note->balloons.growth;
        const guint64 amount =
            MIN(policy_subtract(policy_step_is_placed(self, i) ? self->limits[i] : 0, used),
                note->balloons.wish);

        if (note->giving || amount == 0 ||
            (note->was_asked && self->now_us - note->asked_us < POLICY_QUIET_US))
            continue;
        if (amount == note->balloons.wish ||
            amount >= MAX(POLICY_CUSHION, policy_step_find_least_change(partition->usage))) {
            policy_balloons_give_back(self->guests, self->n_guests, (guint)i, amount, self->raises);
            note->returned_us = self->now_us;
            note->returned = partition->usage + note->balloons.growth + amount;
        }
    }
}
