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

/* What is remembered of a partition. */
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

/* What those lack who are about to be stopped below what they were guaranteed. */
guint64 policy_step_sum_owed(const PolicyStep *self);

/* The highest first. */
gsize *policy_step_sort_by_priority(const PolicyStep *self);

/* What nobody has been given. */
guint64 policy_step_find_free(const PolicyStep *self);

void policy_step_add_change(GArray *changes, PolicyChangeKind kind, gsize index, guint64 from,
                            guint64 to);

/* And keeps count of it. */
void policy_step_set_limit(PolicyStep *self, GArray *changes, gsize i, guint64 limit);
