/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * Decides what is done for a guest that has run out of memory, or waits for it
 * (policy-reaction.c).  Pure: who asks brings the time and what there is to see, and does what he
 * is told.
 *
 * Bytes; CORRAL_MEMORY_UNLIMITED where there is no limit.  Times are of one steadily running
 * clock, in microseconds.
 */

/* The weightiest last. */
typedef enum {
    POLICY_EVENT_PRESSURE,
    POLICY_EVENT_OOM,      /* nothing was left to reclaim */
    POLICY_EVENT_OOM_KILL, /* and the kernel has killed for it */
    POLICY_EVENT_END,      /* and that was the guest's end */
    POLICY_N_EVENTS
} PolicyEvent;

/* What has happened since the last time, and what there is to see. */
typedef struct {
    gint64 seen_us[POLICY_N_EVENTS]; /* the last of each; 0: none */
    gint64 window_us;  /* of pressure: that is told so long after it was; 0: at once */
    gboolean own;      /* the limit that was met is the guest's, not that of somebody above it */
    gboolean refused;  /* libvirt would not, not long ago */
    gboolean governed; /* a limit of its balloon's is in force, in place of the user's */
    guint64 limit;     /* the user's */
    guint64 room;      /* what the host can give */
} PolicyIncident;

typedef enum {
    POLICY_REACTION_LOGGED, /* nothing but said */
    POLICY_REACTION_RAISED,
    POLICY_REACTION_PAUSED,
    POLICY_REACTION_ENDED, /* there is nobody left for whom anything could be done */
} PolicyReactionKind;

/* Why what was to be done is not. */
typedef enum {
    POLICY_HINDRANCE_NONE,
    POLICY_HINDRANCE_NO_LIMIT,
    POLICY_HINDRANCE_OTHERS,
    POLICY_HINDRANCE_GOVERNED,
    POLICY_HINDRANCE_MOST,
    POLICY_HINDRANCE_ROOM,
    POLICY_HINDRANCE_REFUSED,  /* also of pausing */
    POLICY_HINDRANCE_ANSWERED, /* likewise */
} PolicyHindrance;

typedef struct {
    PolicyEvent event; /* the one that counts */
    PolicyReactionKind kind;
    PolicyHindrance hindrance;
    guint64 limit;  /* to be set: POLICY_REACTION_RAISED */
    gboolean tell;  /* to the log, and to whoever else wants to know */
    guint left_out; /* how often the same was not told since it was told last */
} PolicyReaction;

/* What it remembers of a guest.  Zeros to begin with. */
typedef struct {
    gint64 last_us; /* any reaction */
    gint64 done_us; /* the last that was more than words; 0: none was */
    PolicyReactionKind done;
    struct {
        gint64 last_us;
        gint64 told_us;
        gint64 gap_us; /* 0: nothing was told */
        PolicyReactionKind kind;
        PolicyHindrance hindrance;
        guint left_out;
    } events[POLICY_N_EVENTS];
} PolicyReactionMemory;

/* For how long to gather what happens before it is decided on: the first of it was at @first_us. */
gint64 policy_reaction_find_wait(const PolicyReactionMemory *self, gint64 first_us, gint64 now_us);

/* To be asked when that is over.  Something of @incident has been seen. */
PolicyReaction policy_reaction_decide(PolicyReactionMemory *self, const GuestReactions *wish,
                                      const PolicyIncident *incident, gint64 now_us);

/* That is done now: POLICY_REACTION_RAISED or POLICY_REACTION_PAUSED. */
void policy_reaction_note_done(PolicyReactionMemory *self, PolicyReactionKind done, gint64 now_us);

/* Whether anything of it is to be looked out for. */
gboolean policy_reaction_is_wanted(const GuestReaction *wish);

/* What is done where nobody says anything. */
const GuestReactions *policy_reaction_get_defaults(void);

/* As a hook is told: "oom", "raised". */
const char *policy_event_name(PolicyEvent event);
const char *policy_reaction_name(PolicyReactionKind kind);
/* In words, of the guest: "it has no limit"; "" for none. */
const char *policy_hindrance_describe(PolicyHindrance hindrance);
