/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the devices of block I/O are called.
 *
 * The kernel knows a device by its number, users by a path of their own
 * choosing.  So beside each device's values stands a label with the path, and
 * with the place it has in the list, which users know as well.  Without a label,
 * when somebody else has set something, it is called /dev/block/MAJOR:MINOR.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-io-names.h"

/* "<place in the list> <path>", with "-MAJOR:MINOR" after the name */
#define PATH_LABEL "io-path"

static char *
label_of(const CorralDevice *number)
{
    return g_strdup_printf(PATH_LABEL "-%u:%u", number->major, number->minor);
}

/* Where the labels are, for whoever has a part of the group open and for whoever has all of it. */
static CorralGroup *
open_own(CorralGroup *group)
{
    return corral_group_open(corral_group_get_host(group), corral_group_get_path(group),
                             CORRAL_CONTROLLERS_IO, NULL);
}

char *
drv_io_names_read(CorralGroup *group, const CorralDevice *number, guint *place)
{
    g_autoptr(CorralGroup) own = open_own(group);
    g_autofree char *label = label_of(number);
    g_autofree char *text = own ? corral_group_get_label(own, label, NULL) : NULL;
    char *path;

    *place = DRV_IO_NO_PLACE;
    if (text) {
        *place = g_ascii_strtoull(text, &path, 10);
        if (*path == ' ' && path[1] != '\0')
            return g_strdup(path + 1);
    }

    return g_strdup_printf("/dev/block/%u:%u", number->major, number->minor);
}

void
drv_io_names_write(CorralGroup *group, const CorralDevice *number, guint place, const char *path)
{
    g_autoptr(CorralGroup) own = open_own(group);
    g_autofree char *label = label_of(number);
    g_autofree char *known = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    guint had;

    known = drv_io_names_read(group, number, &had);
    if (had != DRV_IO_NO_PLACE && g_str_equal(known, path))
        return;

    text = g_strdup_printf("%u %s", had != DRV_IO_NO_PLACE ? had : place, path);
    if (own && !corral_group_set_label(own, label, text, &error))
        drv_error_log(g_steal_pointer(&error), corral_group_get_path(group), "note a device");
}
