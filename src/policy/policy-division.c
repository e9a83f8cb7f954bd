/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host's memory, divided.
 *
 * Everybody has first what cannot be taken from it, then what it needs of what it was
 * guaranteed.  What is left goes to needs beyond that, then to guests that were asked for
 * memory and would have it back, by priority; equals share alike.  The rest is given out in
 * proportion to the needs although nobody has asked for it: who grows is then not stopped between
 * two looks, and being stopped may kill.
 *
 * What is guaranteed and not used is lent, but never more than can be got back at once.  So what a
 * partition has above its guarantee must be covered.  It is by page cache, which can be taken from
 * that partition.  What is not covered so takes from
 * a pool, which is what nobody was guaranteed, and the swap that is left.  When the pool is
 * empty nobody grows beyond its guarantee, and the others' are there when they come.
 * What balloons could give covers nothing: it takes them seconds, if they give at all, and who is
 * stopped for less than one may be killed.
 *
 * Page cache can turn into something else from one look to the next.  So it counts only as
 * far as the pool could bear a part of its being lost.
 */
#include <config.h>

#include "policy-bytes.h"
#include "policy-division.h"

#define MARGIN_SHARE 8 /* of what it uses */

/* With nowhere to put memory, who comes for its guarantee has to last until others have
 * given way. */
#define LITTLE_SWAP (1024 * POLICY_MIB)
#define WIDE_MARGIN (256 * POLICY_MIB)
#define WIDE_SHARE 4

/* Swap that others may take before us. */
#define SWAP_SHARE(bytes) ((bytes) / 4 * 3)

/* Of the memory: what all start with when the rest is given out, as a new guest may grow fast. */
#define BASE_SHARE 4

/* How much page cache the pool can answer for. */
#define CACHE_FOR_POOL 4

typedef struct {
    const PolicyHost *host;
    const PolicyPartition *partitions;
    gsize n;
    PolicyPortion *portions;
    guint64 left; /* of the memory */
    guint64 pool;
    /* Of each. */
    guint64 *asked;
    guint64 *weights;
    guint64 *dues; /* when what is left in the end is given out */
} Table;

/* ---- what each has a claim to ---- */

static guint64
find_margin(const PolicyHost *host, const PolicyPortion *portion, guint64 usage)
{
    if (host->swap_room < LITTLE_SWAP && usage < portion->guarantee)
        return MAX(WIDE_MARGIN, usage / WIDE_SHARE);
    return MAX(POLICY_CUSHION, usage / MARGIN_SHARE);
}

/* What cannot be taken, when its guests have given @given.  No reason for more than it has: only
 * for not having less. */
static guint64
find_hold(const PolicyHost *host, const PolicyPartition *partition, const PolicyPortion *portion,
          guint64 given)
{
    const guint64 movable = partition->takeable + SWAP_SHARE(host->swap_room) + given;
    const guint64 kept = policy_subtract(partition->usage, movable);
    /* A guest's floor is of its memory: page cache goes before anybody is below his. */
    const guint64 own = policy_subtract(partition->usage, partition->takeable);

    return MIN(MAX(kept > 0 ? kept + POLICY_CUSHION : 0, MIN(portion->floors, own)),
               MIN(partition->limit, portion->most));
}

guint64
policy_division_find_hold(const PolicyHost *host, const PolicyPartition *partition,
                          const PolicyPortion *portion)
{
    return find_hold(host, partition, portion, 0);
}

static guint64
scale_guarantees(Table *self)
{
    guint64 sum = 0;
    guint64 kept = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        self->portions[i].most = MIN(self->partitions[i].most, self->host->memory);
        sum += MIN(self->partitions[i].guarantee, self->portions[i].most);
    }
    for (i = 0; i < self->n; i++) {
        PolicyPortion *portion = &self->portions[i];

        portion->guarantee = MIN(self->partitions[i].guarantee, portion->most);
        if (sum > self->host->memory)
            portion->guarantee = policy_take_part(self->host->memory, portion->guarantee, sum);
        kept += portion->guarantee;
    }
    self->pool = policy_subtract(self->host->memory, kept) + SWAP_SHARE(self->host->swap_room);
    return sum;
}

static void
find_claims(Table *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPartition *partition = &self->partitions[i];
        PolicyPortion *portion = &self->portions[i];

        portion->margin = find_margin(self->host, portion, partition->usage);
        portion->need = MIN(partition->usage + portion->margin + portion->growth, portion->most);
        portion->goal = 0;
    }
}

/* What has no cover now has its part of the pool already. */
static void
find_cover(Table *self)
{
    guint64 lost = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPartition *partition = &self->partitions[i];

        self->portions[i].covered = self->portions[i].guarantee;
        lost += policy_subtract(policy_subtract(partition->usage, partition->takeable),
                                self->portions[i].covered);
    }
    lost = policy_subtract(self->pool, lost);
    for (i = 0; i < self->n; i++)
        self->portions[i].covered += MIN(self->partitions[i].takeable, CACHE_FOR_POOL * lost);
}

/* ---- giving ---- */

/* To all who ask, by weight, none more than it asks for. */
static guint64
share_out(Table *self, guint64 budget)
{
    guint64 left = budget;
    gboolean content;

    do {
        guint64 weights = 0;
        guint64 round = left;
        gsize i;

        content = FALSE;
        for (i = 0; i < self->n; i++)
            weights += self->asked[i] > 0 ? self->weights[i] : 0;
        for (i = 0; i < self->n; i++) {
            const guint64 due = policy_take_part(round, self->weights[i], weights);

            if (self->asked[i] == 0 || self->asked[i] > due)
                continue;
            self->portions[i].goal += self->asked[i];
            left -= MIN(left, self->asked[i]);
            self->asked[i] = 0;
            content = TRUE;
        }
        for (i = 0; !content && i < self->n; i++) {
            const guint64 due = MIN(policy_take_part(round, self->weights[i], weights), left);

            self->portions[i].goal += self->asked[i] > 0 ? due : 0;
            left -= self->asked[i] > 0 ? due : 0;
        }
    } while (content && left > 0);
    return budget - left;
}

typedef guint64 (*FindAim)(const Table *self, gsize i);

/* Brings everybody of @priority, or all, towards its aim. */
static void
bring_part(Table *self, FindAim find_aim, const guint *priority, gboolean pooled)
{
    const guint64 budget = pooled ? MIN(self->left, self->pool) : self->left;
    guint64 given;
    gsize i;

    for (i = 0; i < self->n; i++) {
        const guint64 aim = MIN(find_aim(self, i), self->portions[i].most);
        const gboolean is_meant = !priority || self->partitions[i].priority == *priority;

        self->asked[i] = is_meant
                             ? policy_subtract(pooled ? aim : MIN(aim, self->portions[i].covered),
                                               self->portions[i].goal)
                             : 0;
    }
    given = share_out(self, budget);
    self->left -= given;
    self->pool -= pooled ? given : 0;
}

static void
bring(Table *self, FindAim find_aim, const guint *priority)
{
    bring_part(self, find_aim, priority, FALSE);
    bring_part(self, find_aim, priority, TRUE);
}

static guint64
aim_guaranteed(const Table *self, gsize i)
{
    return MIN(self->portions[i].need, self->portions[i].guarantee);
}

static guint64
aim_need(const Table *self, gsize i)
{
    return self->portions[i].need;
}

static guint64
aim_wish(const Table *self, gsize i)
{
    return self->portions[i].need + self->portions[i].wish;
}

static guint64
aim_due(const Table *self, gsize i)
{
    return self->dues[i];
}

static guint64
aim_most(const Table *self, gsize i)
{
    return self->portions[i].most;
}

static int
compare_priorities(gconstpointer a, gconstpointer b)
{
    const guint *x = a;
    const guint *y = b;

    return (*x < *y) - (*x > *y);
}

static void
bring_by_priority(Table *self, FindAim find_aim)
{
    g_autofree guint *priorities = g_new(guint, self->n);
    gsize i;

    for (i = 0; i < self->n; i++)
        priorities[i] = self->partitions[i].priority;
    qsort(priorities, self->n, sizeof(*priorities), compare_priorities);
    for (i = 0; i < self->n; i++)
        if (i == 0 || priorities[i] != priorities[i - 1])
            bring(self, find_aim, &priorities[i]);
}

/* It is there, whatever anybody thinks of it. */
static void
leave_what_is_held(Table *self)
{
    gsize i;

    for (i = 0; i < self->n; i++) {
        PolicyPortion *portion = &self->portions[i];

        portion->goal =
            MIN(find_hold(self->host, &self->partitions[i], portion, portion->spare), self->left);
        self->left -= portion->goal;
        self->pool =
            policy_subtract(self->pool, policy_subtract(portion->goal, self->portions[i].covered));
    }
}

/* In proportion, as far as there is somebody to have it; then to whoever can. */
static void
give_rest(Table *self)
{
    const guint64 left = self->left;
    guint64 sum = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        self->weights[i] = self->portions[i].need + self->host->memory / BASE_SHARE / self->n;
        sum += self->weights[i];
    }
    for (i = 0; i < self->n; i++)
        self->dues[i] = self->portions[i].goal + policy_take_part(left, self->weights[i], sum);
    bring(self, aim_due, NULL);
    bring(self, aim_most, NULL);
}

PolicyDivision
policy_division_find(const PolicyHost *host, const PolicyPartition *partitions, gsize n,
                     PolicyPortion *portions)
{
    g_autofree guint64 *asked = g_new0(guint64, n);
    g_autofree guint64 *weights = g_new0(guint64, n);
    g_autofree guint64 *dues = g_new0(guint64, n);
    Table self = {host, partitions, n, portions, host->memory, 0, asked, weights, dues};
    PolicyDivision division;
    gsize i;

    division.overcommitted = scale_guarantees(&self) > host->memory;
    division.pool = self.pool;
    find_claims(&self);
    find_cover(&self);

    leave_what_is_held(&self);
    for (i = 0; i < n; i++)
        weights[i] = 1;
    bring_by_priority(&self, aim_guaranteed);
    bring_by_priority(&self, aim_need);
    bring_by_priority(&self, aim_wish);
    give_rest(&self);
    for (i = 0; i < n; i++)
        if (portions[i].goal < portions[i].most)
            portions[i].goal -= portions[i].goal % POLICY_MIB;

    division.left = self.pool;
    return division;
}
