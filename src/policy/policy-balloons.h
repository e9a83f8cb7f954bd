/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-plan.h"

/* What a partition's guests can do for it by their balloons. */
typedef struct {
    guint64 promised; /* what they could give if they used all that they were left */
    guint64 spare;    /* what they can give of what they use */
    guint64 floors;   /* below which none is brought */
    guint64 wish;     /* what they were asked for and would have back */
    guint64 growth;   /* what those may yet use although their groups do not */
} PolicyBalloons;

/* @balloons: (array length=n): zeros; of each partition */
void policy_balloons_count(const PolicyGuest *guests, gsize n_guests, PolicyBalloons *balloons,
                           gsize n);

/*
 * Asks the guests of a partition for @amount together, each in proportion to what it can give,
 * and returns what they were asked for.
 */
guint64 policy_balloons_ask(const PolicyGuest *guests, gsize n_guests, guint partition,
                            guint64 amount, GArray *changes);

/* Gives them @amount back, in proportion to what they lack. */
void policy_balloons_give_back(const PolicyGuest *guests, gsize n_guests, guint partition,
                               guint64 amount, GArray *changes);
