/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The governor against a kernel and a guest of our own making: one look at a time, and
 * then thousands of requests at random, with the daemon forgetting everything now and then.
 *
 * The kernel here does what the real one was measured to do.  A limit that kills is refused
 * while memory in use is in its way, and the guest dies when it has been stopped at one
 * for 650 ms with nothing left to take, which is the shortest time that was seen.  A limit that
 * brakes is always taken, and lets the guest grow by next to nothing.
 */
#include <config.h>

#include "policy-governor.h"

#define MIB ((guint64)1 << 20)
#define PAGE 4096
#define NO_LIMIT CORRAL_MEMORY_UNLIMITED

#define TICK_US (G_TIME_SPAN_SECOND / 20)
#define DEATH_US (650 * G_TIME_SPAN_MILLISECOND)

typedef struct {
    /* The guest. */
    guint64 ram;
    guint64 actual;
    guint64 target;   /* that its balloon was told */
    gboolean drives;  /* it has a driver */
    guint64 rate;     /* of its balloon, for each tick */
    guint64 wanted;   /* what it would touch if it may */
    guint64 hot;      /* of that, what it touches all the time */
    guint64 resident; /* of what it has touched */
    guint64 swapped;  /* likewise */
    guint64 overhead;
    guint64 cache;
    /* Its group and the host. */
    gboolean kills;
    gboolean frozen;
    guint64 limit;
    guint64 users;
    guint64 swap;
    guint64 stopped;
    gint64 stuck_us;
    gboolean dead;
    gint64 now_us;
} World;

static guint64
less(guint64 a, guint64 b)
{
    return a > b ? a - b : 0;
}

static guint64
usage(const World *world)
{
    return world->resident + world->overhead + world->cache;
}

/* Of what is resident, what can go to swap. */
static guint64
cold(const World *world)
{
    guint64 kept = world->frozen ? 0 : MIN(world->hot, world->resident);

    return MIN(world->resident - kept, less(world->swap, world->swapped));
}

static void
reclaim(World *world, guint64 limit)
{
    guint64 bytes;

    bytes = MIN(less(usage(world), limit), world->cache);
    world->cache -= bytes;
    bytes = MIN(less(usage(world), limit), cold(world));
    world->resident -= bytes;
    world->swapped += bytes;
}

static void
write_limit(World *world, guint64 limit)
{
    /* It counts in pages. */
    if (limit != NO_LIMIT)
        limit = limit / PAGE * PAGE;
    reclaim(world, limit);
    if (!world->kills || usage(world) <= limit)
        world->limit = limit;
}

/* The guest takes memory, or has it back from swap; FALSE if it was stopped. */
static gboolean
grow(World *world, guint64 bytes)
{
    guint64 room;

    if (usage(world) + bytes > world->limit && world->limit != NO_LIMIT) {
        reclaim(world, less(world->limit, bytes));
        world->stopped++;
    }
    room = less(world->limit, usage(world));
    bytes = world->kills ? MIN(bytes, room) : MIN(bytes, MAX(room, MIB / 16));
    world->resident += bytes;
    return bytes > 0;
}

static void
inflate(World *world)
{
    guint64 most;

    if (!world->drives)
        return;
    if (world->actual > world->target)
        world->actual -= MIN(world->actual - world->target, world->rate);
    else
        world->actual += MIN(world->target - world->actual, world->rate);

    /* What the balloon has is the host's. */
    most = world->actual;
    if (world->resident + world->swapped > most) {
        guint64 gone = world->resident + world->swapped - most;
        guint64 from_resident = MIN(gone, world->resident);

        world->resident -= from_resident;
        world->swapped -= gone - from_resident;
    }
}

static void
tick(World *world)
{
    guint64 may = MIN(world->wanted, world->actual);
    guint64 has = world->resident + world->swapped;
    guint64 missing = less(MIN(world->hot, may), world->resident);
    guint64 bytes;
    gboolean moved = TRUE;

    world->now_us += TICK_US;
    inflate(world);

    /* A guest that touches what it has not touched yet, and what is hot and in swap. */
    bytes = MIN(less(may, has), 20 * MIB);
    if (bytes > 0)
        moved = grow(world, bytes);
    bytes = MIN(MIN(missing, world->swapped), 20 * MIB);
    if (bytes > 0) {
        guint64 before = world->resident;

        moved = grow(world, bytes);
        world->swapped -= MIN(world->swapped, world->resident - before);
    }

    world->stuck_us = moved ? 0 : world->stuck_us + TICK_US;
    if (world->kills && world->stuck_us > DEATH_US)
        world->dead = TRUE;
}

static PolicySample
look(const World *world)
{
    return (PolicySample){
        .ram = world->ram,
        .target = world->target,
        .actual = world->actual,
        .overhead = world->overhead,
        .usage = usage(world),
        .cache = world->cache,
        .idle = cold(world) + world->cache,
        .swapped = world->swapped,
        .swap_room = less(world->swap, world->swapped),
        .limit = world->limit,
        .users = world->users,
        .stopped = world->stopped,
        .kills = world->kills,
    };
}

static void
do_deed(World *world, const PolicyDeed *deed)
{
    const guint64 before = world->limit;

    if (deed->kind == POLICY_DEED_NONE)
        return;

    world->frozen = deed->kind == POLICY_DEED_SQUEEZE;
    write_limit(world, deed->limit);
    if (world->frozen)
        write_limit(world, before);
    world->frozen = FALSE;
}

/* What must hold of each deed. */
static void
check_deed(const World *world, const PolicyBalloon *policy, const PolicyDeed *deed)
{
    PolicySample sample = look(world);

    if (deed->kind == POLICY_DEED_NONE)
        return;
    g_assert_cmpuint(deed->limit, >=, policy_governor_find_goal(policy, &sample));
    g_assert_cmpuint(deed->limit, <=, world->users);
    g_assert_true(deed->kind != POLICY_DEED_SQUEEZE || world->kills);
}

typedef struct {
    World world;
    PolicyBalloon policy;
    PolicyGovernor governor;
    gint64 due_us; /* -1: not at all */
    guint cuts;    /* of the limit */
    guint raises;
} Run;

static void
run(Run *self, gint64 duration_us)
{
    const gint64 end_us = self->world.now_us + duration_us;

    while (self->world.now_us < end_us) {
        tick(&self->world);
        g_assert_false(self->world.dead);
        if (self->due_us >= 0 && self->world.now_us >= self->due_us) {
            PolicySample sample = look(&self->world);
            guint64 before = self->world.limit;
            PolicyDeed deed =
                policy_governor_step(&self->governor, &self->policy, &sample, self->world.now_us);

            check_deed(&self->world, &self->policy, &deed);
            do_deed(&self->world, &deed);
            self->cuts += self->world.limit < before;
            self->raises += self->world.limit > before;
            self->due_us = deed.pause_us < 0 ? -1 : self->world.now_us + deed.pause_us;
        }
    }
}

static void
ask(Run *self, guint64 target)
{
    self->world.target = target;
    self->due_us = self->world.now_us;
}

/* A guest of 512 MiB that has touched them all, and a host with as much swap. */
static Run
new_run(gboolean kills, gboolean drives)
{
    return (Run){
        .world =
            {
                .ram = 512 * MIB,
                .actual = 512 * MIB,
                .target = 512 * MIB,
                .drives = drives,
                .rate = 20 * MIB,
                .wanted = 512 * MIB,
                .resident = 512 * MIB,
                .overhead = 40 * MIB,
                .kills = kills,
                .limit = NO_LIMIT,
                .users = NO_LIMIT,
                .swap = 512 * MIB,
                .now_us = 1000000,
            },
        .policy = {.enforce = TRUE, .grace_us = 10 * G_TIME_SPAN_SECOND, .margin = 32 * MIB},
        .due_us = -1,
    };
}

static const gboolean kinds[] = {FALSE, TRUE};

static void
test_cooperative(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Run self = new_run(kinds[i], TRUE);

        ask(&self, 256 * MIB);
        run(&self, 3 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_ENFORCED);
        g_assert_cmpuint(self.world.limit, ==, (256 + 40 + 32) * MIB);
        g_assert_cmpuint(self.world.swapped, ==, 0);
        g_assert_cmpuint(self.cuts, ==, 1);

        /* Up again: the limit is gone with the first look. */
        ask(&self, 512 * MIB);
        run(&self, TICK_US);
        g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_OFF);
        g_assert_cmpint(self.due_us, ==, -1);
    }
}

static void
test_uncooperative(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Run self = new_run(kinds[i], FALSE);

        ask(&self, 256 * MIB);
        run(&self, 9 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_WAITING);
        g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);
        run(&self, 4 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_ENFORCED);
        g_assert_cmpuint(self.world.limit, ==, (256 + 40 + 32) * MIB);
        g_assert_cmpuint(usage(&self.world), <=, self.world.limit);
        /* In steps. */
        g_assert_cmpuint(self.cuts, >=, 4);
        g_assert_cmpuint(self.raises, ==, 0);
    }
}

static void
test_no_swap(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Run self = new_run(kinds[i], FALSE);

        self.world.swap = 0;
        self.world.cache = 100 * MIB;
        ask(&self, 256 * MIB);
        run(&self, 20 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_UNREACHABLE);
        g_assert_cmpint(self.governor.reason, ==, POLICY_REASON_NO_SWAP);
        /* The cache is gone, and what the guest has is left to it. */
        g_assert_cmpuint(self.world.limit, >=, (512 + 40 + 32) * MIB);
        g_assert_cmpuint(self.world.limit, <=, (512 + 40 + 32 + 4) * MIB);
        g_assert_cmpuint(usage(&self.world), <=, self.world.limit);
        g_assert_cmpuint(self.world.resident, ==, 512 * MIB);

        /* Its driver is loaded after all. */
        self.world.drives = TRUE;
        run(&self, 10 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_ENFORCED);
        g_assert_cmpuint(self.world.limit, ==, (256 + 40 + 32) * MIB);
    }
}

/* Half of the guest is in use all the time, and more than the target. */
static void
test_busy(void)
{
    Run self = new_run(TRUE, FALSE);

    self.world.hot = 400 * MIB;
    ask(&self, 256 * MIB);
    run(&self, 40 * G_TIME_SPAN_SECOND);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_UNREACHABLE);
    g_assert_cmpint(self.governor.reason, ==, POLICY_REASON_BUSY);
    g_assert_cmpuint(self.world.limit, >=, (400 + 40) * MIB);
    g_assert_cmpuint(self.world.limit, <, (512 + 40) * MIB);

    /* Tried again, ever more rarely: 30, 60, 120, 240, 480 and 600 seconds. */
    self.cuts = 0;
    run(&self, 30 * G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(self.cuts, <=, 6 * 10);

    /* It has had enough. */
    self.world.hot = 0;
    run(&self, 11 * G_TIME_SPAN_MINUTE);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_ENFORCED);
}

/* One that fights for what was taken from it has all of it back at the next look. */
static void
test_desperate(void)
{
    Run self = new_run(TRUE, FALSE);

    self.policy.grace_us = 0;
    ask(&self, 256 * MIB);
    run(&self, G_TIME_SPAN_SECOND / 2);
    g_assert_cmpuint(self.world.limit, <, NO_LIMIT);
    self.world.stopped += 1000;
    run(&self, G_TIME_SPAN_SECOND / 5);
    g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_UNREACHABLE);
    g_assert_cmpint(self.governor.reason, ==, POLICY_REASON_BUSY);
    run(&self, 20 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);
}

/* A brake stays on. */
static void
test_busy_braked(void)
{
    Run self = new_run(FALSE, FALSE);

    self.world.hot = 400 * MIB;
    ask(&self, 256 * MIB);
    run(&self, 60 * G_TIME_SPAN_SECOND);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_UNREACHABLE);
    g_assert_cmpint(self.governor.reason, ==, POLICY_REASON_BUSY);
    g_assert_cmpuint(usage(&self.world), <, (400 + 40 + 64) * MIB);
}

static void
test_users_limit(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Run self = new_run(kinds[i], FALSE);

        /* The tighter holds, and comes back. */
        self.world.users = self.world.limit = 600 * MIB;
        ask(&self, 256 * MIB);
        run(&self, 20 * G_TIME_SPAN_SECOND);
        g_assert_cmpuint(self.world.limit, ==, (256 + 40 + 32) * MIB);
        ask(&self, 512 * MIB);
        run(&self, TICK_US);
        g_assert_cmpuint(self.world.limit, ==, 600 * MIB);

        self.world.users = 300 * MIB;
        write_limit(&self.world, 300 * MIB);
        ask(&self, 256 * MIB);
        run(&self, 20 * G_TIME_SPAN_SECOND);
        g_assert_cmpuint(self.world.limit, ==, 300 * MIB);
    }
}

static void
test_policy(void)
{
    Run self = new_run(FALSE, FALSE);

    self.policy.enforce = FALSE;
    ask(&self, 256 * MIB);
    run(&self, 30 * G_TIME_SPAN_SECOND);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_OFF);
    g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);

    /* Switched on while it runs, and off again. */
    self.policy.enforce = TRUE;
    self.policy.grace_us = 0;
    self.policy.floor = 300 * MIB;
    ask(&self, 256 * MIB);
    run(&self, 10 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(self.world.limit, ==, (300 + 40 + 32) * MIB);
    self.policy.enforce = FALSE;
    ask(&self, 256 * MIB);
    run(&self, TICK_US);
    g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);
}

/* What cannot be had is not held. */
static void
test_release(void)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Run self = new_run(kinds[i], FALSE);

        self.world.hot = 400 * MIB;
        self.world.swap = i == 0 ? 0 : 512 * MIB;
        self.policy.release = TRUE;
        ask(&self, 256 * MIB);
        run(&self, 60 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_UNREACHABLE);
        g_assert_cmpuint(self.world.limit, ==, NO_LIMIT);
    }
}

static void
test_pinned(void)
{
    Run self = new_run(FALSE, FALSE);
    PolicySample sample = look(&self.world);
    PolicyDeed deed;

    sample.target = 256 * MIB;
    sample.pinned = 450 * MIB;
    self.policy.grace_us = 0;
    deed = policy_governor_step(&self.governor, &self.policy, &sample, 1);
    g_assert_cmpuint(deed.limit, >=, (450 + 32) * MIB);
    sample.limit = sample.usage = (450 + 32) * MIB;
    (void)policy_governor_step(&self.governor, &self.policy, &sample, 2);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_UNREACHABLE);
    g_assert_cmpint(self.governor.reason, ==, POLICY_REASON_PINNED);
}

/* Asked of a guest that has given all of it, in one step. */
static guint64
find_limit(gboolean kills, gboolean deflates, guint64 swap_room)
{
    Run self = new_run(kills, TRUE);
    PolicySample sample = look(&self.world);
    PolicyDeed deed;

    sample.target = sample.actual = 256 * MIB;
    sample.usage = sample.actual + sample.overhead;
    sample.swap_room = swap_room;
    sample.deflates = deflates;
    deed = policy_governor_step(&self.governor, &self.policy, &sample, 1);
    return deed.kind == POLICY_DEED_LIMIT ? deed.limit : NO_LIMIT;
}

/* A full balloon that is the guest's again when it wants is worth nothing to a limit that kills,
 * unless what comes back has another place to go. */
static void
test_deflating(void)
{
    const guint64 goal = (256 + 40 + 32) * MIB;

    g_assert_cmpuint(find_limit(TRUE, FALSE, 0), ==, goal);
    g_assert_cmpuint(find_limit(TRUE, TRUE, 0), >=, (512 + 40 + 32) * MIB);
    g_assert_cmpuint(find_limit(TRUE, TRUE, 1024 * MIB), ==, goal);
    g_assert_cmpuint(find_limit(FALSE, TRUE, 0), ==, goal);
}

/* A driver that is loaded minutes after the start has its time. */
static void
test_late_driver(void)
{
    Run self = new_run(FALSE, FALSE);
    PolicySample sample = look(&self.world);
    PolicyDeed deed;

    sample.target = 256 * MIB;
    sample.asleep = TRUE;
    deed = policy_governor_step(&self.governor, &self.policy, &sample, 1);
    g_assert_cmpint(deed.kind, ==, POLICY_DEED_NONE);
    deed = policy_governor_step(&self.governor, &self.policy, &sample, 4 * G_TIME_SPAN_MINUTE);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_WAITING);
    /* Once it moves, its time is that of any other. */
    sample.actual = 480 * MIB;
    deed = policy_governor_step(&self.governor, &self.policy, &sample, 4 * G_TIME_SPAN_MINUTE + 1);
    g_assert_cmpint(deed.kind, ==, POLICY_DEED_LIMIT);
}

/* Page cache that comes and goes at the limit is no reason to raise it. */
static void
test_cache_at_the_limit(void)
{
    Run self = new_run(TRUE, TRUE);
    guint i;

    ask(&self, 256 * MIB);
    run(&self, 5 * G_TIME_SPAN_SECOND);
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_ENFORCED);
    for (i = 0; i < 50; i++) {
        self.world.cache = 30 * MIB;
        self.world.stopped += 100;
        run(&self, G_TIME_SPAN_SECOND / 10);
    }
    g_assert_cmpint(self.governor.state, ==, POLICY_BALLOON_ENFORCED);
    g_assert_cmpuint(self.raises, ==, 0);
}

/* ---- at random ---- */

static guint64
random_mib(guint64 least, guint64 most)
{
    return (guint64)g_test_rand_int_range((gint32)least, (gint32)most + 1) * MIB;
}

static Run
random_run(void)
{
    Run self = new_run(g_test_rand_bit(), g_test_rand_bit());
    World *world = &self.world;

    world->ram = random_mib(128, 2048);
    world->actual = world->target = world->wanted = world->ram;
    world->resident = g_test_rand_bit() ? world->ram : world->ram / 3;
    world->rate = random_mib(1, 100);
    world->overhead = random_mib(10, 150) + (guint64)g_test_rand_int_range(0, 4096);
    world->swap = g_test_rand_bit() ? random_mib(0, 3000) : 0;
    world->hot = g_test_rand_bit() ? world->ram / (guint64)g_test_rand_int_range(1, 6) : 0;
    world->cache = g_test_rand_bit() ? random_mib(0, 300) : 0;
    if (g_test_rand_int_range(0, 4) == 0) {
        world->users = world->ram + world->overhead + random_mib(20, 500);
        write_limit(world, world->users);
        world->users = world->limit;
    }
    self.policy.grace_us = g_test_rand_int_range(0, 20) * G_TIME_SPAN_SECOND;
    self.policy.margin = random_mib(16, 64);
    self.policy.floor = g_test_rand_bit() ? world->ram / 4 : 0;
    return self;
}

static void
random_change(Run *self)
{
    World *world = &self->world;
    guint64 target = world->ram / 8 * (guint64)g_test_rand_int_range(1, 9);

    switch (g_test_rand_int_range(0, 6)) {
    case 0: /* the daemon is killed */
        /* While it is away nobody helps a guest that gets busy below a limit that kills. */
        if (world->kills)
            run(self, 5 * G_TIME_SPAN_SECOND);
        self->governor = (PolicyGovernor){0};
        self->due_us = world->now_us + g_test_rand_int_range(0, 5) * G_TIME_SPAN_SECOND;
        if (world->kills)
            run(self, 5 * G_TIME_SPAN_SECOND);
        break;
    case 1: /* the guest gets busy, or idle */
        world->hot = world->hot > 0 ? 0 : world->ram / 2;
        break;
    case 2:
        world->cache += world->limit == NO_LIMIT ? random_mib(0, 100) : 0;
        break;
    default:
        ask(self, target);
        break;
    }
}

static void
test_random(void)
{
    const guint runs = g_test_thorough() ? 50000 : 1000;
    guint i, j;

    for (i = 0; i < runs; i++) {
        Run self = random_run();

        for (j = 0; j < 10; j++) {
            random_change(&self);
            run(&self, g_test_rand_int_range(1, 400) * TICK_US);
        }

        /* Left alone it comes to rest, and stays there but for trying again. */
        ask(&self, self.world.target);
        run(&self, 2 * G_TIME_SPAN_MINUTE);
        g_assert_cmpint(self.governor.state, !=, POLICY_BALLOON_WAITING);
        g_assert_cmpint(self.governor.state, !=, POLICY_BALLOON_ENFORCING);
        self.cuts = self.raises = 0;
        run(&self, 20 * G_TIME_SPAN_MINUTE);
        if (self.governor.state == POLICY_BALLOON_UNREACHABLE)
            g_assert_cmpuint(self.raises, <=, 6 * 12);
        else
            g_assert_cmpuint(self.cuts + self.raises, <=, 2);

        /* And all is free at once. */
        ask(&self, self.world.ram);
        run(&self, TICK_US);
        g_assert_cmpuint(self.world.limit, ==, self.world.users);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy-governor/cooperative", test_cooperative);
    g_test_add_func("/policy-governor/uncooperative", test_uncooperative);
    g_test_add_func("/policy-governor/no-swap", test_no_swap);
    g_test_add_func("/policy-governor/busy", test_busy);
    g_test_add_func("/policy-governor/desperate", test_desperate);
    g_test_add_func("/policy-governor/busy-braked", test_busy_braked);
    g_test_add_func("/policy-governor/users-limit", test_users_limit);
    g_test_add_func("/policy-governor/policy", test_policy);
    g_test_add_func("/policy-governor/release", test_release);
    g_test_add_func("/policy-governor/pinned", test_pinned);
    g_test_add_func("/policy-governor/deflating", test_deflating);
    g_test_add_func("/policy-governor/late-driver", test_late_driver);
    g_test_add_func("/policy-governor/cache-at-the-limit", test_cache_at_the_limit);
    g_test_add_func("/policy-governor/random", test_random);
    return g_test_run();
}
