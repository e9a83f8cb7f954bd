/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * Decides what the partitions of a host are to have now, from what there is to see at one
 * moment (policy-plan.c).  Pure: who asks brings the time and does what the list says,
 * in its order.  The partitions are neighbours: none lies below another.
 *
 * Bytes; CORRAL_MEMORY_UNLIMITED where there is no limit.  Times are of one steadily running
 * clock, in microseconds.
 */

typedef struct {
    guint64 memory;    /* that guests may have all together: the host's less the reserve */
    guint64 swap_room; /* what could still go to swap */
    guint cpus;        /* that guests may run on */
    gboolean has_idle; /* the kernel has cpu.idle */
} PolicyHost;

typedef struct {
    /* What is wanted, by the operator. */
    const char *name;
    guint priority;      /* who has less gives way first */
    guint64 guarantee;   /* memory that it can have at any time */
    guint64 most;        /* memory that it never has more of */
    guint cpu_guarantee; /* thousandths of a CPU */
    guint64 shares;      /* not to be decided here; 0: they are */
    /* What is so. */
    guint64 usage;      /* of its group */
    guint64 takeable;   /* of that, what can be taken without swap: page cache */
    guint64 limit;      /* in force */
    guint64 low;        /* protection in force */
    guint64 shares_now; /* in libvirt's unit; what the kernel has rounded is no difference */
    gboolean idle_now;
    gboolean has_low; /* the kernel has such a protection */
} PolicyPartition;

typedef struct {
    guint partition;   /* its index */
    gboolean balloons; /* it has a balloon that answers */
    guint64 target;    /* what it is asked to get by with */
    guint64 wanted;    /* what its user gave it: never above that */
    guint64 floor;     /* never below that */
    guint64 usage;     /* of its group */
} PolicyGuest;

typedef enum {
    POLICY_CHANGE_SHARES,
    POLICY_CHANGE_IDLE,
    POLICY_CHANGE_LOW,
    POLICY_CHANGE_LIMIT,
    POLICY_CHANGE_BALLOON,
} PolicyChangeKind;

typedef struct {
    PolicyChangeKind kind;
    guint index; /* of the partition; with BALLOON of the guest */
    guint64 from;
    guint64 to;
} PolicyChange;

/* What it remembers from one step to the next.  Zeros to begin with, also for a host whose
 * plan was followed before by somebody who has forgotten everything. */
typedef struct {
    /* To be read. */
    gboolean overcommitted; /* the guarantees are more than the host has: each is cut alike */
    gboolean giving_way;    /* somebody is being taken what it uses */
    /* Its own. */
    gboolean at_ease;  /* it can do without seeing the guests */
    gint64 seen_us;    /* when they were seen last */
    guint hurry;       /* looks in a row without a pause */
    GHashTable *notes; /* on each partition, by name */
} PolicyPlan;

/*
 * Whether the next step has to be shown all guests that there are; else it may be shown
 * none, so that nobody has to ask thousands of guests for their size once a second.
 */
gboolean policy_plan_wants_guests(const PolicyPlan *self);

/* There may be guests now that no step has been shown: the next one is to see them all. */
void policy_plan_expect_guests(PolicyPlan *self);

/*
 * One look, at @now_us.
 *
 * The limits' sum is never above the host's memory, after none of the changes, but for partitions
 * whose limit has been unlimited or above their due before: what these use is taken
 * in steps.  A change that could not be made is seen by the next step, and nothing else
 * depends on it but that raises were paid by cuts of the step before.
 *
 * @pause_us: (out): after the last change, until the next look
 *
 * Returns: (element-type PolicyChange) (transfer full): the changes
 */
GArray *policy_plan_step(PolicyPlan *self, const PolicyHost *host,
                         const PolicyPartition *partitions, gsize n, const PolicyGuest *guests,
                         gsize n_guests, gint64 now_us, gint64 *pause_us);

/* Forgets everything. */
void policy_plan_clear(PolicyPlan *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyPlan, policy_plan_clear)
