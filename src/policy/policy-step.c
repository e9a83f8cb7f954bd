/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the halves of a step ask alike. */
#include <config.h>

#include "policy-bytes.h"
#include "policy-step.h"

#define LEAST_SHARE 50 /* if that is more */

guint64
policy_step_find_least_change(guint64 bytes)
{
    return MAX(POLICY_LEAST_CHANGE, bytes / LEAST_SHARE);
}

gboolean
policy_step_is_placed(const PolicyStep *self, gsize i)
{
    return self->limits[i] <= self->host->memory;
}

gboolean
policy_step_is_pressed(const PolicyStep *self, gsize i)
{
    const PolicyPortion *portion = &self->portions[i];
    const guint64 least = MAX(self->notes[i]->own + self->notes[i]->takeable + portion->margin / 2,
                              self->partitions[i].usage + portion->margin / 8);

    return self->limits[i] < MIN(least, portion->most);
}

guint64
policy_step_find_distress(const PolicyStep *self, gsize i, guint64 limit)
{
    const PolicyPartition *partition = &self->partitions[i];

    return policy_subtract(partition->usage + POLICY_CUSHION / 2,
                           limit + partition->takeable + self->swap_left);
}

guint64
policy_step_sum_owed(const PolicyStep *self)
{
    guint64 sum = 0;
    gsize i;

    for (i = 0; i < self->n; i++) {
        const PolicyPortion *portion = &self->portions[i];

        if (policy_step_is_placed(self, i) && policy_step_is_pressed(self, i))
            sum += policy_subtract(MIN(portion->goal, MIN(portion->need, portion->guarantee)),
                                   self->limits[i]);
    }
    return sum;
}

guint64
policy_step_find_free(const PolicyStep *self)
{
    return policy_subtract(self->host->memory, self->given);
}

/* What can be lost of page cache from one look to the next is the division's business. */
static guint64
find_covered(const PolicyStep *self, gsize i)
{
    const PolicyPortion *portion = &self->portions[i];

    return MIN(portion->covered, portion->guarantee + self->partitions[i].takeable);
}

guint64
policy_step_find_reach(const PolicyStep *self, gsize i, guint64 now, guint64 aim)
{
    const guint64 bare = MAX(now, find_covered(self, i));
    guint64 exposed = 0;
    gsize k;

    for (k = 0; k < self->n; k++)
        if (policy_step_is_placed(self, k))
            exposed += policy_subtract(self->limits[k], find_covered(self, k));
    return MIN(MIN(aim, now + policy_step_find_free(self)),
               bare + policy_subtract(self->pool, exposed));
}

static int
compare_priorities(gconstpointer a, gconstpointer b, gpointer data)
{
    const PolicyPartition *partitions = data;
    const gsize x = *(const gsize *)a;
    const gsize y = *(const gsize *)b;

    if (partitions[x].priority != partitions[y].priority)
        return partitions[x].priority > partitions[y].priority ? -1 : 1;
    return (x > y) - (x < y);
}

gsize *
policy_step_sort_by_priority(const PolicyStep *self)
{
    gsize *order = g_new(gsize, self->n);
    gsize i;

    for (i = 0; i < self->n; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)self->n, sizeof(*order), compare_priorities,
                      (gpointer)self->partitions);
    return order;
}

void
policy_step_add_change(GArray *changes, PolicyChangeKind kind, gsize index, guint64 from,
                       guint64 to)
{
    const PolicyChange change = {kind, (guint)index, from, to};

    g_array_append_val(changes, change);
}

void
policy_step_set_limit(PolicyStep *self, GArray *changes, gsize i, guint64 limit)
{
    policy_step_add_change(changes, POLICY_CHANGE_LIMIT, i, self->partitions[i].limit, limit);
    if (policy_step_is_placed(self, i))
        self->given -= self->limits[i];
    self->limits[i] = limit;
    self->given += limit;
}
