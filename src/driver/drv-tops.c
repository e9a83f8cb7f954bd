/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Partitions come with their first guest and go with the last, so that what is said of one is
 * brought into force whenever it comes anew.  One with guests in it says so by a label, which is
 * as old as the group itself: whoever has the daemon next, or is the other driver's daemon, finds
 * it by that.
 */
#include <config.h>

#include <string.h>

#include "drv-error.h"
#include "drv-layout.h"
#include "drv-partition.h"
#include "drv-share.h"
#include "drv-tops.h"
#include "policy-partition.h"
#include "policy-reserve.h"

static void
top_free(gpointer data)
{
    DrvTop *top = data;

    g_object_unref(top->group);
    g_free(top);
}

DrvTops *
drv_tops_new(CorralHost *host)
{
    DrvTops *self = g_new0(DrvTops, 1);

    self->host = g_object_ref(host);
    self->all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, top_free);
    return self;
}

void
drv_tops_free(DrvTops *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->all);
    g_clear_pointer(&self->policy, policy_unref);
    g_clear_pointer(&self->machine, policy_machine_free);
    g_clear_pointer(&self->cpus, g_array_unref);
    g_object_unref(self->host);
    g_free(self);
}

char *
drv_tops_find(const char *path)
{
    g_autofree char *own = drv_layout_dup_own();

    return policy_partition_find_top(path, own);
}

/* ---- what is asked for ---- */

/* Of those that the terms name, the ones that guests may run on. */
static GArray *
find_cpus(DrvTops *self, const PolicyTerms *terms)
{
    g_autoptr(GArray) all = NULL;

    /* One below another has what that has, which may be less than the host leaves. */
    if (terms && !terms->cpus && !policy_terms_are_of_root(terms))
        return NULL;
    if (!terms || !terms->cpus)
        return self->cpus ? g_array_ref(self->cpus) : NULL;
    all = policy_reserve_find_cpus(&self->policy->reserve, self->machine);
    return policy_reserve_limit_cpus(terms->cpus, all);
}

/* ---- where it is ---- */

/* Of those who name no partition the layout decides; at the top, where they share with others. */
static char *
find_default_top(DrvTops *self)
{
    g_autofree char *place = corral_host_is_managed(self->host) ? NULL : drv_layout_build_default();
    g_autofree char *inside = place ? g_build_filename(place, "any", NULL) : NULL;

    return inside ? drv_tops_find(inside) : NULL;
}

static char **
list_paths(DrvTops *self, const PolicyTerms *terms, GError **error)
{
    g_auto(GStrv) paths = policy_partition_list_paths(self->host, terms->name, error);
    g_autofree char *top = NULL;
    g_autoptr(GStrvBuilder) builder = NULL;

    if (!paths || !g_str_equal(terms->name, GUEST_DEFAULT_PARTITION) ||
        !(top = find_default_top(self)) || g_strv_contains((const char *const *)paths, top))
        return g_steal_pointer(&paths);

    builder = g_strv_builder_new();
    g_strv_builder_addv(builder, (const char **)paths);
    g_strv_builder_add(builder, top);
    return g_strv_builder_end(builder);
}

/* ---- bringing it into force ---- */

static void
settle_top(DrvTops *self, CorralGroup *group, const PolicyTerms *terms, guint portions)
{
    g_autoptr(GArray) cpus = find_cpus(self, terms);
    DrvTop *top = g_new0(DrvTop, 1);

    drv_partition_label(group, POLICY_LABEL_TOP, TRUE);
    drv_partition_set_terms(group, terms, TRUE, cpus);
    if (!self->shares_memory)
        drv_share_undo_memory(group, terms, portions);
    if (!self->shares_cpu)
        drv_share_undo_cpu(group, terms);

    top->group = g_object_ref(group);
    top->terms = terms;
    top->portions = portions;
    g_hash_table_replace(self->all, g_strdup(corral_group_get_path(group)), top);
}

/* Those of its groups that are there. */
static GPtrArray *
open_groups(DrvTops *self, const PolicyTerms *terms)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) paths = list_paths(self, terms, &error);
    gsize i;

    if (!paths)
        drv_error_log(g_steal_pointer(&error), terms->name, "find the partition");
    for (i = 0; paths && paths[i]; i++) {
        CorralGroup *group = corral_group_open(self->host, paths[i], CORRAL_CONTROLLERS_ALL, NULL);

        if (group)
            g_ptr_array_add(groups, group);
    }
    return groups;
}

static void
apply(DrvTops *self, const PolicyTerms *terms)
{
    g_autoptr(GPtrArray) groups = open_groups(self, terms);
    guint i;

    for (i = 0; i < groups->len; i++) {
        CorralGroup *group = g_ptr_array_index(groups, i);

        if (policy_terms_are_of_root(terms)) {
            settle_top(self, group, terms, groups->len);
        } else {
            g_autoptr(GArray) cpus = find_cpus(self, terms);

            drv_partition_set_terms(group, terms, FALSE, cpus);
        }
    }
}

static gboolean
is_described(DrvTops *self, const char *path)
{
    guint i;

    for (i = 0; i < self->policy->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(self->policy->terms, i);
        g_auto(GStrv) paths = list_paths(self, terms, NULL);

        if (paths && g_strv_contains((const char *const *)paths, path))
            return TRUE;
    }
    return FALSE;
}

/* What those that have gone had of their partition is the other groups' of the same. */
static void
forget_gone(DrvTops *self)
{
    g_autoptr(GPtrArray) divided = g_ptr_array_new();
    GHashTableIter iter;
    gpointer path, value;
    guint i;

    g_hash_table_iter_init(&iter, self->all);
    while (g_hash_table_iter_next(&iter, &path, &value)) {
        const DrvTop *top = value;
        g_autoptr(CorralGroup) group =
            corral_group_open(self->host, path, CORRAL_CONTROLLERS_ALL, NULL);

        if (group)
            continue;
        if (top->portions > 1)
            g_ptr_array_add(divided, (gpointer)top->terms);
        g_hash_table_iter_remove(&iter);
    }
    for (i = 0; i < divided->len; i++)
        apply(self, g_ptr_array_index(divided, i));
}

/* It may have gone and come again, and then @group has none of its labels. */
static gboolean
is_settled(DrvTops *self, CorralGroup *group)
{
    const DrvTop *top = g_hash_table_lookup(self->all, corral_group_get_path(group));

    return top && (!top->terms || policy_partition_has(group, POLICY_LABEL_TERMS)) &&
           (!self->cpus || policy_partition_has(group, POLICY_LABEL_CPUS));
}

void
drv_tops_survey(DrvTops *self)
{
    g_autofree char *own = drv_layout_dup_own();
    g_auto(GStrv) paths = policy_partition_list_tops(self->host, own);
    gsize i;

    forget_gone(self);
    for (i = 0; paths[i]; i++) {
        g_autoptr(CorralGroup) group =
            corral_group_open(self->host, paths[i], CORRAL_CONTROLLERS_ALL, NULL);

        if (!group || is_settled(self, group))
            continue;
        if (is_described(self, paths[i]))
            drv_tops_meet(self, paths[i]);
        else
            settle_top(self, group, NULL, 1);
    }
}

/* Of partitions below others there is no list. */
static void
release_others(DrvTops *self)
{
    g_auto(GStrv) paths = policy_partition_list_with_terms(self->host);
    gsize i;

    for (i = 0; paths[i]; i++) {
        g_autoptr(CorralGroup) group = NULL;

        if (g_hash_table_contains(self->all, paths[i]) || is_described(self, paths[i]))
            continue;
        group = corral_group_open(self->host, paths[i], CORRAL_CONTROLLERS_ALL, NULL);
        if (group)
            drv_partition_set_terms(group, NULL, FALSE, NULL);
    }
}

static gboolean
has(const DrvTops *self, CorralController controller)
{
    return corral_host_get_controllers(self->host) & CORRAL_CONTROLLER_BIT(controller);
}

void
drv_tops_follow(DrvTops *self, Policy *policy, PolicyMachine *machine)
{
    guint i;

    g_hash_table_remove_all(self->all);
    g_clear_pointer(&self->policy, policy_unref);
    g_clear_pointer(&self->machine, policy_machine_free);
    g_clear_pointer(&self->cpus, g_array_unref);
    self->policy = policy;
    self->machine = machine;
    if (policy_reserve_has_cpus(&policy->reserve))
        self->cpus = policy_reserve_find_cpus(&policy->reserve, machine);
    /* Without a controller there is nothing to share out by; `corral check` says so. */
    self->shares_memory = policy_shares_memory(policy) && has(self, CORRAL_CONTROLLER_MEMORY);
    self->shares_cpu = policy_shares_cpu(policy) && has(self, CORRAL_CONTROLLER_CPU);

    for (i = 0; i < policy->terms->len; i++)
        apply(self, g_ptr_array_index(policy->terms, i));
    drv_tops_survey(self);
    release_others(self);
}

/* ---- one that comes ---- */

static gboolean
is_at_or_above(const char *above, const char *path)
{
    const gsize length = strlen(above);

    return g_str_has_prefix(path, above) && (path[length] == '\0' || path[length] == '/');
}

static gboolean
is_known(DrvTops *self, CorralGroup *top, CorralGroup *partition)
{
    const DrvTop *settled = g_hash_table_lookup(self->all, corral_group_get_path(top));

    return policy_partition_has(top, POLICY_LABEL_TOP) && settled && settled->looked_at &&
           (policy_partition_has(partition, POLICY_LABEL_TERMS) ||
            !is_described(self, corral_group_get_path(partition)));
}

/* Brings into force what is said of @partition, and of those above it. */
static void
apply_along(DrvTops *self, const char *partition)
{
    guint i;
    gsize k;

    for (i = 0; i < self->policy->terms->len; i++) {
        const PolicyTerms *terms = g_ptr_array_index(self->policy->terms, i);
        g_auto(GStrv) paths = list_paths(self, terms, NULL);

        for (k = 0; paths && paths[k]; k++) {
            if (is_at_or_above(paths[k], partition)) {
                apply(self, terms);
                break;
            }
        }
    }
}

static CorralGroup *
open_top(DrvTops *self, const char *partition)
{
    g_autofree char *inside = g_build_filename(partition, "any", NULL);
    g_autofree char *name = drv_tops_find(inside);

    return name ? corral_group_open(self->host, name, CORRAL_CONTROLLERS_ALL, NULL) : NULL;
}

gboolean
drv_tops_know(DrvTops *self, const char *partition)
{
    g_autoptr(CorralGroup) group =
        corral_group_open(self->host, partition, CORRAL_CONTROLLERS_ALL, NULL);
    g_autoptr(CorralGroup) top = open_top(self, partition);

    return !group || !top || is_known(self, top, group);
}

gboolean
drv_tops_meet(DrvTops *self, const char *partition)
{
    g_autoptr(CorralGroup) top = open_top(self, partition);
    const char *name = top ? corral_group_get_path(top) : NULL;

    if (!top || drv_tops_know(self, partition))
        return FALSE;

    g_hash_table_remove(self->all, name);
    apply_along(self, partition);
    if (!g_hash_table_contains(self->all, name))
        settle_top(self, top, NULL, 1);
    return TRUE;
}

void
drv_tops_note_look(DrvTops *self)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->all);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        ((DrvTop *)value)->looked_at = TRUE;
}

gboolean
drv_tops_are_free(const DrvTops *self)
{
    return self->policy->terms->len == 0 && self->policy->reserve.memory_kib == 0 &&
           !policy_reserve_has_cpus(&self->policy->reserve);
}

guint64
drv_tops_sum_usage(const DrvTops *self)
{
    guint64 sum = 0;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->all);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const DrvTop *top = value;
        guint64 usage;

        if (corral_group_get_memory_usage(top->group, &usage, NULL))
            sum += usage;
    }
    return sum;
}
