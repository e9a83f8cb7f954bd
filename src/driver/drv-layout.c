/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout that the operator has chosen, and the group of libvirtd itself.
 *
 * In cgroup v1 a process may be in another group in each hierarchy.  A guest's path is the same in
 * all of them, so that one name says where it is; it goes by where libvirtd is for the cpu
 * controller, by which service managers limit a service first, or else for memory.  In the
 * other hierarchies the levels are made that are missing, and they go with the last guest.
 *
 * Under the unified interface libvirtd cannot be in a group that hands controllers down to
 * guests.  So all that is in its group moves one level down, as it does at the root of a container.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drv-group.h"
#include "drv-layout.h"
#include "drv-scope.h"
#include "guest-path.h"

#define LABEL_LAYOUT "layout"

static GMutex mutex;
static GuestLayout current = GUEST_LAYOUT_FLAT;
static char *own_group;

/* What libvirtd was moved aside in is not its own place: that is the group above. */
static char *
cut_aside(const char *path)
{
    if (g_str_equal(path, DRV_LAYOUT_ASIDE))
        return g_strdup("");
    if (g_str_has_suffix(path, "/" DRV_LAYOUT_ASIDE))
        return g_strndup(path, strlen(path) - strlen("/" DRV_LAYOUT_ASIDE));
    return g_strdup(path);
}

static char *
find_own(CorralHost *host, GError **error)
{
    const CorralControllers served = corral_host_get_controllers(host);
    const CorralController where =
        served & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU)      ? CORRAL_CONTROLLER_CPU
        : served & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY) ? CORRAL_CONTROLLER_MEMORY
                                                                   : CORRAL_CONTROLLER_CORE;
    g_autofree char *path = corral_host_find_process(host, where, getpid(), error);

    return path ? cut_aside(path) : NULL;
}

static gboolean
make_room(CorralHost *host, const char *own, GError **error)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, own, DRV_GROUP_CONTROLLERS, error);

    return group && corral_group_make_room(group, DRV_LAYOUT_ASIDE, error);
}

/* Groups that do not tell by their names would not be found again. */
static gboolean
check_labels(CorralHost *host, GuestLayout layout, GError **error)
{
    g_autoptr(CorralGroup) partition = corral_group_make(
        host, &GUEST_DEFAULT_PARTITION[1], DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NONE, error);

    if (partition &&
        corral_group_set_label(partition, LABEL_LAYOUT, guest_layout_format(layout), error))
        return TRUE;
    g_prefix_error(error, "it takes labels to know its groups again: ");
    return FALSE;
}

static gboolean
prepare(CorralHost *host, GuestLayout layout, char **own, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (!guest_layout_has_names(layout) && !check_labels(host, layout, error))
        return FALSE;
    /* Guests that were started in another layout may be below it, whatever the layout is now. */
    *own = find_own(host, &failure);
    if (!guest_layout_is_below_own(layout))
        return TRUE;
    if (!*own)
        g_propagate_error(error, g_steal_pointer(&failure));
    return *own && make_room(host, *own, error);
}

gboolean
drv_layout_set(CorralHost *host, GuestLayout layout, GError **error)
{
    g_autofree char *own = NULL;

    if (drv_scope_is_used(host)) {
        /* The path that libvirt itself would use is that of the scope. */
        if (layout == GUEST_LAYOUT_FLAT || layout == GUEST_LAYOUT_STOCK)
            return TRUE;
        g_set_error(
            error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
            "layout '%s' cannot be had: systemd manages the cgroups of this host, and has a "
            "scope for each guest",
            guest_layout_format(layout));
        return FALSE;
    }
    if (!prepare(host, layout, &own, error)) {
        g_prefix_error(error, "layout '%s' cannot be had: ", guest_layout_format(layout));
        return FALSE;
    }

    g_mutex_lock(&mutex);
    current = layout;
    g_free(own_group);
    own_group = g_steal_pointer(&own);
    g_mutex_unlock(&mutex);
    return TRUE;
}

GuestLayout
drv_layout_get(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    return current;
}

char *
drv_layout_dup_own(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    return g_strdup(own_group ? own_group : "");
}

/* What is below the place of a guest that names no partition tells where that is. */
char *
drv_layout_build_default(void)
{
    g_autoptr(Guest) guest = guest_new("qemu", "any", "any", GUEST_DEFAULT_PARTITION);
    g_autofree char *path = drv_layout_build_path(guest, 1, NULL);

    return path ? g_path_get_dirname(path) : NULL;
}

char *
drv_layout_build_path(const Guest *guest, int run, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
    const GuestSite site = {current, own_group ? own_group : "", run};

    return guest_path_build(guest, &site, error);
}
