/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This goes the way that the driver's planner goes when a policy comes into force, and asks
 * where that one writes.  A partition that nobody is in is not there, and has nothing that could
 * change: it is given what the policy says with its first guest.
 */
#include <config.h>

#include "policy-forecast.h"
#include "policy-partition.h"
#include "policy-plan.h"
#include "policy-reserve.h"

#define OWN ""

/* One at the top. */
typedef struct {
    char *name;
    CorralGroup *group;
    const PolicyTerms *terms;
    guint portions;
} Top;

typedef struct {
    CorralHost *host;
    const Policy *policy;
    const PolicyMachine *machine;
    GArray *allowed; /* (element-type guint): the CPUs that guests may run on */
    GPtrArray *tops;
    GHashTable *seen; /* paths of groups that the policy describes, or that are at the top */
    GPtrArray *found;
} Forecast;

static void
top_free(gpointer data)
{
    Top *top = data;

    g_object_unref(top->group);
    g_free(top->name);
    g_free(top);
}

/* NULL: all that there are. */
static GArray *
find_cpus(const Forecast *self, const PolicyTerms *terms)
{
    if (terms && terms->cpus)
        return policy_reserve_limit_cpus(terms->cpus, self->allowed);
    if (terms && !policy_terms_are_of_root(terms))
        return NULL;
    return policy_reserve_has_cpus(&self->policy->reserve) ? g_array_ref(self->allowed) : NULL;
}

/* ---- what is set at once ---- */

static void
compare_top(Forecast *self, const char *name, CorralGroup *group, const PolicyTerms *terms,
            guint portions)
{
    g_autoptr(GArray) cpus = find_cpus(self, terms);
    Top *top = g_new0(Top, 1);

    policy_difference_compare(group, name, terms, TRUE, cpus, self->found);
    if (!policy_shares_memory(self->policy))
        policy_difference_compare_unshared_memory(group, name, terms, portions, self->found);
    if (!policy_shares_cpu(self->policy))
        policy_difference_compare_unshared_cpu(group, name, terms, self->found);

    top->name = g_strdup(name);
    top->group = g_object_ref(group);
    top->terms = terms;
    top->portions = portions;
    g_ptr_array_add(self->tops, top);
}

/* Those of its groups that are there. */
static GPtrArray *
open_groups(Forecast *self, const PolicyTerms *terms)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(g_object_unref);
    g_auto(GStrv) paths = policy_partition_list_paths(self->host, terms->name, NULL);
    gsize i;

    for (i = 0; paths && paths[i]; i++) {
        CorralGroup *group = corral_group_open(self->host, paths[i], CORRAL_CONTROLLERS_ALL, NULL);

        g_hash_table_add(self->seen, g_strdup(paths[i]));
        if (group)
            g_ptr_array_add(groups, group);
    }
    return groups;
}

static void
forecast_terms(Forecast *self, const PolicyTerms *terms)
{
    g_autoptr(GPtrArray) groups = open_groups(self, terms);
    guint i;

    for (i = 0; i < groups->len; i++) {
        CorralGroup *group = g_ptr_array_index(groups, i);

        if (policy_terms_are_of_root(terms)) {
            compare_top(self, terms->name, group, terms, groups->len);
        } else {
            g_autoptr(GArray) cpus = find_cpus(self, terms);

            policy_difference_compare(group, terms->name, terms, FALSE, cpus, self->found);
        }
    }
}

/* Those that nobody describes: what they had been given goes, unless it is shared out to all. */
static void
forecast_others(Forecast *self, char **paths, gboolean at_top)
{
    gsize i;

    for (i = 0; paths && paths[i]; i++) {
        g_autoptr(CorralGroup) group = NULL;
        g_autofree char *name = NULL;

        if (!g_hash_table_add(self->seen, g_strdup(paths[i])))
            continue;
        group = corral_group_open(self->host, paths[i], CORRAL_CONTROLLERS_ALL, NULL);
        name = policy_partition_find_name(self->host, paths[i]);
        if (group && at_top)
            compare_top(self, name, group, NULL, 1);
        else if (group)
            policy_difference_compare(group, name, NULL, FALSE, NULL, self->found);
    }
}

/* ---- what is shared out ---- */

static void
note_change(Forecast *self, const PolicyChange *change)
{
    const gboolean memory = policy_shares_memory(self->policy);
    const gboolean cpu = policy_shares_cpu(self->policy);
    const Top *top;

    if (change->kind == POLICY_CHANGE_BALLOON)
        return;
    top = g_ptr_array_index(self->tops, change->index);
    if (change->kind == POLICY_CHANGE_SHARES && cpu)
        policy_difference_note_shares(self->found, top->name, change->from, change->to);
    else if (change->kind == POLICY_CHANGE_IDLE && cpu)
        policy_difference_note_idle(self->found, top->name, change->from != 0, change->to != 0);
    else if (change->kind == POLICY_CHANGE_LOW && memory)
        policy_difference_note_memory(self->found, top->name, "memory protection", change->from,
                                      change->to);
    else if (change->kind == POLICY_CHANGE_LIMIT && memory)
        policy_difference_note_memory(self->found, top->name, "memory limit", change->from,
                                      change->to);
}

static GArray *
look_at_tops(Forecast *self)
{
    GArray *partitions = g_array_new(FALSE, FALSE, sizeof(PolicyPartition));
    guint i = 0;

    while (i < self->tops->len) {
        const Top *top = g_ptr_array_index(self->tops, i);
        PolicyPartition now;

        if (policy_partition_read(top->group, top->terms, top->portions, &now)) {
            g_array_append_val(partitions, now);
            i++;
        } else {
            g_ptr_array_remove_index(self->tops, i);
        }
    }
    return partitions;
}

static void
forecast_step(Forecast *self, guint64 swap_room)
{
    const PolicyHost host = {
        .memory = policy_reserve_find_memory(&self->policy->reserve, self->machine),
        .swap_room = swap_room,
        .cpus = self->allowed->len,
        .has_idle = TRUE,
    };
    g_autoptr(GArray) partitions = NULL;
    g_autoptr(GArray) changes = NULL;
    g_auto(PolicyPlan) plan = {0};
    gint64 unused;
    guint i;

    if (!policy_shares_memory(self->policy) && !policy_shares_cpu(self->policy))
        return;
    partitions = look_at_tops(self);
    changes = policy_plan_step(&plan, &host, (const PolicyPartition *)partitions->data,
                               partitions->len, NULL, 0, g_get_monotonic_time(), &unused);
    for (i = 0; i < changes->len; i++)
        note_change(self, &g_array_index(changes, PolicyChange, i));
}

GPtrArray *
policy_forecast(CorralHost *host, const Policy *policy, const PolicyMachine *machine,
                guint64 swap_room)
{
    g_autoptr(GArray) allowed = policy_reserve_find_cpus(&policy->reserve, machine);
    g_autoptr(GPtrArray) tops = g_ptr_array_new_with_free_func(top_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) others = policy_partition_list_tops(host, OWN);
    g_auto(GStrv) given = policy_partition_list_with_terms(host);
    Forecast self = {
        .host = host,
        .policy = policy,
        .machine = machine,
        .allowed = allowed,
        .tops = tops,
        .seen = seen,
        .found = g_ptr_array_new_with_free_func((GDestroyNotify)policy_difference_free),
    };
    guint i;

    for (i = 0; i < policy->terms->len; i++)
        forecast_terms(&self, g_ptr_array_index(policy->terms, i));
    forecast_others(&self, others, TRUE);
    forecast_others(&self, given, FALSE);
    forecast_step(&self, swap_room);
    return self.found;
}
