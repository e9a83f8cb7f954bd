/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-plan.h"

/*
 * What the partitions have of the processors.  Of the policy alone and not of who uses how
 * much: so it is decided once, and nothing can swing.
 */

/* The least weight that the kernel knows, and the most that cgroup v2 can say. */
#define POLICY_SHARES_LEAST 2
#define POLICY_SHARES_MOST 102400
#define POLICY_SHARES_DEFAULT 1024

typedef struct {
    guint64 shares;
    gboolean idle; /* what nobody else wants, and then @shares are without meaning */
} PolicyShares;

/* @shares: (out) (array length=n): of each */
void policy_shares_find(const PolicyHost *host, const PolicyPartition *partitions, gsize n,
                        PolicyShares *shares);

/* Whether the processors were promised more than once. */
gboolean policy_shares_are_overcommitted(const PolicyHost *host, const PolicyPartition *partitions,
                                         gsize n);

/* Appends what is to be changed for that. */
void policy_shares_plan(const PolicyHost *host, const PolicyPartition *partitions, gsize n,
                        GArray *changes);
