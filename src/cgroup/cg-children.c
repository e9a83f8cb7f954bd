/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups right below a group, as they come and go.
 *
 * A group is in several hierarchies, and so is what is below it: a child is there
 * as soon as it is in one of them and gone when it is in none.  The kernel tells
 * that a directory has changed, and then all of it is looked at; so nothing is
 * lost when the kernel's queue overflows.  A directory is known by its number, too,
 * so one that was removed and made again meanwhile is told as both.
 */
#include <config.h>

#include <string.h>

#include "cg-watch.h"
#include "corral-error.h"

typedef struct {
    const CgPlace **places;
    guint n_places;
    GHashTable *known; /* name to guint64[n_places]: the directory's number, 0 where it is not */
} Children;

void
cg_children_free(gpointer children)
{
    Children *self = children;

    g_hash_table_unref(self->known);
    g_free(self->places);
    g_free(self);
}

static GHashTable *
look_below(const Children *self, GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    guint i, n;

    for (i = 0; i < self->n_places; i++) {
        int dir = self->places[i]->dir;
        g_auto(GStrv) names = cg_tree_list_dirs(dir, error);

        if (!names)
            return NULL;
        for (n = 0; names[n]; n++) {
            guint64 id = cg_tree_get_id(dir, names[n]);
            guint64 *ids = g_hash_table_lookup(found, names[n]);

            if (id == 0)
                continue;
            if (!ids) {
                ids = g_new0(guint64, self->n_places);
                g_hash_table_insert(found, g_strdup(names[n]), ids);
            }
            ids[i] = id;
        }
    }

    return g_steal_pointer(&found);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether one of the directories is still the same. */
static gboolean
is_in(const Children *self, const guint64 *ids, GHashTable *table, const char *name)
{
    const guint64 *others = g_hash_table_lookup(table, name);
    guint i;

    for (i = 0; others && i < self->n_places; i++) {
        if (ids[i] != 0 && ids[i] == others[i])
            return TRUE;
    }

    return FALSE;
}

/* Those of @these that are not in @others, in the order of their names. */
static void
add_difference(const Children *self, GHashTable *these, GHashTable *others, CorralEventType type,
               GQueue *events)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name, ids;
    guint i;

    g_hash_table_iter_init(&iter, these);
    while (g_hash_table_iter_next(&iter, &name, &ids)) {
        if (!is_in(self, ids, others, name))
            g_ptr_array_add(names, name);
    }
    g_ptr_array_sort(names, compare_names);

    for (i = 0; i < names->len; i++)
        cg_watch_add_event(events, type, 1, CORRAL_UNKNOWN, g_ptr_array_index(names, i));
}

static gboolean
all_are_gone(const Children *self)
{
    guint i;

    for (i = 0; i < self->n_places; i++) {
        if (!cg_tree_is_gone(self->places[i]->dir))
            return FALSE;
    }

    return TRUE;
}

static gboolean
look_at_children(CgWatch *watch, GQueue *events, GError **error)
{
    Children *self = watch->children;
    GHashTable *now = look_below(self, error);

    if (!now)
        return FALSE;

    add_difference(self, self->known, now, CORRAL_EVENT_DISAPPEARED, events);
    add_difference(self, now, self->known, CORRAL_EVENT_APPEARED, events);
    g_hash_table_unref(self->known);
    self->known = now;

    if (!all_are_gone(self))
        return TRUE;
    cg_tree_set_gone_error(error, self->places[0]->dir, "", "watch");
    return FALSE;
}

gboolean
cg_children_watch(CgWatch *watch, const CgPlace *const *places, guint n_places, const char *name,
                  GError **error)
{
    Children *self = g_new0(Children, 1);
    guint i;

    self->places = g_memdup2(places, n_places * sizeof(*places));
    self->n_places = n_places;
    self->known = g_hash_table_new(g_str_hash, g_str_equal);
    watch->children = self;
    watch->look = look_at_children;

    for (i = 0; i < n_places; i++) {
        if (!cg_watch_add_dir(watch, places[i], error) ||
            !cg_watch_add_end(watch, places[i], name, error))
            return FALSE;
    }

    return TRUE;
}
