/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-bytes.h"
#include "policy-plan.h"

/*
 * How the memory of a host is divided among its partitions, if it could be had at once
 * (policy-division.c).  What way leads there is policy-plan's.
 */

/* What the kernel and a guest that grows need at once. */
#define POLICY_CUSHION (64 * POLICY_MIB)

typedef struct {
    /* Given: what is known of its guests. */
    guint64 spare;  /* what they can give of what they use */
    guint64 floors; /* together */
    guint64 wish;   /* what they were asked for and would have back */
    guint64 growth; /* what they have back and do not use yet */
    /* Found. */
    guint64 most;      /* the operator's limit, or the host's memory */
    guint64 guarantee; /* that can be kept */
    guint64 margin;    /* above what it uses */
    guint64 need;
    guint64 goal;    /* its limit */
    guint64 covered; /* up to where it needs nothing of the pool */
    /* Not found by the division, which may have been shown something smoother than the truth. */
    guint64 hold; /* what a limit cannot take from it */
} PolicyPortion;

typedef struct {
    gboolean overcommitted; /* the guarantees are more than there is */
    guint64 pool;           /* what can be kept for good by those who were not promised it */
    guint64 left;           /* of that, when all have their goals */
} PolicyDivision;

/* @portions: (inout) (array length=n): of each */
PolicyDivision policy_division_find(const PolicyHost *host, const PolicyPartition *partitions,
                                    gsize n, PolicyPortion *portions);

/* The least limit of @partition that can be had by a limit alone. */
guint64 policy_division_find_hold(const PolicyHost *host, const PolicyPartition *partition,
                                  const PolicyPortion *portion);
