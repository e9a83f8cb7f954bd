/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * Decides, for one guest, what limit its group is to have so that the guest gets by
 * with the memory it was asked to get by with (policy-governor.c).  Pure: who asks
 * brings the time and what there is to see, and does what he is told.
 *
 * Bytes; CORRAL_MEMORY_UNLIMITED where there is no limit.  Times are of one steadily
 * running clock, in microseconds.
 */

/* What is wanted of the guest, from whoever runs the host or wrote its XML. */
typedef struct {
    gboolean enforce; /* FALSE: the balloon alone, as with stock libvirt */
    gint64 grace_us;  /* for the guest to give memory back by itself */
    guint64 margin;   /* above the target and the overhead: never cut to the bone */
    guint64 floor;    /* of the guest's memory: no target below it is enforced */
    gboolean release; /* what cannot be had is given up, instead of held as far as it goes */
} PolicyBalloon;

/* What there is to see. */
typedef struct {
    guint64 ram;       /* what the guest has with no balloon at all */
    guint64 target;    /* what it was asked to get by with */
    guint64 actual;    /* what its balloon has left it */
    guint64 overhead;  /* what its group needs beside the guest's memory, at most so far */
    guint64 usage;     /* of the group */
    guint64 cache;     /* of that, page cache nobody has mapped: goes first, and needs no swap */
    guint64 idle;      /* of that, what the kernel has on its lists for being taken */
    guint64 pinned;    /* of that, what the kernel cannot take */
    guint64 swapped;   /* what the group has in swap */
    guint64 swap_room; /* what more can go there */
    guint64 limit;     /* in force, of the kind that the governor sets */
    guint64 users;     /* what limit of this kind the user has set */
    guint64 stopped;   /* times that the group was stopped at a limit, since it was made */
    gboolean kills;    /* a limit of this kind may end in the kernel's killing the guest */
    gboolean deflates; /* the balloon is the guest's again whenever it runs out of memory */
    gboolean asleep;   /* the target is from the guest's start, and its driver may not run yet */
} PolicySample;

typedef enum {
    POLICY_BALLOON_OFF,         /* asked for nothing, or not to be enforced */
    POLICY_BALLOON_WAITING,     /* the guest is giving it back by itself, or has time to */
    POLICY_BALLOON_ENFORCING,   /* it is being taken */
    POLICY_BALLOON_ENFORCED,    /* the limit is where it is meant to be */
    POLICY_BALLOON_UNREACHABLE, /* it is as low as it can be */
} PolicyBalloonState;

/* Why it is unreachable. */
typedef enum {
    POLICY_REASON_NONE,
    POLICY_REASON_NO_SWAP, /* nowhere to put what the guest keeps */
    POLICY_REASON_PINNED,  /* the kernel cannot take it: locked, or huge pages */
    POLICY_REASON_BUSY,    /* the guest uses it all the time */
} PolicyReason;

typedef enum {
    POLICY_DEED_NONE,
    POLICY_DEED_LIMIT,   /* set the limit */
    POLICY_DEED_SQUEEZE, /* the same while the guest stands still, for a second at most, and
                          * before it goes on again, as it was */
} PolicyDeedKind;

typedef struct {
    PolicyDeedKind kind;
    guint64 limit;
    gint64 pause_us; /* after the deed, until the next look; -1: none is needed */
} PolicyDeed;

/* What it remembers from one look to the next.  Zeros to begin with, also for a guest that
 * was governed before by somebody who has forgotten everything. */
typedef struct {
    PolicyBalloonState state;
    PolicyReason reason;
    guint64 target; /* whose grace it is */
    gint64 since_us;
    guint64 aim; /* where the last blow was to bring the limit; 0: there was none */
    guint64 usage_then;
    guint64 stopped;
    guint bound; /* looks in a row at which the group had been stopped */
    guint vain;  /* blows in a row that took nothing */
    gboolean squeezed;
    gint64 pause_us;
    gint64 blow_us; /* no blow before that */
    gint64 rest_us; /* the last rest's length */
    gint64 rest_until_us;
    gboolean given_up;
} PolicyGovernor;

/*
 * Where the limit is meant to be: target, overhead and margin, or the user's own limit
 * where that is tighter; unlimited for a guest that is asked for nothing.  No limit that
 * the governor asks for is ever below it.
 */
guint64 policy_governor_find_goal(const PolicyBalloon *policy, const PolicySample *sample);

/* One look at @sample, at @now_us. */
PolicyDeed policy_governor_step(PolicyGovernor *self, const PolicyBalloon *policy,
                                const PolicySample *sample, gint64 now_us);

/* In words of one, as users see them; "" for none. */
const char *policy_balloon_state_name(PolicyBalloonState state);
const char *policy_reason_name(PolicyReason reason);
