/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-balloons.h"
#include "policy-division.h"
#include "policy-plan.h"

/*
 * One step of a plan while it is being decided: for policy-plan and the two halves of its work,
 * policy-raises and policy-cuts.
 */

/* Less than that is no change. */
#define POLICY_LEAST_CHANGE (16 * POLICY_MIB)

/* From the last asking to giving back; and how long who was given something back has to use it. */
#define POLICY_QUIET_US (10 * G_TIME_SPAN_SECOND)

/* What is remembered of a partition. */
typedef struct {
    guint64 own;             /* what it uses without page cache, smoothed */
    guint64 takeable;        /* the rest, likewise */
    PolicyBalloons balloons; /* as last seen; what they can spare is guessed since */
    guint64 spare_seen;
    guint64 own_seen; /* what it used then, without page cache */
    gboolean giving;
    gboolean spent; /* its guests have had their grace */
    gint64 since_us;
    gint64 asked_us; /* last; with @was_asked */
    gboolean was_asked;
    guint64 pending; /* what they were asked for, and had not given when it was ... */
    guint64 usage_then;
    guint64 returned; /* what it may come to use since its guests have memory back ... */
    gint64 returned_us;
    gboolean is_there;
} PolicyNote;

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
    PolicyNote **notes;
    guint64 *limits; /* with all changes so far; of raises at first, then of cuts, too */
    guint64 given;   /* the sum of those that are placed */
    guint64 paid;    /* the same, without the cuts */
    guint64 pool;    /* what limits may be above what is covered by, together */
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
} PolicyStep;

/* Of a limit, or of what is used. */
guint64 policy_step_find_least_change(guint64 bytes);

/* A limit above all that there is is none. */
gboolean policy_step_is_placed(const PolicyStep *self, gsize i);

/* Whether it is near its limit. */
gboolean policy_step_is_pressed(const PolicyStep *self, gsize i);

/* What it lacks with @limit where there is nowhere to put memory: the kernel kills who has to wait
 * for long. */
guint64 policy_step_find_distress(const PolicyStep *self, gsize i, guint64 limit);

/* What those lack who are about to be stopped below what they were guaranteed. */
guint64 policy_step_sum_owed(const PolicyStep *self);

/* The highest first. */
gsize *policy_step_sort_by_priority(const PolicyStep *self);

/* What nobody has been given. */
guint64 policy_step_find_free(const PolicyStep *self);

/* How far a limit that is @now can be raised towards @aim, out of what is free and of the pool. */
guint64 policy_step_find_reach(const PolicyStep *self, gsize i, guint64 now, guint64 aim);

void policy_step_add_change(GArray *changes, PolicyChangeKind kind, gsize index, guint64 from,
                            guint64 to);

/* And keeps count of it. */
void policy_step_set_limit(PolicyStep *self, GArray *changes, gsize i, guint64 limit);
