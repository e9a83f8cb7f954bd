/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans for made-up hosts: one thing at a time, then hosts at random, and an hour of a full one. */
#include <config.h>

#include "policy-world.h"

/* ---- one thing at a time ---- */

/* A client that is back has what it was promised, however a neighbour has spread meanwhile. */
#define BACK_US (15 * G_TIME_SPAN_SECOND)

typedef struct {
    const char *what;
    guint64 swap;
    gboolean balloons;
    gboolean cache;
    guint64 lent; /* at least; 0: nothing */
} Return;

static const Return returns[] = {
    {"out of page cache", 0, FALSE, TRUE, GIB},
    {"out of swap", 8 * GIB, FALSE, FALSE, GIB},
    {"not out of balloons alone", 0, TRUE, FALSE, 0},
    {"out of all", 4 * GIB, TRUE, TRUE, GIB},
};

static void
test_client_back(void)
{
    gsize k;

    for (k = 0; k < G_N_ELEMENTS(returns); k++) {
        const Return *row = &returns[k];
        g_autoptr(World) self = world_new(8 * GIB, row->swap);
        Group *client = world_add_group(self, 1, 4 * GIB);
        Group *grey = world_add_group(self, 0, 0);
        Guest *guest = world_add_guest(self, 0, 4 * GIB - 200 * MIB, FALSE);
        gint64 since_us;

        guest->demand = 512 * MIB;
        if (row->cache)
            grey->cache_demand = 16 * GIB;
        if (!row->cache || row->balloons)
            world_add_guest(self, 1, 7 * GIB, row->balloons)->floor = 1 * GIB;
        world_run(self, 2 * G_TIME_SPAN_MINUTE);
        g_test_message("%s: client %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                       " MiB, grey %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
                       row->what, world_usage(client) / MIB, client->limit / MIB,
                       world_usage(grey) / MIB, grey->limit / MIB);
        if (row->lent > 0)
            g_assert_cmpuint(world_usage(grey), >, 4 * GIB + row->lent);
        else
            g_assert_cmpuint(grey->limit, <=, 4 * GIB);

        guest->demand = guest->wanted;
        guest->growth = 64 * MIB;
        since_us = self->now_us;
        while (world_usage(client) < guest->demand && self->now_us < since_us + BACK_US)
            world_run(self, TICK_US);
        g_test_message("back after %.1f s", (gdouble)(self->now_us - since_us) / 1e6);
        g_assert_cmpuint(guest->used, ==, guest->demand);
        g_assert_cmpuint(self->kills, ==, 0);
    }
}

static GArray *
list(World *self, const PolicyGuest *guests, gsize n_guests)
{
    const PolicyHost host = {.memory = self->memory, .swap_room = self->swap, .cpus = 8};
    PolicyPartition partitions[MOST_PARTITIONS];
    gint64 pause_us;
    PolicyGuest unused[MOST_GUESTS];

    (void)world_look(self, partitions, unused);
    return policy_plan_step(&self->plan, &host, partitions, self->n, guests, n_guests, self->now_us,
                            &pause_us);
}

static guint64
goal_of(const GArray *changes, PolicyChangeKind kind, guint index)
{
    guint i;

    for (i = 0; i < changes->len; i++) {
        const PolicyChange *change = &g_array_index(changes, PolicyChange, i);

        if (change->kind == kind && change->index == index)
            return change->to;
    }
    return NO_LIMIT;
}

/* What each is given at the first look, in MiB, on a host of 8 GiB without swap. */
typedef struct {
    const char *what;
    gboolean overcommitted;
    struct {
        guint priority;
        guint64 guarantee;
        guint64 most; /* 0: none */
        guint64 anon;
        guint64 cache;
        guint64 limit;
    } rows[3];
} Case;

/* clang-format off */
static const Case cases[] = {
    {"nothing used, nothing promised: alike", FALSE,
     {{0, 0, 0, 0, 0, 4096}, {0, 0, 0, 0, 0, 4096}, {0}}},
    {"a limit of the operator's", FALSE,
     {{0, 0, 1000, 0, 0, 1000}, {0, 0, 0, 0, 0, 7192}, {0}}},
    {"in proportion to the need", FALSE,
     {{0, 0, 0, 800, 0, 2464}, {0, 0, 0, 2400, 0, 5727}, {0}}},
    {"all is promised and not used: nobody is lent what would not come back", FALSE,
     {{0, 8192, 0, 1000, 0, 8192}, {0, 0, 0, 0, 0, 0}, {0}}},
    {"who is promised nothing has a part of what nobody is", FALSE,
     {{0, 6144, 0, 1024, 0, 6144}, {0, 0, 0, 64, 0, 2048}, {0}}},
    {"and what its page cache covers", FALSE,
     {{0, 6144, 0, 1024, 0, 4864}, {0, 0, 0, 0, 1280, 3328}, {0}}},
    {"of more than there is the higher priority has its need", FALSE,
     {{1, 0, 0, 4000, 0, 4500}, {0, 0, 0, 0, 3600, 3692}, {0}}},
    {"equal needs of more than there is", FALSE,
     {{0, 0, 0, 0, 3900, 4096}, {0, 0, 0, 0, 3900, 4096}, {0}}},
    {"a small need is met before large ones share", FALSE,
     {{0, 0, 0, 0, 800, 900}, {0, 0, 0, 0, 3500, 3646}, {0, 0, 0, 0, 3500, 3646}}},
    {"promised twice: half of it is kept", TRUE,
     {{0, 8192, 0, 0, 0, 4096}, {1, 8192, 0, 0, 0, 4096}, {0}}},
};
/* clang-format on */

static void
test_first_look(void)
{
    gsize k;
    guint i;

    for (k = 0; k < G_N_ELEMENTS(cases); k++) {
        g_autoptr(World) self = world_new(8 * GIB, 0);
        g_autoptr(GArray) changes = NULL;

        for (i = 0; i < 3; i++) {
            Group *group;

            if (cases[k].rows[i].limit == 0 && i == 2)
                continue;
            group =
                world_add_group(self, cases[k].rows[i].priority, cases[k].rows[i].guarantee * MIB);
            group->anon = cases[k].rows[i].anon * MIB;
            group->cache = cases[k].rows[i].cache * MIB;
            if (cases[k].rows[i].most > 0)
                group->most = cases[k].rows[i].most * MIB;
        }
        changes = list(self, NULL, 0);
        g_test_message("%s", cases[k].what);
        for (i = 0; i < self->n; i++)
            g_test_message("%" G_GUINT64_FORMAT, goal_of(changes, POLICY_CHANGE_LIMIT, i) / MIB);
        for (i = 0; i < self->n; i++)
            g_assert_cmpuint(goal_of(changes, POLICY_CHANGE_LIMIT, i) / MIB, ==,
                             cases[k].rows[i].limit);
        g_assert_cmpint(self->plan.overcommitted, ==, cases[k].overcommitted);
    }
}

/* A grey guest of 6 GiB in the way of a client that needs 3 of 4 GiB, and swap. */
static World *
new_conflict(gboolean balloons)
{
    World *self = world_new(8 * GIB, 8 * GIB);
    Group *client = world_add_group(self, 1, 4 * GIB);
    Group *grey = world_add_group(self, 0, 0);
    Guest *guest = world_add_guest(self, 1, 6 * GIB, balloons);

    client->anon = 2 * GIB - 64 * MIB;
    client->limit = 2 * GIB;
    client->low = 4 * GIB;
    grey->anon = grey->limit = guest->used = 6 * GIB;
    guest->floor = GIB;
    return self;
}

/* Those who can give by themselves are asked first, and have their time. */
static void
test_grace(void)
{
    g_autoptr(World) self = new_conflict(TRUE);
    Guest *guest = &self->guests[0];

    guest->speed = 0;
    guest->demand = guest->used;
    world_run(self, 1900 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpuint(self->balloons, >, 0);
    g_assert_cmpuint(guest->target, <, 6 * GIB);
    g_assert_cmpuint(self->groups[1].limit, ==, 6 * GIB);
    g_assert_true(self->plan.giving_way);
    world_run(self, 300 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpuint(self->groups[1].limit, <, 6 * GIB);
    g_assert_cmpuint(self->groups[0].limit, >, 2 * GIB);
}

/* Who has none is not waited for. */
static void
test_no_balloon(void)
{
    g_autoptr(World) self = new_conflict(FALSE);

    world_run(self, 2 * TICK_US);
    g_assert_cmpuint(self->groups[1].limit, <, 6 * GIB);
    g_assert_cmpuint(self->groups[0].limit, >, 2 * GIB);
}

/* What was given comes back when it can, and not before. */
static void
test_give_back(void)
{
    g_autoptr(World) self = new_conflict(TRUE);
    Guest *guest = &self->guests[0];
    guint64 given;

    guest->demand = 6 * GIB;
    world_run(self, 9 * G_TIME_SPAN_SECOND);
    given = guest->target;
    g_assert_cmpuint(given, <, 6 * GIB);
    g_assert_true(policy_plan_wants_guests(&self->plan));

    self->groups[0].anon = 64 * MIB;
    world_run(self, G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(guest->target, ==, guest->wanted);
    g_assert_cmpuint(guest->used + guest->swapped, ==, guest->demand);
    /* And then nobody has to be asked for the sizes of guests. */
    world_run(self, 10 * G_TIME_SPAN_SECOND);
    g_assert_false(policy_plan_wants_guests(&self->plan));
}

/* Who is about to be stopped gets what others do not use, however little that is of theirs. */
static void
test_leavings(void)
{
    g_autoptr(World) self = world_new(800 * MIB, GIB);
    Group *client = world_add_group(self, 1, 600 * MIB);
    Group *grey = world_add_group(self, 0, 0);
    Guest *guest = world_add_guest(self, 1, GIB, FALSE);

    client->anon = MIB;
    client->limit = 708 * MIB;
    client->low = 600 * MIB;
    grey->anon = guest->used = 91 * MIB;
    grey->limit = 92 * MIB;
    guest->demand = 500 * MIB;
    guest->growth = 8 * MIB;
    world_run(self, 10 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(guest->used + guest->swapped, ==, guest->demand);
    g_assert_cmpuint(guest->swapped, <, 64 * MIB);
    g_assert_cmpuint(self->kills, ==, 0);
}

/* Processors are decided with the rest, and overcommitment of theirs is said. */
static void
test_processors(void)
{
    const PolicyHost host = {.memory = GIB, .cpus = 2, .has_idle = TRUE};
    PolicyPartition partitions[] = {
        {.name = "/a", .priority = 1, .most = GIB, .limit = GIB / 2, .shares_now = 1024},
        {.name = "/b", .most = GIB, .limit = GIB / 2, .shares_now = 1024},
    };
    g_auto(PolicyPlan) plan = {0};
    g_autoptr(GArray) changes = NULL;
    gint64 pause_us;

    changes = policy_plan_step(&plan, &host, partitions, 2, NULL, 0, 1, &pause_us);
    g_assert_cmpuint(changes->len, ==, 2);
    g_assert_cmpuint(goal_of(changes, POLICY_CHANGE_SHARES, 0), ==, 2048);
    g_assert_cmpuint(goal_of(changes, POLICY_CHANGE_IDLE, 1), ==, 1);
    g_assert_false(plan.overcommitted);

    g_clear_pointer(&changes, g_array_unref);
    partitions[1].cpu_guarantee = 3000;
    changes = policy_plan_step(&plan, &host, partitions, 2, NULL, 0, 2, &pause_us);
    g_assert_true(plan.overcommitted);
}

/* Memory is pulled out of the host, and the guests fill what they had. */
static void
test_unplug(void)
{
    g_autoptr(World) self = world_new(8 * GIB, 8 * GIB);
    guint i;

    for (i = 0; i < 2; i++) {
        world_add_group(self, i, 3 * GIB);
        world_add_guest(self, i, 3 * GIB + 512 * MIB, i == 0);
    }
    world_run(self, G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(world_sum_limits(self), >, 7 * GIB);
    self->memory = 5 * GIB;
    world_run(self, 30 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(world_sum_limits(self), <=, 5 * GIB);
    g_assert_true(self->plan.overcommitted);
    g_assert_cmpuint(self->kills, ==, 0);
    self->memory = 8 * GIB;
    world_run(self, 30 * G_TIME_SPAN_SECOND);
    g_assert_false(self->plan.overcommitted);
    g_assert_cmpuint(world_sum_limits(self), >, 7 * GIB);
}

/* More is in use than guests may have when the daemon looks for the first time. */
static void
test_overfull(void)
{
    g_autoptr(World) self = world_new(8 * GIB, 8 * GIB);
    guint i;

    for (i = 0; i < 2; i++) {
        world_add_group(self, i, 0)->anon = 5 * GIB;
        world_add_guest(self, i, 5 * GIB, FALSE)->used = 5 * GIB;
    }
    world_run(self, 10 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(world_sum_limits(self), <=, 8 * GIB);
    /* At the cost of who has the lower priority. */
    g_assert_cmpuint(self->groups[1].limit, >, 5 * GIB);
    g_assert_cmpuint(self->kills, ==, 0);
}

/* ---- at random ---- */

static guint64
random_mib(guint64 least, guint64 most)
{
    return (guint64)g_test_rand_int_range((gint32)least, (gint32)most + 1) * MIB;
}

static void
add_random_guest(World *self)
{
    const guint64 size = random_mib(64, 2048);
    Guest *guest = world_add_guest(self, (guint)g_test_rand_int_range(0, (gint32)self->n), size,
                                   g_test_rand_bit());

    guest->floor = size / (guint64)g_test_rand_int_range(2, 8);
    guest->demand = size / (guint64)g_test_rand_int_range(1, 6);
    guest->growth = random_mib(2, self->swap > 0 ? 32 : 4);
    guest->speed = random_mib(8, 64);
}

static World *
random_world(void)
{
    World *self =
        world_new(random_mib(4096, 32768), g_test_rand_bit() ? random_mib(2048, 16384) : 0);
    const gint n = g_test_rand_int_range(1, MOST_PARTITIONS + 1);
    gint i;

    for (i = 0; i < n; i++) {
        Group *group =
            world_add_group(self, (guint)g_test_rand_int_range(0, 3),
                            g_test_rand_bit() ? random_mib(0, self->memory / MIB / 4) : 0);

        if (g_test_rand_int_range(0, 4) == 0)
            group->most = random_mib(256, self->memory / MIB);
        if (g_test_rand_bit())
            group->cache_demand = random_mib(0, self->memory / MIB);
    }
    for (i = 0; i < g_test_rand_int_range(0, 20); i++)
        add_random_guest(self);
    return self;
}

static Guest *
random_guest(World *self)
{
    guint i;

    if (self->n_guests == 0)
        return NULL;
    i = (guint)g_test_rand_int_range(0, (gint32)self->n_guests);
    return self->guests[i].is_there ? &self->guests[i] : NULL;
}

static void
random_change(World *self)
{
    Guest *guest = random_guest(self);
    Group *group = &self->groups[g_test_rand_int_range(0, (gint32)self->n)];

    switch (g_test_rand_int_range(0, 9)) {
    case 0: /* the daemon is killed */
        world_forget(self);
        self->due_us += g_test_rand_int_range(0, 5) * TICK_US;
        break;
    case 1:
        group->cache_demand = random_mib(0, self->memory / MIB);
        break;
    case 2:
        if (guest)
            world_remove_guest(self, guest);
        break;
    case 3: /* a partition is made */
        if (self->n < MOST_PARTITIONS)
            world_add_group(self, (guint)g_test_rand_int_range(0, 3), random_mib(0, 512));
        break;
    case 4:
    case 5:
        add_random_guest(self);
        break;
    default:
        if (guest)
            guest->demand = guest->wanted / (guint64)g_test_rand_int_range(1, 6);
        break;
    }
}

/* Left alone all comes to rest. */
static void
assert_rests(World *self)
{
    const guint changes = self->changes;

    world_run(self, G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(self->changes, ==, changes);
}

/* What one sees of groups is never the same twice, and that is no reason to do anything.  Of a
 * hundred hosts one may have a limit just where it is to be moved, and then it is moved. */
static void
test_noise(void)
{
    const guint runs = g_test_thorough() ? 5000 : 300;
    guint restless = 0;
    guint i;

    for (i = 0; i < runs; i++) {
        g_autoptr(World) self = random_world();
        guint changes;

        world_run(self, 6 * G_TIME_SPAN_MINUTE);
        self->noise = 3;
        world_run(self, 5 * G_TIME_SPAN_MINUTE);
        changes = self->changes;
        world_run(self, G_TIME_SPAN_MINUTE);
        restless += self->changes > changes;
        g_assert_cmpuint(self->changes - changes, <=, 20);
    }
    g_test_message("%u of %u were not at rest", restless, runs);
    g_assert_cmpuint(restless, <=, runs / 50);
}

/* ---- an hour of a full host ---- */

#define CUSTOMERS 500

static void
start_customer(World *self)
{
    static const guint64 sizes[] = {256 * MIB, 512 * MIB, 1024 * MIB, 2048 * MIB};
    const guint64 size = sizes[g_test_rand_int_range(0, G_N_ELEMENTS(sizes))];
    Guest *guest = world_add_guest(self, (guint)g_test_rand_int_range(0, (gint32)self->n), size,
                                   g_test_rand_int_range(0, 4) > 0);

    guest->demand = size / (guint64)g_test_rand_int_range(1, 5);
    guest->growth = 4 * MIB;
}

static void
live(World *self)
{
    Guest *guest = random_guest(self);

    if (!guest)
        return;
    if (g_test_rand_int_range(0, 4) > 0) {
        guest->demand = guest->wanted / (guint64)g_test_rand_int_range(1, 5);
        return;
    }
    world_remove_guest(self, guest);
    start_customer(self);
}

static void
test_hour(void)
{
    g_autoptr(World) self = world_new(240 * GIB, 64 * GIB);
    guint events = 0;
    guint i;

    for (i = 0; i < 5; i++)
        world_add_group(self, i, i == 2 ? 0 : 40 * GIB)->cache_demand = 20 * GIB;
    for (i = 0; i < CUSTOMERS; i++)
        start_customer(self);
    while (self->now_us < G_TIME_SPAN_HOUR) {
        live(self);
        events++;
        if (events % 200 == 0)
            world_forget(self);
        world_run(self, 2 * G_TIME_SPAN_SECOND);
    }
    g_test_message("%u events, %u looks, %u changes: %u raises, %u cuts, %u balloons; %u kills",
                   events, self->steps, self->changes, self->raises, self->cuts, self->balloons,
                   self->kills);
    g_assert_cmpuint(self->kills, ==, 0);
    world_run(self, 6 * G_TIME_SPAN_MINUTE);
    assert_rests(self);
}

static void
test_random(void)
{
    const guint runs = g_test_thorough() ? 20000 : 1000;
    guint i, j;

    for (i = 0; i < runs; i++) {
        g_autoptr(World) self = random_world();

        for (j = 0; j < 20; j++) {
            random_change(self);
            world_run(self, g_test_rand_int_range(1, 50) * TICK_US);
        }
        world_run(self, 6 * G_TIME_SPAN_MINUTE);
        assert_rests(self);
        world_forget(self);
        world_run(self, 30 * G_TIME_SPAN_SECOND);
        assert_rests(self);
    }
}

int
main(int argc, char **argv)
{
    /*
     * Without arguments the worlds are the same ones every time: what fails, fails for everybody.
     * Others come with --seed, or -m thorough.
     */
    static char seed[] = "--seed=R02S00000000000000000000000000009aab";
    char *usual[] = {argv[0], seed, NULL};
    char **arguments = argc == 1 ? usual : argv;

    argc = argc == 1 ? 2 : argc;
    g_test_init(&argc, &arguments, NULL);
    g_test_add_func("/policy-plan/first-look", test_first_look);
    g_test_add_func("/policy-plan/grace", test_grace);
    g_test_add_func("/policy-plan/no-balloon", test_no_balloon);
    g_test_add_func("/policy-plan/give-back", test_give_back);
    g_test_add_func("/policy-plan/leavings", test_leavings);
    g_test_add_func("/policy-plan/processors", test_processors);
    g_test_add_func("/policy-plan/unplug", test_unplug);
    g_test_add_func("/policy-plan/overfull", test_overfull);
    g_test_add_func("/policy-plan/client-back", test_client_back);
    g_test_add_func("/policy-plan/random", test_random);
    g_test_add_func("/policy-plan/noise", test_noise);
    g_test_add_func("/policy-plan/hour", test_hour);
    return g_test_run();
}
