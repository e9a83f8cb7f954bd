/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a step takes, so that the next can give it.
 *
 * From whoever has more than his due: at once what he does not use, and in steps what he uses.
 */
#include <config.h>

#include "policy-bytes.h"
#include "policy-cuts.h"

/* Who has more than his due by less than that keeps it, but where a guarantee is at stake. */
#define SURPLUS_SHARE 16

#define STEP (64 * POLICY_MIB)
#define STEP_SHARE 10 /* of what the group uses, if that is more */

/* For guests to give by themselves. */
#define GRACE_US (2 * G_TIME_SPAN_SECOND)

static guint64
find_most(const PolicyPartition *partition)
{
    return MAX(STEP, partition->usage / STEP_SHARE);
}

static void
stop_giving(PolicyNote *note)
{
    note->giving = note->spent = FALSE;
    note->pending = 0;
}

/* What they have been asked for and may still give of themselves. */
static guint64
find_pending(const PolicyNote *note, guint64 usage)
{
    return note->spent ? 0
                       : policy_subtract(note->pending, policy_subtract(note->usage_then, usage));
}

/* For @wanted, in the first place, and for what the need has grown by. */
static void
ask_guests(PolicyStep *self, gsize i, guint64 wanted)
{
    const PolicyPartition *partition = &self->partitions[i];
    PolicyNote *note = self->notes[i];
    const guint64 pending = find_pending(note, partition->usage);
    const guint64 lack = policy_subtract(wanted, pending);

    if (lack < (note->giving ? STEP : POLICY_MIB) ||
        (note->spent && self->now_us - note->asked_us < GRACE_US))
        return;
    /* Who has given all that it was asked for has a grace for what more it is asked for. */
    if (pending == 0 && !note->spent)
        note->since_us = self->now_us;
    /* In steps of some size, as balloons take their time and need is not at its end. */
    note->pending = pending + policy_balloons_ask(self->guests, self->n_guests, (guint)i,
                                                  MAX(lack, find_most(partition)), self->cuts);
    note->usage_then = partition->usage;
    note->asked_us = self->now_us;
    note->was_asked = TRUE;
}

/* They are asked for all but page cache; when they have had their grace only for what the limit
 * has nowhere to put. */
static void
give_way(PolicyStep *self, gsize i)
{
    const PolicyPartition *partition = &self->partitions[i];
    PolicyNote *note = self->notes[i];
    const guint64 elsewhere = partition->takeable + (note->spent ? self->swap_left : 0);

    if (!note->giving)
        note->since_us = self->now_us;
    ask_guests(
        self, i,
        policy_subtract(policy_subtract(partition->usage, self->portions[i].goal), elsewhere));
    note->giving = TRUE;
    if (note->balloons.spare < POLICY_MIB || self->now_us - note->since_us >= GRACE_US)
        note->spent = TRUE;
}

/* It gets no more, and there is nowhere to put memory: better its guests have less than that the
 * kernel kills one. */
static void
relieve(PolicyStep *self, gsize i)
{
    const guint64 distress =
        policy_step_find_distress(self, i, MAX(self->limits[i], self->portions[i].goal));
    PolicyNote *note = self->notes[i];

    if (distress == 0 || note->balloons.spare < POLICY_MIB) {
        stop_giving(note);
    } else if (self->sees_guests) {
        note->spent = FALSE;
        ask_guests(self, i, distress);
        note->giving = TRUE;
    } else {
        self->misses_them = TRUE;
    }
}

/* How far the limit of one that gives way can go now. */
static guint64
find_step(PolicyStep *self, gsize i)
{
    const PolicyPartition *partition = &self->partitions[i];
    const PolicyPortion *portion = &self->portions[i];
    const guint64 most = find_most(partition);
    const guint64 cache = partition->takeable;
    const guint64 reach =
        self->notes[i]->spent ? cache + self->swap_left : policy_subtract(cache, POLICY_CUSHION);
    const guint64 limit =
        MAX(policy_subtract(partition->usage, MIN(most, reach)), MAX(portion->goal, portion->hold));

    self->swap_left = policy_subtract(
        self->swap_left, policy_subtract(policy_subtract(partition->usage, limit), cache));
    return limit;
}

static gboolean
has_surplus(const PolicyStep *self, gsize i)
{
    const guint64 limit = self->limits[i];
    const guint64 surplus = policy_subtract(limit, self->portions[i].goal);
    const gboolean too_much = limit > self->portions[i].most;

    if (self->owed || too_much)
        return surplus >= (too_much ? 1 : POLICY_MIB);
    return (self->in_need || self->starved || self->overlent) &&
           surplus > POLICY_LEAST_CHANGE + limit / SURPLUS_SHARE;
}

static void
lower(PolicyStep *self, gsize i)
{
    const PolicyPartition *partition = &self->partitions[i];
    const PolicyPortion *portion = &self->portions[i];
    const gboolean pays = self->owed || self->in_need || self->limits[i] > portion->most;
    const guint64 least = self->limits[i] > portion->most ? 1
                          : self->owed                    ? POLICY_MIB
                                                          : POLICY_LEAST_CHANGE;
    guint64 limit = MAX(MAX(portion->goal, partition->usage), portion->hold);

    if (!pays) {
        /* For nobody's need nobody is brought near his limit. */
        limit = MAX(limit, portion->need);
    } else if (portion->goal < partition->usage) {
        if (self->sees_guests) {
            give_way(self, i);
            limit = MIN(find_step(self, i), self->limits[i]);
        }
        self->misses_them |= !self->sees_guests;
    }
    if (policy_subtract(self->limits[i], limit) < least)
        return;
    self->freed |= self->limits[i] > partition->usage;
    policy_step_set_limit(self, self->cuts, i, limit);
}

/* Who is owed cannot wait for balloons: as long as they have not given enough it comes from where
 * it is to be had at once, also from who is to have it back when they have. */
static void
advance(PolicyStep *self)
{
    g_autofree gsize *order = policy_step_sort_by_priority(self);
    const guint64 owed = policy_step_sum_owed(self);
    gsize k;

    for (k = self->n; k-- > 0;) {
        const gsize i = order[k];
        const PolicyPartition *partition = &self->partitions[i];
        const PolicyPortion *portion = &self->portions[i];
        const guint64 cache =
            self->sees_guests ? MIN(find_most(partition), partition->takeable) : 0;
        const guint64 least = MAX(MAX(portion->hold, MIN(portion->need, portion->guarantee)),
                                  policy_subtract(partition->usage, cache));
        const guint64 part = MIN(policy_subtract(owed, policy_step_find_free(self)),
                                 policy_subtract(self->limits[i], least));

        if (part < POLICY_MIB || self->limits[i] != partition->limit ||
            !policy_step_is_placed(self, i))
            continue;
        policy_step_set_limit(self, self->cuts, i, self->limits[i] - part);
        self->freed = TRUE;
    }
}

void
policy_cuts_plan(PolicyStep *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        /* What it gives is not used up, as it is one that lacks. */
        const gboolean kept = self->limits[i] != self->partitions[i].limit;

        if (!kept && policy_step_is_placed(self, i) && has_surplus(self, i))
            lower(self, i);
        else
            relieve(self, i);
        self->plan->giving_way |= self->notes[i]->giving;
    }
    advance(self);
    self->misses_them |=
        !self->sees_guests && policy_step_sum_owed(self) > policy_step_find_free(self);
}
