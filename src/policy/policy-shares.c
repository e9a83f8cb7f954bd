/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processors for partitions.
 *
 * Each has what it was guaranteed, and what is left belongs to those of the highest priority.
 * In libvirt's unit, 1024 for each processor, so that all of them together are as many as
 * the host has.  Who has nothing then is idle: it runs where nobody else wants to, and gives way at
 * once.  Weights share out what is wanted, so nothing is lost by what is guaranteed and not used.
 *
 * Where the operator has neither guaranteed anything nor put anybody first all are equal,
 * and the kernel's default says so.
 */
#include <config.h>

#include "policy-shares.h"

#define THOUSAND 1000

/* What a weight of cgroup v2 cannot tell from another: one is 10.24 shares. */
#define ROUNDING 8

static guint64
sum_guarantees(const PolicyPartition *partitions, gsize n)
{
    guint64 sum = 0;
    gsize i;

    for (i = 0; i < n; i++)
        sum += partitions[i].cpu_guarantee;
    return sum;
}

static guint64
count_thousandths(const PolicyHost *host)
{
    return (guint64)MAX(host->cpus, 1) * THOUSAND;
}

gboolean
policy_shares_are_overcommitted(const PolicyHost *host, const PolicyPartition *partitions, gsize n)
{
    return sum_guarantees(partitions, n) > count_thousandths(host);
}

static gboolean
are_equal(const PolicyPartition *partitions, gsize n)
{
    gsize i;

    for (i = 0; i < n; i++)
        if (partitions[i].priority != partitions[0].priority || partitions[i].cpu_guarantee > 0)
            return FALSE;
    return TRUE;
}

static guint
find_highest(const PolicyPartition *partitions, gsize n, guint *count)
{
    guint highest = 0;
    gsize i;

    *count = 0;
    for (i = 0; i < n; i++) {
        if (*count == 0 || partitions[i].priority > highest) {
            highest = partitions[i].priority;
            *count = 0;
        }
        *count += partitions[i].priority == highest;
    }
    return highest;
}

static PolicyShares
make_shares(const PolicyHost *host, const PolicyPartition *partition, guint64 thousandths,
            guint64 sum)
{
    /* More processors than the largest weight has room for: all weights are less. */
    const guint64 all = MIN(count_thousandths(host) * POLICY_SHARES_DEFAULT / THOUSAND,
                            (guint64)POLICY_SHARES_MOST);
    const guint64 shares = sum > 0 ? thousandths * all / sum : 0;

    if (partition->shares > 0)
        return (PolicyShares){partition->shares, FALSE};
    return (PolicyShares){
        .shares = CLAMP(shares, POLICY_SHARES_LEAST, POLICY_SHARES_MOST),
        .idle = thousandths == 0 && host->has_idle,
    };
}

void
policy_shares_find(const PolicyHost *host, const PolicyPartition *partitions, gsize n,
                   PolicyShares *shares)
{
    const guint64 guaranteed = sum_guarantees(partitions, n);
    const guint64 all = MAX(count_thousandths(host), guaranteed);
    const gboolean equal = are_equal(partitions, n);
    guint count;
    const guint highest = find_highest(partitions, n, &count);
    gsize i;

    for (i = 0; i < n; i++) {
        guint64 thousandths = partitions[i].cpu_guarantee;

        if (partitions[i].priority == highest)
            thousandths += (all - guaranteed) / count;
        shares[i] = make_shares(host, &partitions[i], thousandths, all);
        if (equal && partitions[i].shares == 0)
            shares[i] = (PolicyShares){POLICY_SHARES_DEFAULT, FALSE};
    }
}

static void
add_change(GArray *changes, PolicyChangeKind kind, gsize index, guint64 from, guint64 to)
{
    const PolicyChange change = {kind, (guint)index, from, to};

    g_array_append_val(changes, change);
}

static gboolean
is_same(guint64 a, guint64 b)
{
    return MAX(a, b) - MIN(a, b) <= ROUNDING;
}

void
policy_shares_plan(const PolicyHost *host, const PolicyPartition *partitions, gsize n,
                   GArray *changes)
{
    g_autofree PolicyShares *shares = g_new(PolicyShares, n);
    gsize i;

    policy_shares_find(host, partitions, n, shares);
    for (i = 0; i < n; i++) {
        const gboolean was_idle = partitions[i].idle_now;

        if (was_idle != shares[i].idle)
            add_change(changes, POLICY_CHANGE_IDLE, i, was_idle ? 1 : 0, shares[i].idle ? 1 : 0);
        /* The kernel refuses a weight while the group is idle, and has forgotten it after. */
        if (!shares[i].idle && (was_idle || !is_same(partitions[i].shares_now, shares[i].shares)))
            add_change(changes, POLICY_CHANGE_SHARES, i, partitions[i].shares_now,
                       shares[i].shares);
    }
}
