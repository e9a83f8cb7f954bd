/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From where the partitions are to where they should be.
 *
 * policy-division says what each should have.  The limits' sum stays within what there is at
 * every moment: so a limit is raised out of what nobody has been given, and when that is
 * not enough others are lowered, and the next step raises.  What a limit has above what its group
 * uses costs nobody anything, and goes at once.
 *
 * Who has to give what it uses gives way.  Its page cache is taken by the limit, in steps.  For
 * more its guests are asked by their balloons first, and have a grace; what they do not
 * give is then taken by the limit, in the same steps, into swap.  No limit goes below what
 * cannot be taken at all, nor below the least that the guests were promised.
 *
 * Nothing moves without a reason.  Usage is never the same twice, and with it what
 * each should have; so a limit is lowered only for the sake of somebody who is about to be stopped
 * at his, or has far less than his due, and of somebody who has clearly more than his.
 * A raise out of what nobody has needs less of a reason, as it can only come to an end.
 *
 * All is judged by what the next look shows.  What is remembered is how long guests have
 * been asked already, and what their balloons could do when they were last seen: who has forgotten
 * it asks once more.
 */
#include <config.h>

#include "policy-bytes.h"
#include "policy-cuts.h"
#include "policy-raises.h"
#include "policy-shares.h"

/* All together, before headroom is called back that could not be got back later. */
#define OVERLENT_SHARE 8
/* The kernel counts in pages, of 64 KiB on some machines. */
#define LEAST_LOW (64 * 1024)

/* What is within a part of the average is noise, and the average follows it slowly. */
#define NOISE_SHARE 16
#define SMOOTHING 16

/* What was seen of the guests, where somebody lacks something. */
#define STALE_US (10 * G_TIME_SPAN_SECOND)
#define MOVING_US (100 * G_TIME_SPAN_MILLISECOND)
#define RESTING_US (2 * G_TIME_SPAN_SECOND)
/* No group is expected to grow by more in a second. */
#define GROWTH ((gdouble)(1024 * POLICY_MIB))
/* Looks in a row without a pause: a kernel that refuses must not keep us busy. */
#define MOST_HURRY 3

/* ---- what is remembered ---- */

gboolean
policy_plan_wants_guests(const PolicyPlan *self)
{
    return !self->at_ease;
}

void
policy_plan_expect_guests(PolicyPlan *self)
{
    self->at_ease = FALSE;
}

void
policy_plan_clear(PolicyPlan *self)
{
    g_clear_pointer(&self->notes, g_hash_table_unref);
    *self = (PolicyPlan){0};
}

static gboolean
is_gone(gpointer key, gpointer value, gpointer data)
{
    PolicyNote *note = value;
    const gboolean gone = !note->is_there;

    (void)key;
    (void)data;
    note->is_there = FALSE;
    return gone;
}

static void
find_notes(PolicyStep *self)
{
    PolicyPlan *plan = self->plan;
    gsize i;

    if (!plan->notes)
        plan->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (i = 0; i < self->n; i++) {
        const char *name = self->partitions[i].name;

        self->notes[i] = g_hash_table_lookup(plan->notes, name);
        if (!self->notes[i]) {
            self->notes[i] = g_new0(PolicyNote, 1);
            g_hash_table_insert(plan->notes, g_strdup(name), self->notes[i]);
        }
        self->notes[i]->is_there = TRUE;
    }
    g_hash_table_foreach_remove(plan->notes, is_gone, NULL);
}

static guint64
find_own(const PolicyPartition *partition)
{
    return policy_subtract(partition->usage, partition->takeable);
}

/* What they could give now if all that is used since they were seen is theirs. */
static guint64
guess_spare(const PolicyNote *note, const PolicyPartition *partition)
{
    const guint64 now = note->spare_seen + find_own(partition);

    return MIN(note->balloons.promised, policy_subtract(now, note->own_seen));
}

static void
note_guests(PolicyStep *self)
{
    g_autofree PolicyBalloons *balloons = g_new0(PolicyBalloons, self->n);
    gsize i;

    policy_balloons_count(self->guests, self->n_guests, balloons, self->n);
    for (i = 0; i < self->n; i++) {
        PolicyNote *note = self->notes[i];
        PolicyPortion *portion = &self->portions[i];

        if (self->sees_guests) {
            note->balloons = balloons[i];
            note->spare_seen = balloons[i].spare;
            note->own_seen = find_own(&self->partitions[i]);
        } else {
            note->balloons.spare = guess_spare(note, &self->partitions[i]);
        }
        portion->spare = note->balloons.spare;
        portion->floors = note->balloons.floors;
        portion->wish = note->balloons.wish;
        if (self->now_us - note->returned_us < POLICY_QUIET_US)
            portion->growth = policy_subtract(note->returned, self->partitions[i].usage);
    }
}

static guint64
smooth(guint64 average, guint64 now)
{
    const guint64 way = MAX(average, now) - MIN(average, now);

    if (way > MAX(now / NOISE_SHARE, POLICY_LEAST_CHANGE))
        return now;
    return now > average ? average + way / SMOOTHING : average - way / SMOOTHING;
}

/* The partitions as they would be seen without noise. */
static PolicyPartition *
calm_down(const PolicyStep *self)
{
    PolicyPartition *calm = g_new(PolicyPartition, self->n);
    gsize i;

    for (i = 0; i < self->n; i++) {
        PolicyNote *note = self->notes[i];

        note->own = smooth(note->own, find_own(&self->partitions[i]));
        note->takeable = smooth(note->takeable, self->partitions[i].takeable);
        calm[i] = self->partitions[i];
        calm[i].usage = note->own + note->takeable;
        calm[i].takeable = note->takeable;
    }
    return calm;
}

/* ---- how it stands ---- */

static void
sum_up(PolicyStep *self)
{
    guint64 goals = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        if (!policy_step_is_placed(self, i))
            continue;
        self->given += self->limits[i];
        goals += self->portions[i].goal;
    }
    self->owed = self->given > self->host->memory;
    self->overlent = self->given > goals + MAX(goals / OVERLENT_SHARE, POLICY_CUSHION);
}

/* ---- the rest ---- */

static void
protect(PolicyStep *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const guint64 low = self->portions[i].guarantee;
        const guint64 now = self->partitions[i].low;

        if (self->partitions[i].has_low && MAX(low, now) - MIN(low, now) >= LEAST_LOW)
            policy_step_add_change(low > now ? self->raises : self->cuts, POLICY_CHANGE_LOW, i, now,
                                   low);
    }
}

/* How long nobody can run into his limit. */
static gint64
find_rest(const PolicyStep *self)
{
    gint64 pause_us = RESTING_US;
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPartition *partition = &self->partitions[i];
        const guint64 way =
            policy_subtract(self->limits[i], partition->usage) + partition->takeable;
        const gdouble us = (gdouble)way / GROWTH * G_TIME_SPAN_SECOND;

        if (self->limits[i] < self->portions[i].most && us < (gdouble)pause_us)
            pause_us = MAX((gint64)us, MOVING_US);
    }
    return pause_us;
}

static gint64
find_pause(PolicyStep *self)
{
    PolicyPlan *plan = self->plan;
    const gboolean urgent = (self->freed && (self->in_need || self->starved)) || self->misses_them;

    plan->hurry = urgent ? plan->hurry + 1 : 0;
    if (urgent && plan->hurry <= MOST_HURRY)
        return 0;
    if (urgent || self->raises->len + self->cuts->len > 0 || plan->giving_way)
        return MOVING_US;
    return find_rest(self);
}

static gboolean
can_do_without_guests(const PolicyStep *self, const PolicyDivision *division)
{
    const gboolean short_of = division->left < self->host->memory / OVERLENT_SHARE / 2;
    gsize i;

    for (i = 0; i < self->n; i++)
        if (self->portions[i].wish > 0 || (short_of && self->notes[i]->balloons.promised > 0))
            return FALSE;
    if ((self->in_need || self->starved) && self->now_us - self->plan->seen_us >= STALE_US)
        return FALSE;
    return !self->plan->giving_way && !self->misses_them;
}

static void
decide(PolicyStep *self)
{
    g_autofree PolicyPartition *calm = NULL;
    PolicyDivision division;
    gsize i;

    find_notes(self);
    note_guests(self);
    if (self->sees_guests)
        self->plan->seen_us = self->now_us;
    calm = calm_down(self);
    division = policy_division_find(self->host, calm, self->n, self->portions);
    for (i = 0; i < self->n; i++)
        self->portions[i].hold =
            policy_division_find_hold(self->host, &self->partitions[i], &self->portions[i]);
    self->pool = division.pool;
    sum_up(self);

    policy_raises_plan(self);
    self->paid = self->given;
    policy_cuts_plan(self);
    if (self->unplaced && !self->freed)
        policy_raises_place_anyway(self);
    policy_raises_give_back(self);
    protect(self);

    self->plan->overcommitted =
        division.overcommitted ||
        policy_shares_are_overcommitted(self->host, self->partitions, self->n);
    self->plan->at_ease = can_do_without_guests(self, &division);
}

GArray *
policy_plan_step(PolicyPlan *self, const PolicyHost *host, const PolicyPartition *partitions,
                 gsize n, const PolicyGuest *guests, gsize n_guests, gint64 now_us,
                 gint64 *pause_us)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(PolicyChange));
    g_autoptr(GArray) raises = g_array_new(FALSE, FALSE, sizeof(PolicyChange));
    g_autoptr(GArray) cuts = g_array_new(FALSE, FALSE, sizeof(PolicyChange));
    g_autofree PolicyPortion *portions = g_new0(PolicyPortion, n);
    g_autofree PolicyNote **notes = g_new0(PolicyNote *, n);
    g_autofree guint64 *limits = g_new(guint64, n);
    PolicyStep step = {
        .plan = self,
        .host = host,
        .partitions = partitions,
        .n = n,
        .guests = guests,
        .n_guests = n_guests,
        .sees_guests = n_guests > 0 || policy_plan_wants_guests(self),
        .now_us = now_us,
        .portions = portions,
        .notes = notes,
        .limits = limits,
        .swap_left = host->swap_room / 4 * 3,
        .raises = raises,
        .cuts = cuts,
    };
    gsize i;

    for (i = 0; i < n; i++)
        limits[i] = partitions[i].limit;
    self->giving_way = FALSE;
    decide(&step);

    policy_shares_plan(host, partitions, n, changes);
    g_array_append_vals(changes, raises->data, raises->len);
    g_array_append_vals(changes, cuts->data, cuts->len);
    *pause_us = find_pause(&step);
    return g_steal_pointer(&changes);
}
