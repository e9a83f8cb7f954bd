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

#include "policy-balloons.h"
#include "policy-division.h"
#include "policy-plan.h"
#include "policy-shares.h"

#define MIB POLICY_MIB

/* Less than that is no change. */
#define LEAST_CHANGE (16 * MIB)
#define LEAST_SHARE 50 /* of the limit, if that is more */
/* Who has more than his due by less than that keeps it, but where a guarantee is at stake. */
#define SURPLUS_SHARE 10
/* All together, before headroom is called back that could not be got back later. */
#define OVERLENT_SHARE 8
/* Who has less than his due by more than that is helped although he is in no need. */
#define STARVED_SHARE 4
/* The kernel counts in pages, of 64 KiB on some machines. */
#define LEAST_LOW (64 * 1024)

#define STEP (64 * MIB)
#define STEP_SHARE 10 /* of what the group uses, if that is more */

/* What is within a part of the average is noise, and the average follows it slowly. */
#define NOISE_SHARE 16
#define SMOOTHING 16

#define GRACE_US (2 * G_TIME_SPAN_SECOND)
/* From the last asking to giving back. */
#define QUIET_US (10 * G_TIME_SPAN_SECOND)
/* What was seen of the guests, where somebody lacks something. */
#define STALE_US (10 * G_TIME_SPAN_SECOND)
#define MOVING_US (100 * G_TIME_SPAN_MILLISECOND)
#define RESTING_US (2 * G_TIME_SPAN_SECOND)
/* No group is expected to grow by more in a second. */
#define GROWTH ((gdouble)(1024 * MIB))
/* Looks in a row without a pause: a kernel that refuses must not keep us busy. */
#define MOST_HURRY 3

typedef struct {
    guint64 usage;           /* smoothed */
    guint64 takeable;        /* likewise */
    PolicyBalloons balloons; /* as last seen */
    gboolean giving;
    gboolean spent; /* its guests have had their grace */
    gint64 since_us;
    gint64 asked_us; /* last; with @was_asked */
    gboolean was_asked;
    guint64 pending; /* what they were asked for, and had not given when it was ... */
    guint64 usage_then;
    gboolean is_there;
} Note;

typedef struct {
    PolicyPlan *plan;
    const PolicyHost *host;
    const PolicyPartition *partitions;
    gsize n;
    const PolicyGuest *guests;
    gsize n_guests;
    gboolean sees_guests;
    gint64 now_us;

    PolicyPortion *portions;
    Note **notes;
    guint64 *limits; /* with all changes so far; of raises at first, then of cuts, too */
    guint64 free;    /* given to nobody */
    guint64 swap_left;
    GArray *raises;
    GArray *cuts;

    gboolean unplaced; /* a limit has yet to find room */
    gboolean in_need;  /* somebody is near his limit and could not be raised */
    gboolean owed;     /* the same, of what he was guaranteed; or the sum is too large */
    gboolean starved;
    gboolean overlent;
    gboolean freed;       /* a cut has made room at once */
    gboolean misses_them; /* it cannot go on without seeing the guests */
} Step;

static guint64
subtract(guint64 a, guint64 b)
{
    return a > b ? a - b : 0;
}

static void
add_change(GArray *changes, PolicyChangeKind kind, gsize index, guint64 from, guint64 to)
{
    const PolicyChange change = {kind, (guint)index, from, to};

    g_array_append_val(changes, change);
}

/* ---- what is remembered ---- */

gboolean
policy_plan_wants_guests(const PolicyPlan *self)
{
    return !self->at_ease;
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
    Note *note = value;
    const gboolean gone = !note->is_there;

    (void)key;
    (void)data;
    note->is_there = FALSE;
    return gone;
}

static void
find_notes(Step *self)
{
    PolicyPlan *plan = self->plan;
    gsize i;

    if (!plan->notes)
        plan->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (i = 0; i < self->n; i++) {
        const char *name = self->partitions[i].name;

        self->notes[i] = g_hash_table_lookup(plan->notes, name);
        if (!self->notes[i]) {
            self->notes[i] = g_new0(Note, 1);
            g_hash_table_insert(plan->notes, g_strdup(name), self->notes[i]);
        }
        self->notes[i]->is_there = TRUE;
    }
    g_hash_table_foreach_remove(plan->notes, is_gone, NULL);
}

/* What they could give now if they use all that they could when they were last seen. */
static guint64
guess_spare(const PolicyBalloons *balloons, const PolicyPartition *partition)
{
    return MIN(balloons->promised,
               subtract(subtract(partition->usage, partition->takeable), balloons->floors));
}

static void
note_guests(Step *self)
{
    g_autofree PolicyBalloons *balloons = g_new0(PolicyBalloons, self->n);
    gsize i;

    policy_balloons_count(self->guests, self->n_guests, balloons, self->n);
    for (i = 0; i < self->n; i++) {
        if (self->sees_guests)
            self->notes[i]->balloons = balloons[i];
        else
            self->notes[i]->balloons.spare =
                guess_spare(&self->notes[i]->balloons, &self->partitions[i]);
        self->portions[i].balloons = self->notes[i]->balloons.promised;
        self->portions[i].spare = self->notes[i]->balloons.spare;
        self->portions[i].floors = self->notes[i]->balloons.floors;
        self->portions[i].wish = self->notes[i]->balloons.wish;
    }
}

static guint64
smooth(guint64 average, guint64 now)
{
    const guint64 way = MAX(average, now) - MIN(average, now);

    if (way > MAX(now / NOISE_SHARE, LEAST_CHANGE))
        return now;
    return now > average ? average + way / SMOOTHING : average - way / SMOOTHING;
}

/* The partitions as they would be seen without noise. */
static PolicyPartition *
calm_down(const Step *self)
{
    PolicyPartition *calm = g_new(PolicyPartition, self->n);
    gsize i;

    for (i = 0; i < self->n; i++) {
        Note *note = self->notes[i];

        note->usage = smooth(note->usage, self->partitions[i].usage);
        note->takeable = MIN(smooth(note->takeable, self->partitions[i].takeable), note->usage);
        calm[i] = self->partitions[i];
        calm[i].usage = note->usage;
        calm[i].takeable = note->takeable;
    }
    return calm;
}

/* ---- how it stands ---- */

static guint64
find_least_change(guint64 limit)
{
    return MAX(LEAST_CHANGE, limit / LEAST_SHARE);
}

/* A limit above all that there is is none. */
static gboolean
is_placed(const Step *self, gsize i)
{
    return self->limits[i] <= self->host->memory;
}

static gboolean
is_pressed(const Step *self, gsize i)
{
    const PolicyPortion *portion = &self->portions[i];
    const guint64 least = MAX(self->notes[i]->usage + portion->margin / 2,
                              self->partitions[i].usage + portion->margin / 8);

    return self->limits[i] < MIN(least, portion->most);
}

static void
sum_up(Step *self)
{
    guint64 limits = 0;
    guint64 goals = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        if (!is_placed(self, i))
            continue;
        limits += self->limits[i];
        goals += self->portions[i].goal;
    }
    self->free = subtract(self->host->memory, limits);
    self->owed = limits > self->host->memory;
    self->overlent = limits > goals + MAX(goals / OVERLENT_SHARE, POLICY_CUSHION);
}

/* ---- up ---- */

static void
set_limit(Step *self, GArray *changes, gsize i, guint64 limit)
{
    add_change(changes, POLICY_CHANGE_LIMIT, i, self->partitions[i].limit, limit);
    if (is_placed(self, i))
        self->free += self->limits[i];
    self->limits[i] = limit;
    self->free = subtract(self->free, limit);
}

/* A new one, or all of them at the first look. */
static void
place(Step *self, gsize i)
{
    const PolicyPortion *portion = &self->portions[i];
    const guint64 usage = self->partitions[i].usage;

    if (self->free < MIN(portion->goal, portion->need) && portion->goal >= usage) {
        self->unplaced = TRUE;
        return;
    }
    set_limit(self, self->raises, i,
              MAX(MIN(portion->goal, self->free), MIN(usage, portion->most)));
}

/* Nobody has made room. */
static void
place_anyway(Step *self)
{
    gsize i;

    for (i = 0; i < self->n; i++)
        if (!is_placed(self, i))
            set_limit(self, self->raises, i,
                      MAX(MIN(self->portions[i].goal, self->free),
                          MIN(self->partitions[i].usage, self->portions[i].most)));
}

static void
raise_limit(Step *self, gsize i, guint64 aim)
{
    const guint64 now = self->limits[i];
    const guint64 limit = MIN(aim, now + self->free);
    guint64 least = find_least_change(now);

    if (is_pressed(self, i))
        least = now < self->portions[i].guarantee ? 1 : LEAST_CHANGE;
    if (limit < now + least)
        return;
    self->free -= limit - self->limits[i];
    self->limits[i] = limit;
}

/* First who would miss it most: of the higher priority, where the division has not decided it. */
static void
raise_all(Step *self, const gsize *order, gboolean pressed_only, gboolean guaranteed_only)
{
    gsize k;

    for (k = 0; k < self->n; k++) {
        const gsize i = order[k];
        const PolicyPortion *portion = &self->portions[i];
        guint64 aim = portion->goal;

        /* One that has just been placed has its due. */
        if (self->partitions[i].limit > self->host->memory ||
            (pressed_only && !is_pressed(self, i)))
            continue;
        if (pressed_only)
            aim = MIN(aim, portion->need);
        if (guaranteed_only)
            aim = MIN(aim, portion->guarantee);
        raise_limit(self, i, aim);
    }
}

/* Of those who are about to be stopped below what they were guaranteed. */
static guint64
sum_owed(const Step *self)
{
    guint64 sum = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPortion *portion = &self->portions[i];

        if (is_placed(self, i) && is_pressed(self, i))
            sum += subtract(MIN(portion->goal, MIN(portion->need, portion->guarantee)),
                            self->limits[i]);
    }
    return sum;
}

static int
compare_priorities(gconstpointer a, gconstpointer b, gpointer data)
{
    const PolicyPartition *partitions = data;
    const gsize x = *(const gsize *)a;
    const gsize y = *(const gsize *)b;

    if (partitions[x].priority != partitions[y].priority)
        return partitions[x].priority > partitions[y].priority ? -1 : 1;
    return (x > y) - (x < y);
}

/* The highest first. */
static gsize *
sort_by_priority(const Step *self)
{
    gsize *order = g_new(gsize, self->n);
    gsize i;

    for (i = 0; i < self->n; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)self->n, sizeof(*order), compare_priorities,
                      (gpointer)self->partitions);
    return order;
}

static void
raise_limits(Step *self)
{
    g_autofree gsize *order = sort_by_priority(self);
    gsize i;

    raise_all(self, order, TRUE, TRUE);
    raise_all(self, order, TRUE, FALSE);
    raise_all(self, order, FALSE, FALSE);
    for (i = 0; i < self->n; i++)
        if (is_placed(self, i) && self->limits[i] > self->partitions[i].limit)
            add_change(self->raises, POLICY_CHANGE_LIMIT, i, self->partitions[i].limit,
                       self->limits[i]);
}

/* Who has not got what he should have. */
static void
find_need(Step *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPortion *portion = &self->portions[i];
        const guint64 lack = subtract(portion->goal, self->limits[i]);
        const gboolean pressed = is_pressed(self, i);

        /* A guarantee is kept to the last. */
        if (pressed && lack >= MIB)
            self->owed |= self->limits[i] < MIN(portion->need, portion->guarantee);
        self->in_need |= pressed && lack >= find_least_change(self->limits[i]);
        self->starved |= lack > MAX(portion->goal / STARVED_SHARE, POLICY_CUSHION);
        self->starved |= portion->wish > 0 && lack > find_least_change(self->limits[i]);
    }
    self->in_need |= self->owed;
    self->in_need |= self->unplaced;
    self->owed |= self->unplaced;
}

/* ---- down ---- */

static guint64
find_most(const PolicyPartition *partition)
{
    return MAX(STEP, partition->usage / STEP_SHARE);
}

static void
stop_giving(Note *note)
{
    note->giving = note->spent = FALSE;
    note->pending = 0;
}

/* What they have been asked for and may still give of themselves. */
static guint64
find_pending(const Note *note, guint64 usage)
{
    return note->spent ? 0 : subtract(note->pending, subtract(note->usage_then, usage));
}

/* In the first place, and for what the need has grown by; when they have had their grace only
 * for what the limit has nowhere to put. */
static void
ask_guests(Step *self, gsize i)
{
    const PolicyPartition *partition = &self->partitions[i];
    Note *note = self->notes[i];
    const guint64 elsewhere = partition->takeable + (note->spent ? self->swap_left : 0);
    const guint64 pending = find_pending(note, partition->usage);
    const guint64 lack =
        subtract(subtract(subtract(partition->usage, self->portions[i].goal), elsewhere), pending);

    if (lack < (note->giving ? STEP : MIB) ||
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

static void
give_way(Step *self, gsize i)
{
    Note *note = self->notes[i];

    if (!note->giving)
        note->since_us = self->now_us;
    ask_guests(self, i);
    note->giving = TRUE;
    if (note->balloons.spare < MIB || self->now_us - note->since_us >= GRACE_US)
        note->spent = TRUE;
}

/* How far the limit of one that gives way can go now. */
static guint64
find_step(Step *self, gsize i)
{
    const PolicyPartition *partition = &self->partitions[i];
    const PolicyPortion *portion = &self->portions[i];
    const guint64 most = find_most(partition);
    const guint64 cache = partition->takeable;
    const guint64 reach =
        self->notes[i]->spent ? cache + self->swap_left : subtract(cache, POLICY_CUSHION);
    const guint64 limit =
        MAX(subtract(partition->usage, MIN(most, reach)), MAX(portion->goal, portion->hold));

    self->swap_left = subtract(self->swap_left, subtract(subtract(partition->usage, limit), cache));
    return limit;
}

static gboolean
has_surplus(const Step *self, gsize i)
{
    const guint64 limit = self->limits[i];
    const guint64 surplus = subtract(limit, self->portions[i].goal);
    const gboolean too_much = limit > self->portions[i].most;

    if (self->owed || too_much)
        return surplus >= (too_much ? 1 : MIB);
    return (self->in_need || self->starved || self->overlent) &&
           surplus > LEAST_CHANGE + limit / SURPLUS_SHARE;
}

static void
lower(Step *self, gsize i)
{
    const PolicyPartition *partition = &self->partitions[i];
    const PolicyPortion *portion = &self->portions[i];
    const gboolean pays = self->owed || self->in_need || self->limits[i] > portion->most;
    const guint64 least = self->limits[i] > portion->most ? 1 : self->owed ? MIB : LEAST_CHANGE;
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
    if (subtract(self->limits[i], limit) < least)
        return;
    self->freed |= self->limits[i] > partition->usage;
    set_limit(self, self->cuts, i, limit);
}

/* Who is owed cannot wait for balloons: as long as they have not given enough it comes from where
 * it is to be had at once, also from who is to have it back when they have. */
static void
advance(Step *self)
{
    g_autofree gsize *order = sort_by_priority(self);
    const guint64 owed = sum_owed(self);
    gsize k;

    for (k = self->n; k-- > 0;) {
        const gsize i = order[k];
        const PolicyPartition *partition = &self->partitions[i];
        const PolicyPortion *portion = &self->portions[i];
        const guint64 cache =
            self->sees_guests ? MIN(find_most(partition), partition->takeable) : 0;
        const guint64 least = MAX(MAX(portion->hold, MIN(portion->need, portion->guarantee)),
                                  subtract(partition->usage, cache));
        const guint64 part = MIN(subtract(owed, self->free), subtract(self->limits[i], least));

        if (part < MIB || self->limits[i] != partition->limit)
            continue;
        set_limit(self, self->cuts, i, self->limits[i] - part);
        self->freed = TRUE;
    }
}

static void
lower_limits(Step *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        /* What it gives is not used up, as it is one that lacks. */
        const gboolean kept = self->limits[i] != self->partitions[i].limit;

        if (!kept && is_placed(self, i) && has_surplus(self, i))
            lower(self, i);
        else
            stop_giving(self->notes[i]);
        self->plan->giving_way |= self->notes[i]->giving;
    }
    advance(self);
    self->misses_them |= !self->sees_guests && sum_owed(self) > self->free;
}

/* ---- the rest ---- */

static void
give_back(Step *self)
{
    gsize i;

    for (i = 0; self->sees_guests && i < self->n; i++) {
        const PolicyPartition *partition = &self->partitions[i];
        const Note *note = self->notes[i];
        const guint64 used = partition->usage + self->portions[i].margin + note->balloons.growth;
        const guint64 amount =
            MIN(subtract(is_placed(self, i) ? self->limits[i] : 0, used), note->balloons.wish);

        if (note->giving || amount == 0 ||
            (note->was_asked && self->now_us - note->asked_us < QUIET_US))
            continue;
        if (amount == note->balloons.wish || amount >= MAX(STEP, partition->usage / LEAST_SHARE))
            policy_balloons_give_back(self->guests, self->n_guests, (guint)i, amount, self->raises);
    }
}

static void
protect(Step *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const guint64 low = self->portions[i].guarantee;
        const guint64 now = self->partitions[i].low;

        if (self->partitions[i].has_low && MAX(low, now) - MIN(low, now) >= LEAST_LOW)
            add_change(low > now ? self->raises : self->cuts, POLICY_CHANGE_LOW, i, now, low);
    }
}

/* How long nobody can run into his limit. */
static gint64
find_rest(const Step *self)
{
    gint64 pause_us = RESTING_US;
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPartition *partition = &self->partitions[i];
        const guint64 way = subtract(self->limits[i], partition->usage) + partition->takeable;
        const gdouble us = (gdouble)way / GROWTH * G_TIME_SPAN_SECOND;

        if (self->limits[i] < self->portions[i].most && us < (gdouble)pause_us)
            pause_us = MAX((gint64)us, MOVING_US);
    }
    return pause_us;
}

static gint64
find_pause(Step *self)
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
can_do_without_guests(const Step *self, const PolicyDivision *division)
{
    const gboolean short_of = division->pool < self->host->memory / OVERLENT_SHARE / 2;
    gsize i;

    for (i = 0; i < self->n; i++)
        if (self->portions[i].wish > 0 || (short_of && self->portions[i].balloons > 0))
            return FALSE;
    if ((self->in_need || self->starved) && self->now_us - self->plan->seen_us >= STALE_US)
        return FALSE;
    return !self->plan->giving_way && !self->misses_them;
}

static void
decide(Step *self)
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
    sum_up(self);

    for (i = 0; i < self->n; i++)
        if (!is_placed(self, i))
            place(self, i);
    if (!self->unplaced)
        raise_limits(self);
    find_need(self);
    lower_limits(self);
    if (self->unplaced && !self->freed)
        place_anyway(self);
    give_back(self);
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
    g_autofree Note **notes = g_new0(Note *, n);
    g_autofree guint64 *limits = g_new(guint64, n);
    Step step = {
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
