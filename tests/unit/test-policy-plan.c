/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans against a kernel and guests of our own making: one look at a time, whole hosts at random,
 * and an hour of one with 500 guests.  After every single change is held against the rules.
 *
 * The kernel does what the real one was measured to do: who runs into a limit loses page
 * cache, then goes to swap, and where there is neither stands still, and dies after 650 ms.  A
 * limit below what cannot be taken would kill at once; none may be asked for.
 */
#include <config.h>

#include "policy-division.h"

#define MIB POLICY_MIB
#define GIB (1024 * MIB)
#define NO_LIMIT CORRAL_MEMORY_UNLIMITED

#define TICK_US (100 * G_TIME_SPAN_MILLISECOND)
#define DEATH_US (650 * G_TIME_SPAN_MILLISECOND)

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

static guint64
less(guint64 a, guint64 b)
{
    return a > b ? a - b : 0;
}

static guint64
usage(const Group *group)
{
    return group->anon + group->cache;
}

/* ---- the kernel ---- */

/* Makes room for @bytes in @group: page cache first, then its guests' memory. */
static guint64
reclaim(World *self, guint index, guint64 bytes)
{
    Group *group = &self->groups[index];
    guint64 got = MIN(bytes, group->cache);
    guint i;

    group->cache -= got;
    for (i = 0; i < self->n_guests && got < bytes && self->swap > 0; i++) {
        Guest *guest = &self->guests[i];
        const guint64 part = MIN(MIN(bytes - got, guest->used), self->swap);

        if (!guest->is_there || guest->partition != index)
            continue;
        guest->used -= part;
        guest->swapped += part;
        group->anon -= part;
        self->swap -= part;
        got += part;
    }
    return got;
}

static void
write_limit(World *self, guint index, guint64 limit)
{
    Group *group = &self->groups[index];

    const guint64 above = less(usage(group), limit);
    const guint64 got = reclaim(self, index, above);

    /* Who has been told the truth asks for nothing that kills; else it is refused. */
    if (self->noise == 0)
        g_assert_cmpuint(got, ==, above);
    if (got == above)
        group->limit = limit;
}

static guint64
charge(World *self, guint index, guint64 bytes)
{
    Group *group = &self->groups[index];
    const guint64 room = less(group->limit, usage(group));
    guint64 got = MIN(bytes, room);

    if (got < bytes)
        got += reclaim(self, index, bytes - got);
    if (got < bytes)
        group->stopped = TRUE;
    group->anon += got;
    return got;
}

static guint64
guaranteed(const World *self, guint index)
{
    guint64 sum = 0;
    guint i;

    for (i = 0; i < self->n; i++)
        sum += MIN(MIN(self->groups[i].guarantee, self->groups[i].most), self->memory);
    return MIN(self->groups[index].guarantee, self->groups[index].most) *
           MIN(1000, self->memory / MIB * 1000 / MAX(sum / MIB, 1)) / 1000;
}

/* Its guests are gone, and start anew. */
static void
kill_group(World *self, guint index)
{
    Group *group = &self->groups[index];
    guint i;

    /* That is what must never happen: it has not got what it was promised. */
    if (group->limit + MIB < guaranteed(self, index))
        g_error("%s was killed at %" G_GUINT64_FORMAT " MiB of %" G_GUINT64_FORMAT, group->name,
                group->limit / MIB, guaranteed(self, index) / MIB);
    self->kills++;
    for (i = 0; i < self->n_guests; i++) {
        Guest *guest = &self->guests[i];

        if (!guest->is_there || guest->partition != index)
            continue;
        self->swap += guest->swapped;
        guest->used = guest->swapped = 0;
        guest->demand = MIN(guest->demand / 2, guest->wanted);
    }
    group->anon = 0;
    group->stuck_us = 0;
}

static void
move_guest(World *self, Guest *guest)
{
    Group *group = &self->groups[guest->partition];
    const guint64 room = less(group->limit, usage(group));
    const guint64 aim = guest->balloons ? MIN(guest->demand, guest->target) : guest->demand;
    guint64 part;

    /* What is used comes back from swap where there is room. */
    part = MIN(MIN(guest->swapped, guest->growth), room);
    guest->swapped -= part;
    guest->used += part;
    group->anon += part;
    self->swap += part;
    if (guest->used + guest->swapped < aim) {
        part = MIN(aim - guest->used - guest->swapped, guest->growth);
        guest->used += charge(self, guest->partition, part);
        return;
    }
    part = guest->used + guest->swapped - aim;
    if (guest->used + guest->swapped > guest->demand)
        part = MAX(guest->used + guest->swapped - guest->demand, MIN(part, guest->speed));
    else
        part = MIN(part, guest->speed);
    self->swap += MIN(part, guest->swapped);
    part -= MIN(part, guest->swapped);
    guest->swapped -= MIN(guest->used + guest->swapped - aim, guest->swapped);
    guest->used -= MIN(part, guest->used);
    group->anon -= part;
}

static void
tick(World *self)
{
    guint i;

    self->now_us += TICK_US;
    for (i = 0; i < self->n_guests; i++)
        if (self->guests[i].is_there)
            move_guest(self, &self->guests[i]);
    for (i = 0; i < self->n; i++) {
        Group *group = &self->groups[i];
        const guint64 room = less(group->limit, usage(group));

        group->cache += MIN(less(group->cache_demand, group->cache), MIN(room, 64 * MIB));
        group->cache = MIN(group->cache, group->cache_demand);
        group->stuck_us = group->stopped ? group->stuck_us + TICK_US : 0;
        group->stopped = FALSE;
        if (group->stuck_us >= DEATH_US)
            kill_group(self, i);
    }
}

/* ---- the rules ---- */

static guint64
sum_limits(const World *self)
{
    guint64 sum = 0;
    guint i;

    for (i = 0; i < self->n; i++)
        sum += self->groups[i].limit <= self->memory ? self->groups[i].limit : 0;
    return sum;
}

/* What of the partitions' limits could not be got back for those who were promised it. */
static guint64
sum_exposed(const World *self)
{
    guint64 sum = 0;
    guint i, k;

    for (i = 0; i < self->n; i++) {
        const Group *group = &self->groups[i];
        guint64 covered = guaranteed(self, i) + group->cache;

        for (k = 0; k < self->n_guests; k++)
            if (self->guests[k].is_there && self->guests[k].partition == i &&
                self->guests[k].balloons)
                covered += less(self->guests[k].target, self->guests[k].floor);
        sum += group->limit <= self->memory ? less(group->limit, covered) : 0;
    }
    return sum;
}

static guint64
find_pool(const World *self)
{
    guint64 sum = 0;
    guint i;

    for (i = 0; i < self->n; i++)
        sum += guaranteed(self, i);
    return less(self->memory, sum) + self->swap;
}

static guint64
sum_floors(const World *self, guint index)
{
    guint64 sum = 0;
    guint i;

    for (i = 0; i < self->n_guests; i++)
        if (self->guests[i].is_there && self->guests[i].partition == index)
            sum += self->guests[i].floor;
    return sum;
}

static gboolean
is_cut(const PolicyChange *change)
{
    return change->kind >= POLICY_CHANGE_LOW && change->to < change->from &&
           change->from != NO_LIMIT;
}

static gboolean
is_raise(const PolicyChange *change)
{
    return change->kind >= POLICY_CHANGE_LOW && change->to > change->from;
}

static void
apply_limit(World *self, const PolicyChange *change)
{
    Group *group = &self->groups[change->index];
    const guint64 sum = sum_limits(self);
    const guint64 floors = sum_floors(self, change->index);

    g_assert_cmpuint(change->from, ==, group->limit);
    g_assert_cmpuint(change->to, !=, group->limit);
    g_assert_cmpuint(change->to, <=, group->most);
    /* Nothing but noise. */
    if (change->to < change->from && change->to != group->most && usage(group) < change->to)
        g_assert_cmpuint(change->from - change->to, >=, MIB);
    if (change->to < usage(group) && change->to < change->from && self->noise == 0)
        g_assert_cmpuint(change->to, >=, MIN(floors, change->from));
    if (change->from <= self->memory && change->to < usage(group) && self->noise == 0)
        g_assert_cmpuint(usage(group) - change->to, <=, MAX(64 * MIB, usage(group) / 10));
    write_limit(self, change->index, change->to);
    /* One that had none is brought to what it uses, and then down. */
    if (change->from > self->memory && change->to == usage(group))
        return;
    g_assert_cmpuint(sum_limits(self), <=, MAX(self->memory, sum));
}

static void
apply(World *self, const PolicyChange *change)
{
    Guest *guest;

    switch (change->kind) {
    case POLICY_CHANGE_LIMIT:
        apply_limit(self, change);
        break;
    case POLICY_CHANGE_LOW:
        g_assert_cmpuint(change->from, ==, self->groups[change->index].low);
        self->groups[change->index].low = change->to;
        break;
    case POLICY_CHANGE_BALLOON:
        g_assert_cmpuint(change->index, <, self->n_guests);
        guest = &self->guests[change->index];
        g_assert_true(guest->is_there && guest->balloons);
        g_assert_cmpuint(change->from, ==, guest->target);
        g_assert_cmpuint(change->to, !=, guest->target);
        g_assert_cmpuint(change->to, >=, guest->floor);
        g_assert_cmpuint(change->to, <=, guest->wanted);
        guest->target = change->to;
        self->balloons++;
        break;
    case POLICY_CHANGE_SHARES:
    case POLICY_CHANGE_IDLE:
        g_assert_not_reached();
    }
    self->changes++;
    self->cuts += is_cut(change) && change->kind == POLICY_CHANGE_LIMIT;
    self->raises += is_raise(change) && change->kind == POLICY_CHANGE_LIMIT;
    self->last_change_us = self->now_us;
}

static void
apply_all(World *self, const GArray *changes)
{
    const guint64 exposed = sum_exposed(self);
    const guint64 pool = find_pool(self);
    gboolean raised = FALSE;
    gboolean grown = FALSE;
    gboolean cut = FALSE;
    guint i;

    for (i = 0; i < changes->len; i++) {
        const PolicyChange *change = &g_array_index(changes, PolicyChange, i);
        const gboolean placed = change->kind == POLICY_CHANGE_LIMIT && change->from > self->memory;

        g_assert_false(cut && is_raise(change));
        g_assert_false(raised && placed);
        cut |= is_cut(change) && !placed;
        raised |= is_raise(change);
        grown |= is_raise(change) && change->kind == POLICY_CHANGE_LIMIT &&
                 change->to > guaranteed(self, change->index);
        apply(self, change);
    }
    if (grown)
        g_assert_cmpuint(sum_exposed(self), <=, MAX(exposed, pool) + self->n * MIB);
}

/* ---- the driver ---- */

static guint64
blur(const World *self, guint64 bytes)
{
    const gint32 noise = (gint32)self->noise * 100;

    if (noise == 0)
        return bytes;
    return (guint64)((gdouble)bytes * (1 + g_test_rand_int_range(-noise, noise + 1) / 10000.0));
}

static gsize
look(const World *self, PolicyPartition *partitions, PolicyGuest *guests)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const Group *group = &self->groups[i];
        const guint64 seen = blur(self, usage(group));

        partitions[i] = (PolicyPartition){
            .name = group->name,
            .priority = group->priority,
            .guarantee = group->guarantee,
            .most = group->most,
            .shares = 1024,
            .usage = seen,
            .takeable =
                (guint64)((gdouble)seen * (gdouble)group->cache / (gdouble)MAX(usage(group), 1)),
            .limit = group->limit,
            .low = group->low,
            .shares_now = 1024,
            .has_low = TRUE,
        };
        if (self->noise == 0)
            partitions[i].takeable = group->cache;
    }
    for (i = 0; i < self->n_guests; i++) {
        const Guest *guest = &self->guests[i];

        /* One that is not there is nobody's. */
        guests[i] = (PolicyGuest){
            .partition = guest->is_there ? guest->partition : MOST_PARTITIONS,
            .balloons = guest->balloons,
            .target = guest->target,
            .wanted = guest->wanted,
            .floor = guest->floor,
            .usage = guest->used,
        };
    }
    return policy_plan_wants_guests(&self->plan) ? self->n_guests : 0;
}

static gint64
step(World *self)
{
    const PolicyHost host = {.memory = self->memory, .swap_room = self->swap, .cpus = 8};
    PolicyPartition partitions[MOST_PARTITIONS];
    static PolicyGuest guests[MOST_GUESTS];
    const gsize n_guests = look(self, partitions, guests);
    gint64 pause_us = -1;
    g_autoptr(GArray) changes = policy_plan_step(&self->plan, &host, partitions, self->n, guests,
                                                 n_guests, self->now_us, &pause_us);

    g_assert_cmpint(pause_us, >=, 0);
    g_assert_cmpint(pause_us, <=, 2 * G_TIME_SPAN_SECOND);
    self->steps++;
    apply_all(self, changes);
    return pause_us;
}

/* Every look that is due, those without a pause too. */
static void
look_on(World *self)
{
    guint i;

    for (i = 0; self->now_us >= self->due_us; i++) {
        g_assert_cmpuint(i, <, 10);
        self->due_us = self->now_us + step(self);
    }
}

static void
run(World *self, gint64 us)
{
    const gint64 end_us = self->now_us + us;

    while (self->now_us < end_us) {
        look_on(self);
        tick(self);
    }
}

static void
forget(World *self)
{
    policy_plan_clear(&self->plan);
    self->due_us = self->now_us;
}

/* ---- worlds ---- */

static World *
new_world(guint64 memory, guint64 swap)
{
    World *self = g_new0(World, 1);

    self->memory = memory;
    self->swap = swap;
    self->now_us = 1;
    return self;
}

static void
free_world(World *self)
{
    policy_plan_clear(&self->plan);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, free_world)

static Group *
add_group(World *self, guint priority, guint64 guarantee)
{
    Group *group = &self->groups[self->n];

    *group = (Group){
        .priority = priority,
        .guarantee = guarantee,
        .most = NO_LIMIT,
        .limit = NO_LIMIT,
    };
    g_snprintf(group->name, sizeof(group->name), "/p%u", self->n++);
    return group;
}

static Guest *
add_guest(World *self, guint partition, guint64 size, gboolean balloons)
{
    Guest *guest = NULL;
    guint i;

    for (i = 0; i < self->n_guests && !guest; i++)
        if (!self->guests[i].is_there)
            guest = &self->guests[i];
    if (!guest) {
        g_assert_cmpuint(self->n_guests, <, MOST_GUESTS);
        guest = &self->guests[self->n_guests++];
    }
    *guest = (Guest){
        .is_there = TRUE,
        .partition = partition,
        .balloons = balloons,
        .target = size,
        .wanted = size,
        .floor = size / 4,
        .demand = size,
        .growth = 16 * MIB,
        .speed = 32 * MIB,
    };
    return guest;
}

static void
remove_guest(World *self, Guest *guest)
{
    self->groups[guest->partition].anon -= guest->used;
    self->swap += guest->swapped;
    *guest = (Guest){0};
}

/* ---- one thing at a time ---- */

/* A client that is back has what it was promised, however a neighbour has spread meanwhile. */
typedef struct {
    const char *what;
    guint64 swap;
    gboolean balloons;
    gboolean cache;
    gint64 bound_us;
} Return;

static const Return returns[] = {
    {"out of page cache", 0, FALSE, TRUE, 15 * G_TIME_SPAN_SECOND},
    {"out of swap", 8 * GIB, FALSE, FALSE, 15 * G_TIME_SPAN_SECOND},
    {"out of balloons", 0, TRUE, FALSE, 60 * G_TIME_SPAN_SECOND},
    {"out of all", 4 * GIB, TRUE, TRUE, 15 * G_TIME_SPAN_SECOND},
};

static void
test_client_back(void)
{
    gsize k;

    for (k = 0; k < G_N_ELEMENTS(returns); k++) {
        const Return *row = &returns[k];
        g_autoptr(World) self = new_world(8 * GIB, row->swap);
        Group *client = add_group(self, 1, 4 * GIB);
        Group *grey = add_group(self, 0, 0);
        Guest *guest = add_guest(self, 0, 4 * GIB - 200 * MIB, FALSE);
        gint64 since_us;

        guest->demand = 512 * MIB;
        if (row->cache)
            grey->cache_demand = 16 * GIB;
        if (!row->cache || row->balloons)
            add_guest(self, 1, 7 * GIB, row->balloons)->floor = 1 * GIB;
        run(self, 2 * G_TIME_SPAN_MINUTE);
        g_test_message("%s: client %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                       " MiB, grey %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
                       row->what, usage(client) / MIB, client->limit / MIB, usage(grey) / MIB,
                       grey->limit / MIB);
        /* It has been lent something. */
        g_assert_cmpuint(usage(grey), >, 5 * GIB);

        guest->demand = guest->wanted;
        guest->growth = row->swap == 0 && row->balloons ? 8 * MIB : 64 * MIB;
        since_us = self->now_us;
        while (usage(client) < guest->demand && self->now_us < since_us + row->bound_us)
            run(self, TICK_US);
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

    (void)look(self, partitions, unused);
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
     {{0, 6144, 0, 1024, 0, 7424}, {0, 0, 0, 64, 0, 768}, {0}}},
    {"and what its page cache covers", FALSE,
     {{0, 6144, 0, 1024, 0, 6437}, {0, 0, 0, 0, 1280, 1754}, {0}}},
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
        g_autoptr(World) self = new_world(8 * GIB, 0);
        g_autoptr(GArray) changes = NULL;

        for (i = 0; i < 3; i++) {
            Group *group;

            if (cases[k].rows[i].limit == 0 && i == 2)
                continue;
            group = add_group(self, cases[k].rows[i].priority, cases[k].rows[i].guarantee * MIB);
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
    World *self = new_world(8 * GIB, 8 * GIB);
    Group *client = add_group(self, 1, 4 * GIB);
    Group *grey = add_group(self, 0, 0);
    Guest *guest = add_guest(self, 1, 6 * GIB, balloons);

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
    run(self, 1900 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpuint(self->balloons, >, 0);
    g_assert_cmpuint(guest->target, <, 6 * GIB);
    g_assert_cmpuint(self->groups[1].limit, ==, 6 * GIB);
    g_assert_true(self->plan.giving_way);
    run(self, 300 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpuint(self->groups[1].limit, <, 6 * GIB);
    g_assert_cmpuint(self->groups[0].limit, >, 2 * GIB);
}

/* Who has none is not waited for. */
static void
test_no_balloon(void)
{
    g_autoptr(World) self = new_conflict(FALSE);

    run(self, 2 * TICK_US);
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
    run(self, 9 * G_TIME_SPAN_SECOND);
    given = guest->target;
    g_assert_cmpuint(given, <, 6 * GIB);
    g_assert_true(policy_plan_wants_guests(&self->plan));

    self->groups[0].anon = 64 * MIB;
    run(self, G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(guest->target, ==, guest->wanted);
    g_assert_cmpuint(guest->used + guest->swapped, ==, guest->demand);
    /* And then nobody has to be asked for the sizes of guests. */
    run(self, 10 * G_TIME_SPAN_SECOND);
    g_assert_false(policy_plan_wants_guests(&self->plan));
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
    g_autoptr(World) self = new_world(8 * GIB, 8 * GIB);
    guint i;

    for (i = 0; i < 2; i++) {
        add_group(self, i, 3 * GIB);
        add_guest(self, i, 3 * GIB + 512 * MIB, i == 0);
    }
    run(self, G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(sum_limits(self), >, 7 * GIB);
    self->memory = 5 * GIB;
    run(self, 30 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(sum_limits(self), <=, 5 * GIB);
    g_assert_true(self->plan.overcommitted);
    g_assert_cmpuint(self->kills, ==, 0);
    self->memory = 8 * GIB;
    run(self, 30 * G_TIME_SPAN_SECOND);
    g_assert_false(self->plan.overcommitted);
    g_assert_cmpuint(sum_limits(self), >, 7 * GIB);
}

/* More is in use than guests may have when the daemon looks for the first time. */
static void
test_overfull(void)
{
    g_autoptr(World) self = new_world(8 * GIB, 8 * GIB);
    guint i;

    for (i = 0; i < 2; i++) {
        add_group(self, i, 0)->anon = 5 * GIB;
        add_guest(self, i, 5 * GIB, FALSE)->used = 5 * GIB;
    }
    run(self, 10 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint(sum_limits(self), <=, 8 * GIB);
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
    Guest *guest =
        add_guest(self, (guint)g_test_rand_int_range(0, (gint32)self->n), size, g_test_rand_bit());

    guest->floor = size / (guint64)g_test_rand_int_range(2, 8);
    guest->demand = size / (guint64)g_test_rand_int_range(1, 6);
    guest->growth = random_mib(2, self->swap > 0 ? 32 : 4);
    guest->speed = random_mib(8, 64);
}

static World *
random_world(void)
{
    World *self =
        new_world(random_mib(4096, 32768), g_test_rand_bit() ? random_mib(2048, 16384) : 0);
    const gint n = g_test_rand_int_range(1, MOST_PARTITIONS + 1);
    gint i;

    for (i = 0; i < n; i++) {
        Group *group = add_group(self, (guint)g_test_rand_int_range(0, 3),
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

    switch (g_test_rand_int_range(0, 8)) {
    case 0: /* the daemon is killed */
        forget(self);
        self->due_us += g_test_rand_int_range(0, 5) * TICK_US;
        break;
    case 1:
        group->cache_demand = random_mib(0, self->memory / MIB);
        break;
    case 2:
        if (guest)
            remove_guest(self, guest);
        break;
    case 3:
    case 4:
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

    run(self, G_TIME_SPAN_MINUTE);
    g_assert_cmpuint(self->changes, ==, changes);
}

/* What one sees of groups is never the same twice, and that is no reason to do anything.  Of a
 * hundred hosts one may have a limit just where it is to be moved, and then it is moved once. */
static void
test_noise(void)
{
    const guint runs = g_test_thorough() ? 5000 : 300;
    guint restless = 0;
    guint i;

    for (i = 0; i < runs; i++) {
        g_autoptr(World) self = random_world();
        guint changes;

        run(self, 6 * G_TIME_SPAN_MINUTE);
        self->noise = 3;
        run(self, 5 * G_TIME_SPAN_MINUTE);
        changes = self->changes;
        run(self, G_TIME_SPAN_MINUTE);
        restless += self->changes > changes;
        g_assert_cmpuint(self->changes - changes, <=, 6);
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
    Guest *guest = add_guest(self, (guint)g_test_rand_int_range(0, (gint32)self->n), size,
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
    remove_guest(self, guest);
    start_customer(self);
}

static void
test_hour(void)
{
    g_autoptr(World) self = new_world(240 * GIB, 64 * GIB);
    guint events = 0;
    guint i;

    for (i = 0; i < 5; i++)
        add_group(self, i, i == 2 ? 0 : 40 * GIB)->cache_demand = 20 * GIB;
    for (i = 0; i < CUSTOMERS; i++)
        start_customer(self);
    while (self->now_us < G_TIME_SPAN_HOUR) {
        live(self);
        events++;
        if (events % 200 == 0)
            forget(self);
        run(self, 2 * G_TIME_SPAN_SECOND);
    }
    g_test_message("%u events, %u looks, %u changes: %u raises, %u cuts, %u balloons; %u kills",
                   events, self->steps, self->changes, self->raises, self->cuts, self->balloons,
                   self->kills);
    g_assert_cmpuint(self->kills, ==, 0);
    run(self, 6 * G_TIME_SPAN_MINUTE);
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
            run(self, g_test_rand_int_range(1, 50) * TICK_US);
        }
        run(self, 6 * G_TIME_SPAN_MINUTE);
        assert_rests(self);
        forget(self);
        run(self, 30 * G_TIME_SPAN_SECOND);
        assert_rests(self);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy-plan/first-look", test_first_look);
    g_test_add_func("/policy-plan/grace", test_grace);
    g_test_add_func("/policy-plan/no-balloon", test_no_balloon);
    g_test_add_func("/policy-plan/give-back", test_give_back);
    g_test_add_func("/policy-plan/processors", test_processors);
    g_test_add_func("/policy-plan/unplug", test_unplug);
    g_test_add_func("/policy-plan/overfull", test_overfull);
    g_test_add_func("/policy-plan/client-back", test_client_back);
    g_test_add_func("/policy-plan/random", test_random);
    g_test_add_func("/policy-plan/noise", test_noise);
    g_test_add_func("/policy-plan/hour", test_hour);
    return g_test_run();
}
