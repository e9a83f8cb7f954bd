/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "policy-world.h"

#define DEATH_US (650 * G_TIME_SPAN_MILLISECOND)

static guint64
less(guint64 a, guint64 b)
{
    return a > b ? a - b : 0;
}

guint64
world_usage(const Group *group)
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

    const guint64 above = less(world_usage(group), limit);
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
    const guint64 room = less(group->limit, world_usage(group));
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
    const guint64 room = less(group->limit, world_usage(group));
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
        const guint64 room = less(group->limit, world_usage(group));

        group->cache += MIN(less(group->cache_demand, group->cache), MIN(room, 64 * MIB));
        group->cache = MIN(group->cache, group->cache_demand);
        group->stuck_us = group->stopped ? group->stuck_us + TICK_US : 0;
        group->stopped = FALSE;
        if (group->stuck_us >= DEATH_US)
            kill_group(self, i);
    }
}

/* ---- the rules ---- */

guint64
world_sum_limits(const World *self)
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
    guint i;

    for (i = 0; i < self->n; i++) {
        const Group *group = &self->groups[i];
        guint64 covered = guaranteed(self, i) + group->cache;

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
    const guint64 sum = world_sum_limits(self);
    const guint64 floors = sum_floors(self, change->index);

    g_assert_cmpuint(change->from, ==, group->limit);
    g_assert_cmpuint(change->to, !=, group->limit);
    g_assert_cmpuint(change->to, <=, group->most);
    /* Nothing but noise. */
    if (change->to < change->from && change->to != group->most && world_usage(group) < change->to)
        g_assert_cmpuint(change->from - change->to, >=, MIB);
    if (change->to < world_usage(group) && change->to < change->from && self->noise == 0)
        g_assert_cmpuint(change->to, >=, MIN(MIN(floors, group->anon), change->from));
    if (change->from <= self->memory && change->to < world_usage(group) && self->noise == 0)
        g_assert_cmpuint(world_usage(group) - change->to, <=,
                         MAX(64 * MIB, world_usage(group) / 10));
    write_limit(self, change->index, change->to);
    /* One that had none is brought to what it uses, and then down. */
    if (change->from > self->memory && change->to == world_usage(group))
        return;
    g_assert_cmpuint(world_sum_limits(self), <=, MAX(self->memory, sum));
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

gsize
world_look(const World *self, PolicyPartition *partitions, PolicyGuest *guests)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const Group *group = &self->groups[i];
        const guint64 seen = blur(self, world_usage(group));

        partitions[i] = (PolicyPartition){
            .name = group->name,
            .priority = group->priority,
            .guarantee = group->guarantee,
            .most = group->most,
            .shares = 1024,
            .usage = seen,
            .takeable = (guint64)((gdouble)seen * (gdouble)group->cache /
                                  (gdouble)MAX(world_usage(group), 1)),
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
    const gsize n_guests = world_look(self, partitions, guests);
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

void
world_run(World *self, gint64 us)
{
    const gint64 end_us = self->now_us + us;

    while (self->now_us < end_us) {
        look_on(self);
        tick(self);
    }
}

void
world_forget(World *self)
{
    policy_plan_clear(&self->plan);
    self->due_us = self->now_us;
}

/* ---- worlds ---- */

World *
world_new(guint64 memory, guint64 swap)
{
    World *self = g_new0(World, 1);

    self->memory = memory;
    self->swap = swap;
    self->now_us = 1;
    return self;
}

void
world_free(World *self)
{
    policy_plan_clear(&self->plan);
    g_free(self);
}

Group *
world_add_group(World *self, guint priority, guint64 guarantee)
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

Guest *
world_add_guest(World *self, guint partition, guint64 size, gboolean balloons)
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

void
world_remove_guest(World *self, Guest *guest)
{
    self->groups[guest->partition].anon -= guest->used;
    self->swap += guest->swapped;
    *guest = (Guest){0};
}
