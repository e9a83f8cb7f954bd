/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests' groups, told from all others. */
#include <config.h>

#include <string.h>

#include "drv-mark.h"
#include "guest-path.h"
#include "guest-search.h"

typedef struct {
    CorralHost *host;
    CorralControllers controllers;
} Place;

static char *
read_driver(const char *path, gpointer data)
{
    const Place *place = data;
    g_autoptr(CorralGroup) group = corral_group_open(place->host, path, place->controllers, NULL);

    return group ? corral_group_get_label(group, GUEST_PATH_DRIVER_LABEL, NULL) : NULL;
}

char **
drv_mark_find_guests(CorralHost *host, CorralControllers controllers, const char *driver,
                     GError **error)
{
    Place place = {host, controllers};
    g_autoptr(GuestSearch) search = guest_search_new(driver, read_driver, &place);

    return corral_host_find_groups(host, controllers, guest_search_filter_guests, search, error);
}

char **
drv_mark_find_others(CorralHost *host, CorralControllers controllers)
{
    Place place = {host, controllers};
    g_autoptr(GuestSearch) search = guest_search_new(NULL, read_driver, &place);

    return corral_host_find_groups(host, controllers, guest_search_filter_others, search, NULL);
}

gboolean
drv_mark_is_guest(CorralHost *host, CorralControllers controllers, const char *path)
{
    Place place = {host, controllers};
    g_autoptr(GuestSearch) search = guest_search_new(NULL, read_driver, &place);

    return guest_search_find_driver(search, path) != NULL;
}

gboolean
drv_mark_check_above(CorralHost *host, CorralControllers controllers, const char *path,
                     GError **error)
{
    Place place = {host, controllers};
    g_autoptr(GuestSearch) search = guest_search_new(NULL, read_driver, &place);
    g_autofree char *above = g_strdup(path);
    char *slash;

    while ((slash = strrchr(above, '/'))) {
        *slash = '\0';
        if (!guest_search_find_driver(search, above))
            continue;
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                    "group '%s' would be below '%s', which is the group of a guest", path, above);
        return FALSE;
    }
    return TRUE;
}
