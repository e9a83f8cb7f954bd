/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Balloons of a partition.
 *
 * A guest that has never touched what it was given has nothing to give there: so
 * it is asked by what it uses, not by what it may use.
 */
#include <config.h>

#include "policy-balloons.h"
#include "policy-bytes.h"

static guint64
find_spare(const PolicyGuest *guest)
{
    return guest->balloons ? policy_subtract(MIN(guest->target, guest->usage), guest->floor) : 0;
}

static guint64
find_wish(const PolicyGuest *guest)
{
    return guest->balloons ? policy_subtract(guest->wanted, guest->target) : 0;
}

void
policy_balloons_count(const PolicyGuest *guests, gsize n_guests, PolicyBalloons *balloons, gsize n)
{
    gsize i;

    for (i = 0; i < n_guests; i++) {
        const PolicyGuest *guest = &guests[i];
        PolicyBalloons *sum;

        if (guest->partition >= n)
            continue;
        sum = &balloons[guest->partition];
        sum->floors += guest->floor;
        sum->spare += find_spare(guest);
        sum->wish += find_wish(guest);
        if (guest->balloons)
            sum->promised += policy_subtract(guest->target, guest->floor);
        if (find_wish(guest) > 0)
            sum->growth += policy_subtract(guest->target, guest->usage);
    }
}

static void
add_change(GArray *changes, gsize index, guint64 from, guint64 to)
{
    const PolicyChange change = {POLICY_CHANGE_BALLOON, (guint)index, from, to};

    g_array_append_val(changes, change);
}

guint64
policy_balloons_ask(const PolicyGuest *guests, gsize n_guests, guint partition, guint64 amount,
                    GArray *changes)
{
    guint64 spare = 0;
    guint64 asked = 0;
    gsize i;

    for (i = 0; i < n_guests; i++)
        spare += guests[i].partition == partition ? find_spare(&guests[i]) : 0;

    for (i = 0; i < n_guests; i++) {
        const PolicyGuest *guest = &guests[i];
        const guint64 own = find_spare(guest);
        guint64 part;
        guint64 to;

        if (guest->partition != partition || own < POLICY_MIB)
            continue;
        part =
            MIN(own, policy_take_part(amount, own, spare) / POLICY_MIB * POLICY_MIB + POLICY_MIB);
        to = MIN(guest->target, guest->usage) - part;
        asked += part;
        add_change(changes, i, guest->target, to);
    }
    return asked;
}

void
policy_balloons_give_back(const PolicyGuest *guests, gsize n_guests, guint partition,
                          guint64 amount, GArray *changes)
{
    guint64 wish = 0;
    gsize i;

    for (i = 0; i < n_guests; i++)
        wish += guests[i].partition == partition ? find_wish(&guests[i]) : 0;

    for (i = 0; i < n_guests; i++) {
        const guint64 own = find_wish(&guests[i]);
        guint64 part;

        if (guests[i].partition != partition || own == 0)
            continue;
        part = amount >= wish
                   ? own
                   : MIN(own, policy_take_part(amount, own, wish) / POLICY_MIB * POLICY_MIB);
        if (part > 0)
            add_change(changes, i, guests[i].target, guests[i].target + part);
    }
}
