/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which groups are guests', by name or by label. */
#include <config.h>

#include <string.h>

#include "guest-path.h"
#include "guest-search.h"

static const char *const drivers[] = {"qemu", "lxc"};

struct _GuestSearch {
    const char *driver;
    GuestSearchLook look;
    gpointer data;
    GHashTable *answers; /* path to a driver of ours, or to NULL */
};

GuestSearch *
guest_search_new(const char *driver, GuestSearchLook look, gpointer data)
{
    GuestSearch *self = g_new0(GuestSearch, 1);

    self->driver = driver;
    self->look = look;
    self->data = data;
    self->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void
guest_search_free(GuestSearch *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->answers);
    g_free(self);
}

static const char *
find_by_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (guest_path_is_guest(slash ? slash + 1 : path, drivers[i]))
            return drivers[i];
    }
    return NULL;
}

static const char *
find_by_label(GuestSearch *self, const char *path)
{
    g_autofree char *label = self->look(path, self->data);
    gsize i;

    for (i = 0; label && i < G_N_ELEMENTS(drivers); i++) {
        if (g_str_equal(label, drivers[i]))
            return drivers[i];
    }
    return NULL;
}

const char *
guest_search_find_driver(GuestSearch *self, const char *path)
{
    const char *driver = find_by_name(path);
    gpointer known;

    if (driver)
        return driver;
    if (g_hash_table_lookup_extended(self->answers, path, NULL, &known))
        return known;

    driver = find_by_label(self, path);
    g_hash_table_insert(self->answers, g_strdup(path), (gpointer)driver);
    return driver;
}

gboolean
guest_search_filter_guests(const char *path, gboolean *descend, gpointer search)
{
    GuestSearch *self = search;
    const char *driver = guest_search_find_driver(self, path);

    *descend = !driver;
    return driver && (!self->driver || g_str_equal(driver, self->driver));
}

gboolean
guest_search_filter_others(const char *path, gboolean *descend, gpointer search)
{
    *descend = !guest_search_find_driver(search, path);
    return *descend;
}
