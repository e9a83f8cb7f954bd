/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of numbers for a group and all that is below it.
 *
 * A group below that has none of its own follows by itself.  One that has, and the kernel may give
 * one to each, lies within the group above: what is taken away has to be taken away below first,
 * and what is given does not get there.  So here whoever had all that the group had gets all that
 * it has now, and whoever had less keeps what is left of that; all if nothing is, for somewhere it
 * has to run.
 *
 * What somebody was pinned to is kept in a label of his group, so he gets back what he has lost,
 * and a pin to all that there happens to be stays one.  The label counts as long as the group has
 * what it was given: whoever sets it otherwise means it.
 */
#include <config.h>

#include "drv-confine.h"
#include "guest-set.h"

typedef struct {
    GArray *(*get)(CorralGroup *group, GError **error);
    gboolean (*set)(CorralGroup *group, const guint *numbers, gsize n, GError **error);
    const char *label; /* "WANTED;GIVEN;GIVEN": what it was pinned to, then what it has been given
                          last, and before that */
} Kind;

static const Kind cpus = {corral_group_get_cpus, corral_group_set_cpus, "pinned-cpus"};
static const Kind nodes = {corral_group_get_memory_nodes, corral_group_set_memory_nodes,
                           "pinned-nodes"};

static gboolean
set(const Kind *kind, CorralGroup *group, const GArray *numbers, GError **error)
{
    return kind->set(group, numbers ? (const guint *)numbers->data : NULL,
                     numbers ? numbers->len : 0, error);
}

/* What @group, which has @own, was pinned to before anything was taken from it; NULL if nobody has
 * said. */
static GArray *
recall(const Kind *kind, CorralGroup *group, const GArray *own)
{
    g_autofree char *text = corral_group_get_label(group, kind->label, NULL);
    g_auto(GStrv) words = g_strsplit(text ? text : "", ";", -1);
    gsize i;

    for (i = 1; words[0] && words[i]; i++) {
        g_autoptr(GArray) given = guest_set_parse(words[i]);

        if (given && guest_set_equals(given, own))
            return guest_set_parse(words[0]);
    }
    return NULL;
}

/* Before it is given, as we may be killed in between.  Where there are no labels it is lost. */
static void
note(const Kind *kind, CorralGroup *group, const GArray *wanted, const GArray *own,
     const GArray *share)
{
    g_autofree char *wanted_text = guest_set_format(wanted);
    g_autofree char *share_text = guest_set_format(share);
    g_autofree char *own_text = guest_set_format(own);
    g_autofree char *text = g_strdup_printf("%s;%s;%s", wanted_text, share_text, own_text);
    g_autoptr(GError) error = NULL;

    if (!corral_group_set_label(group, kind->label, text, &error))
        g_debug("what it was pinned to is not kept: %s", error->message);
}

/* What one below that has @own is to have when what is above goes from @before to @after. */
static GArray *
find_share(const Kind *kind, CorralGroup *group, const GArray *own, const GArray *before,
           const GArray *after)
{
    g_autoptr(GArray) wanted = recall(kind, group, own);
    g_autoptr(GArray) share = NULL;

    if (!wanted && guest_set_equals(own, before))
        return g_array_copy((GArray *)after);

    share = guest_set_intersect(wanted ? wanted : own, after);
    if (share->len == 0)
        g_array_append_vals(share, after->data, after->len);
    note(kind, group, wanted ? wanted : own, own, share);
    return g_steal_pointer(&share);
}

static gboolean change(const Kind *kind, CorralGroup *group, const GArray *before,
                       const GArray *after, GError **error);

/* A group that goes meanwhile has no need of it. */
static gboolean
change_child(const Kind *kind, CorralGroup *child, const GArray *before, const GArray *after,
             GError **error)
{
    g_autoptr(GArray) own = kind->get(child, NULL);
    g_autoptr(GArray) share =
        own && own->len > 0 ? find_share(kind, child, own, before, after) : NULL;
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

static void
keep(const Kind *kind, CorralGroup *group, const GArray *wanted)
{
    g_autofree char *text = NULL;

    if (wanted) {
        note(kind, group, wanted, wanted, wanted);
        return;
    }
    text = corral_group_get_label(group, kind->label, NULL);
    if (text && *text && !corral_group_set_label(group, kind->label, "", NULL))
        g_debug("what it was pinned to is not forgotten");
}

void
drv_confine_keep_cpus(CorralGroup *group, const GArray *wanted)
{
    keep(&cpus, group, wanted);
}

void
drv_confine_keep_nodes(CorralGroup *group, const GArray *wanted)
{
    keep(&nodes, group, wanted);
}
