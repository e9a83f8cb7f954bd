/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of numbers for a group and all that is below it.
 *
 * Under the kernel's unified interface what is below follows by itself.  Under the legacy one each
 * group has a set of its own, which lies within that of the group above: what is taken away has
 * to be taken away below first, and what is given does not get there.  So here whoever had all
 * that the group had gets all that it has now, and whoever had less keeps what is left of that; all
 * if nothing is, for somewhere it has to run.  A pin that has lost a CPU does not get it back:
 * that it was there once is known to nobody.
 */
#include <config.h>

#include "drv-confine.h"
#include "guest-set.h"

typedef struct {
    GArray *(*get)(CorralGroup *group, GError **error);
    gboolean (*set)(CorralGroup *group, const guint *numbers, gsize n, GError **error);
} Kind;

static const Kind cpus = {corral_group_get_cpus, corral_group_set_cpus};
static const Kind nodes = {corral_group_get_memory_nodes, corral_group_set_memory_nodes};

static gboolean
set(const Kind *kind, CorralGroup *group, const GArray *numbers, GError **error)
{
    return kind->set(group, numbers ? (const guint *)numbers->data : NULL,
                     numbers ? numbers->len : 0, error);
}

/* What one below that has @own is to have when what is above goes from @before to @after. */
static GArray *
find_share(const GArray *own, const GArray *before, const GArray *after)
{
    g_autoptr(GArray) left = NULL;

    if (guest_set_equals(own, before))
        return g_array_copy((GArray *)after);
    left = guest_set_intersect(own, after);
    return left->len > 0 ? g_steal_pointer(&left) : g_array_copy((GArray *)after);
}

static gboolean change(const Kind *kind, CorralGroup *group, const GArray *before,
                       const GArray *after, GError **error);

/* A group that goes meanwhile has no need of it. */
static gboolean
change_child(const Kind *kind, CorralGroup *child, const GArray *before, const GArray *after,
             GError **error)
{
    g_autoptr(GArray) own = kind->get(child, NULL);
    g_autoptr(GArray) share = own && own->len > 0 ? find_share(own, before, after) : NULL;
    g_autoptr(GError) failure = NULL;

    if (!share || change(kind, child, own, share, &failure) ||
        g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_GONE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
change_children(const Kind *kind, CorralGroup *group, char **names, const GArray *before,
                const GArray *after, GError **error)
{
    gsize i;

    for (i = 0; names[i]; i++) {
        g_autoptr(CorralGroup) child = corral_group_open_child(group, names[i], NULL);

        if (child && !change_child(kind, child, before, after, error))
            return FALSE;
    }
    return TRUE;
}

/* A group with others below it has the old and the new for a moment; who is in it is below. */
static gboolean
change(const Kind *kind, CorralGroup *group, const GArray *before, const GArray *after,
       GError **error)
{
    g_auto(GStrv) names = corral_group_list_children(group, error);
    g_autoptr(GArray) both = guest_set_unite(before, after);

    if (!names || (names[0] && !set(kind, group, both, error)) ||
        !change_children(kind, group, names, before, after, error))
        return FALSE;
    return set(kind, group, after, error);
}

/* What is above is known when it has been given to the group, unless that follows by itself. */
static gboolean
release(const Kind *kind, CorralGroup *group, const GArray *before, GError **error)
{
    g_autoptr(GArray) after = set(kind, group, NULL, error) ? kind->get(group, error) : NULL;

    return after && (after->len == 0 || change(kind, group, before, after, error));
}

static gboolean
confine(const Kind *kind, CorralGroup *group, const GArray *numbers, GError **error)
{
    g_autoptr(GArray) before = kind->get(group, error);

    if (!before)
        return FALSE;
    if (before->len == 0)
        return set(kind, group, numbers, error);
    if (!numbers)
        return release(kind, group, before, error);
    return guest_set_equals(before, numbers) || change(kind, group, before, numbers, error);
}

gboolean
drv_confine_cpus(CorralGroup *group, const GArray *numbers, GError **error)
{
    return confine(&cpus, group, numbers, error);
}

gboolean
drv_confine_nodes(CorralGroup *group, const GArray *numbers, GError **error)
{
    return confine(&nodes, group, numbers, error);
}
