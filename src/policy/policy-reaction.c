/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One answer to many cries.
 *
 * Somebody who is out of memory says so again and again, and so does the kernel: a thousand times
 * for one process that it kills.  So what happens is gathered for a moment, until what
 * belongs together is there, and at most once a second it is decided on as a whole, by the
 * weightiest of it.
 *
 * Raise.  Only the guest's own limit is of use to the guest: where that of a partition was met, or
 * the whole machine is short, it stays.  It goes up by a step, no farther than was
 * allowed, and not at all where the host has not got as much: half a step would be met at once.  A
 * guest that is kept to its balloon has been asked to get by with less, so giving it more
 * would be to give it what is being taken.
 *
 * Once.  What was done answers all that came before it: a guest that was paused, and is let go on
 * by its user, is not paused again for what made it stop.  The kernel tells of that late: of how
 * long somebody has waited once a window, and so up to a window later.  Who has had his limit
 * raised may meet that at once; then it counts.  A kill is told all the same.
 *
 * Tell.  What was done is always told; it cannot be done often.  That the same has happened again,
 * and nothing could be done, is told after a second, two, four, and so on up to
 * five minutes, with the number of times it was not.  A minute without is the end of it.
 */
#include <config.h>

#include "policy-reaction.h"

#define KIB_SHIFT 10
#define MIB ((guint64)1 << 20)

#define STEP (64 * MIB)
#define STEP_SHARE 10 /* of the limit, if that is more */

/* The kernel tells of the want before it kills, and of who was killed milliseconds later. */
#define GATHER_US (50 * G_TIME_SPAN_MILLISECOND)
#define PAUSE_US G_TIME_SPAN_SECOND

/* Until what is told, or counted, has come to whoever listens. */
#define LATE_US (250 * G_TIME_SPAN_MILLISECOND)

#define FIRST_GAP_US G_TIME_SPAN_SECOND
#define LAST_GAP_US (5 * G_TIME_SPAN_MINUTE)
#define QUIET_US G_TIME_SPAN_MINUTE

static const char *const event_names[] = {
    [POLICY_EVENT_PRESSURE] = "pressure",
    [POLICY_EVENT_OOM] = "oom",
    [POLICY_EVENT_OOM_KILL] = "oom-kill",
    [POLICY_EVENT_END] = "oom-kill",
};

static const char *const reaction_names[] = {
    [POLICY_REACTION_LOGGED] = "logged",
    [POLICY_REACTION_RAISED] = "raised",
    [POLICY_REACTION_PAUSED] = "paused",
    [POLICY_REACTION_ENDED] = "ended",
};

static const char *const hindrances[] = {
    [POLICY_HINDRANCE_NONE] = "",
    [POLICY_HINDRANCE_NO_LIMIT] = "it has no limit",
    [POLICY_HINDRANCE_OTHERS] = "it was not its own limit that was met",
    [POLICY_HINDRANCE_GOVERNED] = "it is kept to its balloon",
    [POLICY_HINDRANCE_MOST] = "it has the most it may have",
    [POLICY_HINDRANCE_ROOM] = "the host has no more to give",
    [POLICY_HINDRANCE_REFUSED] = "libvirt has just refused it",
    [POLICY_HINDRANCE_ANSWERED] = "what was done last came after it",
};

const char *
policy_event_name(PolicyEvent event)
{
    return event_names[event];
}

const char *
policy_reaction_name(PolicyReactionKind kind)
{
    return reaction_names[kind];
}

const char *
policy_hindrance_describe(PolicyHindrance hindrance)
{
    return hindrances[hindrance];
}

gboolean
policy_reaction_is_wanted(const GuestReaction *wish)
{
    return wish->action != GUEST_ACTION_IGNORE;
}

const GuestReactions *
policy_reaction_get_defaults(void)
{
    static const GuestReactions defaults = {
        .on_oom = {.given = TRUE, .action = GUEST_ACTION_LOG},
        .on_pressure = {.given = TRUE, .action = GUEST_ACTION_IGNORE},
    };

    return &defaults;
}

gint64
policy_reaction_find_wait(const PolicyReactionMemory *self, gint64 first_us, gint64 now_us)
{
    gint64 until_us = first_us + GATHER_US;

    if (self->last_us != 0)
        until_us = MAX(until_us, self->last_us + PAUSE_US);
    return MAX(until_us - now_us, 0);
}

/* ---- what counts ---- */

/* Up to when what is seen may have been before what was done last.  An end never is. */
static gint64
find_answered_us(const PolicyReactionMemory *self, const PolicyIncident *incident,
                 PolicyEvent event)
{
    if (event == POLICY_EVENT_END)
        return 0;
    if (self->done != POLICY_REACTION_PAUSED)
        return self->done_us;
    return self->done_us + LATE_US + (event == POLICY_EVENT_PRESSURE ? incident->window_us : 0);
}

static gboolean
is_open(const PolicyReactionMemory *self, const PolicyIncident *incident, PolicyEvent event)
{
    return incident->seen_us[event] > find_answered_us(self, incident, event);
}

/* FALSE if nothing counts, and nothing is to be told.  *@open: something is to be done as well. */
static gboolean
find_weightiest(const PolicyReactionMemory *self, const PolicyIncident *incident,
                PolicyEvent *event, gboolean *open)
{
    gboolean any = FALSE;
    int i;

    *open = FALSE;
    for (i = 0; i < POLICY_N_EVENTS; i++) {
        const gboolean counts = is_open(self, incident, i);

        if (!counts && (i != POLICY_EVENT_OOM_KILL || incident->seen_us[i] == 0))
            continue;
        *open |= counts;
        *event = i;
        any = TRUE;
    }
    return any;
}

/* ---- what is done ---- */

/* *@limit: the next one; what hinders it otherwise. */
static PolicyHindrance
find_limit(const GuestReaction *wish, const PolicyIncident *incident, guint64 *limit)
{
    const guint64 now = incident->limit;
    const guint64 most = wish->most_kib << KIB_SHIFT;
    const guint64 step =
        wish->step_kib > 0 ? wish->step_kib << KIB_SHIFT : MAX(STEP, now / STEP_SHARE);

    if (now == CORRAL_MEMORY_UNLIMITED)
        return POLICY_HINDRANCE_NO_LIMIT;
    if (!incident->own)
        return POLICY_HINDRANCE_OTHERS;
    if (incident->governed)
        return POLICY_HINDRANCE_GOVERNED;
    if (now >= most)
        return POLICY_HINDRANCE_MOST;

    *limit = now + MIN(step, most - now);
    return *limit - now > incident->room ? POLICY_HINDRANCE_ROOM : POLICY_HINDRANCE_NONE;
}

static void
choose(PolicyReaction *reaction, const GuestReaction *wish, const PolicyIncident *incident)
{
    guint64 limit = 0;

    if (reaction->event == POLICY_EVENT_END) {
        reaction->kind = POLICY_REACTION_ENDED;
    } else if (incident->refused && wish->action != GUEST_ACTION_LOG) {
        reaction->hindrance = POLICY_HINDRANCE_REFUSED;
    } else if (wish->action == GUEST_ACTION_PAUSE) {
        reaction->kind = POLICY_REACTION_PAUSED;
    } else if (wish->action == GUEST_ACTION_RAISE) {
        reaction->hindrance = find_limit(wish, incident, &limit);
        if (reaction->hindrance == POLICY_HINDRANCE_NONE) {
            reaction->kind = POLICY_REACTION_RAISED;
            reaction->limit = limit;
        }
    }
}

/* ---- what is told ---- */

static gboolean
is_news(const PolicyReactionMemory *self, const PolicyReaction *reaction, gint64 now_us)
{
    const gboolean again = self->events[reaction->event].gap_us != 0 &&
                           now_us - self->events[reaction->event].last_us < QUIET_US;

    return !again || reaction->kind != POLICY_REACTION_LOGGED ||
           self->events[reaction->event].kind != reaction->kind ||
           self->events[reaction->event].hindrance != reaction->hindrance;
}

static void
tell(PolicyReactionMemory *self, PolicyReaction *reaction, gint64 now_us)
{
    const gboolean news = is_news(self, reaction, now_us);
    const PolicyEvent event = reaction->event;

    if (news || now_us - self->events[event].told_us >= self->events[event].gap_us) {
        reaction->tell = TRUE;
        reaction->left_out = self->events[event].left_out;
        self->events[event].left_out = 0;
        self->events[event].told_us = now_us;
        self->events[event].gap_us =
            news ? FIRST_GAP_US : MIN(2 * self->events[event].gap_us, LAST_GAP_US);
    } else {
        self->events[event].left_out++;
    }
    self->events[event].last_us = now_us;
    self->events[event].kind = reaction->kind;
    self->events[event].hindrance = reaction->hindrance;
}

PolicyReaction
policy_reaction_decide(PolicyReactionMemory *self, const GuestReactions *wish,
                       const PolicyIncident *incident, gint64 now_us)
{
    PolicyReaction reaction = {.kind = POLICY_REACTION_LOGGED};
    gboolean open;

    if (!find_weightiest(self, incident, &reaction.event, &open))
        return reaction;

    if (open)
        choose(&reaction,
               reaction.event == POLICY_EVENT_PRESSURE ? &wish->on_pressure : &wish->on_oom,
               incident);
    else
        reaction.hindrance = POLICY_HINDRANCE_ANSWERED;
    tell(self, &reaction, now_us);
    self->last_us = now_us;
    return reaction;
}

void
policy_reaction_note_done(PolicyReactionMemory *self, PolicyReactionKind done, gint64 now_us)
{
    self->done = done;
    self->done_us = now_us;
}
