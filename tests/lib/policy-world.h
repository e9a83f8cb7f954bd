/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-division.h"

/*
 * A host with partitions and guests that a plan is made for, and a kernel that does what the
 * real one was measured to do: who runs into a limit loses page cache, then goes to swap, and
 * where there is neither stands still, and dies after 650 ms.  A limit below what cannot be taken
 * would kill at once; none may be asked for.  After every change all is held against the
 * rules, and a partition that is killed below what it was guaranteed ends the test.
 */

#define MIB POLICY_MIB
#define GIB (1024 * MIB)
#define NO_LIMIT CORRAL_MEMORY_UNLIMITED

#define TICK_US (100 * G_TIME_SPAN_MILLISECOND)

#define MOST_PARTITIONS 6
#define MOST_GUESTS 600

typedef struct {
    gboolean is_there;
    guint partition;
    gboolean balloons;
    guint64 target;
    guint64 wanted;
    guint64 floor;
    guint64 demand; /* that it would touch */
    guint64 used;
    guint64 swapped;
    guint64 growth; /* in a tick */
    guint64 speed;  /* of its balloon, in a tick */
} Guest;

typedef struct {
    char name[16];
    guint priority;
    guint64 guarantee;
    guint64 most;
    guint64 limit;
    guint64 low;
    guint64 cache;
    guint64 cache_demand;
    guint64 anon; /* of its guests */
    gboolean stopped;
    gint64 stuck_us;
} Group;

typedef struct {
    guint64 memory;
    guint64 swap;
    Group groups[MOST_PARTITIONS];
    guint n;
    Guest guests[MOST_GUESTS];
    guint n_guests;
    gint64 now_us;

    PolicyPlan plan;
    gint64 due_us;
    guint noise; /* per cent that what is seen may be wrong by */

    /* What came of it. */
    guint changes;
    guint cuts;
    guint raises;
    guint balloons;
    guint steps;
    guint kills;
    gint64 last_change_us;
} World;

World *world_new(guint64 memory, guint64 swap);
void world_free(World *self);

/* Without a limit of its own.  Valid until the world is freed. */
Group *world_add_group(World *self, guint priority, guint64 guarantee);
Guest *world_add_guest(World *self, guint partition, guint64 size, gboolean balloons);
void world_remove_guest(World *self, Guest *guest);

guint64 world_usage(const Group *group);
guint64 world_sum_limits(const World *self);

/* What the driver would see; returns how many guests it would be asked for. */
gsize world_look(const World *self, PolicyPartition *partitions, PolicyGuest *guests);

/* For so long, with every look that is due, those without a pause too. */
void world_run(World *self, gint64 us);

/* The daemon is killed, and comes back at once. */
void world_forget(World *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)
