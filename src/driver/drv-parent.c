/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt makes no groups when it was told to use no controllers, and still
 * reads cgroup.controllers of the group above a guest's partition, by the name
 * that it would give to it ("/production.partition" for "/production/web"), in
 * a cgroup2 mount whose root has any controller; without that file the start
 * fails.  So this group is there while the start lasts.  It has no controllers
 * and nobody in it.  Where systemd makes the groups libvirt asks machined instead, and
 * reads it only where that is missing.
 *
 * Starts that need the same one each put a group of their own below it, and
 * the last that goes takes it along.  What an accident leaves is pruned when
 * the daemon starts, like a partition that nobody uses.
 *
 * Containers, for which libvirt does make groups, need all of their partition,
 * in every hierarchy.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-group.h"
#include "drv-mark.h"
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
                              CORRAL_MAKE_ON_DEMAND | CORRAL_MAKE_ASIDE, &error);
    if (!group)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest),
                      "make what libvirt looks for above its partition");
    return group;
}

CorralGroup *
drv_parent_make_partition(CorralHost *host, const Guest *guest, GError **error)
{
    g_autofree char *partition = guest_path_build_stock_partition(guest, error);
    g_autofree char *path = NULL;

    if (!partition)
        return NULL;

    path = g_strconcat(partition, "/starting.", guest_get_uuid(guest), NULL);
    if (!drv_mark_check_above(host, DRV_GROUP_CONTROLLERS, path, error))
        return NULL;
    return corral_group_make(host, path, DRV_GROUP_PARTITION_CONTROLLERS, CORRAL_MAKE_ON_DEMAND,
                             error);
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
