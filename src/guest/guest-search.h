/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Telling guests' groups from all others on a walk through the hierarchies.
 *
 * Most are known by their names.  Those of the other layouts have names like any other group's,
 * and a label that says which driver's guest it is.  That takes a look at each group; as a walk
 * comes by in every hierarchy, the answer is kept as long as the search lasts.
 */
typedef struct _GuestSearch GuestSearch;

/* What the label of the group at @path says; NULL if it has none. */
typedef char *(*GuestSearchLook)(const char *path, gpointer data);

/* @driver: whose guests; NULL for any.  It and @data are borrowed. */
GuestSearch *guest_search_new(const char *driver, GuestSearchLook look, gpointer data);
void guest_search_free(GuestSearch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestSearch, guest_search_free)

/* Which driver's guest has the group at @path; NULL if none has. */
const char *guest_search_find_driver(GuestSearch *self, const char *path);

/* As a CorralGroupFilter, of a GuestSearch: the guests that are searched for.  Nothing below any
 * guest is one. */
gboolean guest_search_filter_guests(const char *path, gboolean *descend, gpointer search);

/* Likewise: what is no guest's, nor below one. */
gboolean guest_search_filter_others(const char *path, gboolean *descend, gpointer search);
