/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt makes no groups when it was told to use no controllers, and still
 * reads cgroup.controllers of the group above a guest's partition, by the name
 * that it would give to it ("/production.partition" for "/production/web"), in
 * a cgroup2 mount whose root has any controller; without that file the start
 * fails.  So this group is there while the start lasts.  It has no controllers
 * and nobody in it.
 *
 * Starts that need the same one each put a group of their own below it, and
 * the last that goes takes it along.  What an accident leaves is pruned when
 * the daemon starts, like a partition that nobody uses.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-parent.h"
#include "guest-path.h"

CorralGroup *
drv_parent_make(CorralHost *host, const Guest *guest)
{
    g_autofree char *parent = guest_path_build_stock_parent(guest);
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    CorralGroup *group;

    if (!parent ||
        !(corral_host_get_controllers(host) & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE)))
        return NULL;

    path = g_strconcat(parent, "/starting.", guest_get_uuid(guest), NULL);
    group = corral_group_make(host, path, CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE),
                              CORRAL_MAKE_ON_DEMAND, &error);
    if (!group)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest),
                      "make what libvirt looks for above its partition");
    return group;
}

void
drv_parent_remove(CorralGroup *self, const Guest *guest)
{
    g_autoptr(GError) error = NULL;

    if (!self)
        return;

    if (!corral_group_remove(self, 0, &error))
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest),
                      "remove what libvirt looked for above its partition");
    g_object_unref(self);
}
