/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a place is free for a guest's group.
 *
 * In most layouts nothing but its label tells a guest's group from a partition of the same name.
 * It gets the label as soon as it is there, and somebody may kill us before.  So until then it is
 * what is made on the way to something: marked as made on demand, to go when it is empty.  Whoever
 * finds half a group finds one of those.  That in this daemon nobody does before the label is
 * there is seen to by a lock, for guests and containers are tidied up by different threads.
 */
#include <config.h>

#include "drv-group.h"
#include "drv-mark.h"
#include "drv-owner.h"
#include "drv-vacancy.h"
#include "guest-path.h"

/* QEMU holds its groups for a moment after libvirt has seen it gone. */
#define REMOVE_PATIENCE_MS 2000

/* While a group is made that has no label yet, and while one that has none is removed. */
static GMutex making;

static CorralGroup *
make(CorralHost *host, const char *path, const char *driver, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&making);
    g_autofree char *name = g_path_get_basename(path);
    const gboolean has_name = guest_path_is_guest(name, driver);
    g_autoptr(CorralGroup) whole =
        corral_group_make(host, path, DRV_GROUP_CONTROLLERS,
                          CORRAL_MAKE_NEW | (has_name ? 0 : CORRAL_MAKE_ON_DEMAND), error);

    if (!whole)
        return NULL;
    if (!has_name && !corral_group_set_label(whole, GUEST_PATH_DRIVER_LABEL, driver, error)) {
        corral_group_prune(whole);
        return NULL;
    }
    return g_steal_pointer(&whole);
}

void
drv_vacancy_prune(CorralHost *host, const char *path, CorralControllers controllers)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&making);
    g_autoptr(CorralGroup) group = corral_group_open(host, path, controllers, NULL);
    g_autofree char *label = NULL;

    if (!group)
        return;
    /* Since somebody looked it may have become a guest's. */
    label = corral_group_get_label(group, GUEST_PATH_DRIVER_LABEL, NULL);
    if (!label)
        corral_group_prune(group);
}

static gboolean
refuse_anothers(const char *path, GError **error)
{
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_EXISTS,
                "group '%s' is there already, and is no guest's of this libvirt", path);
    return FALSE;
}

/* What is no guest's goes if it was made on the way to something, and there is nothing. */
static gboolean
clear_half(CorralHost *host, const char *path, GError **error)
{
    g_autoptr(CorralGroup) half = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, NULL);
    g_autoptr(CorralGroup) still = NULL;

    if (half)
        corral_group_prune(half);
    still = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, NULL);
    return !still || refuse_anothers(path, error);
}

/* Makes room where an earlier life of the guest left its group behind. */
static gboolean
clear_leftover(CorralHost *host, const char *path, GError **error)
{
    g_autoptr(DrvGroup) old = NULL;
    g_autoptr(GArray) processes = NULL;

    if (!drv_mark_is_guest(host, DRV_GROUP_CONTROLLERS, path))
        return clear_half(host, path, error);

    old = drv_group_open(host, path, DRV_GROUP_CONTROLLERS, error);
    if (!old)
        return FALSE;
    if (drv_owner_is_other(drv_group_get_whole(old)))
        return refuse_anothers(path, error);

    processes = drv_group_list_processes(old);
    if (processes->len > 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                    "process %d is still in its group '%s': not starting a second one",
                    g_array_index(processes, pid_t, 0), path);
        return FALSE;
    }
    return corral_group_remove(drv_group_get_whole(old), REMOVE_PATIENCE_MS, error);
}

CorralGroup *
drv_vacancy_make(CorralHost *host, const char *path, const char *driver, GError **error)
{
    g_autoptr(GError) failure = NULL;
    CorralGroup *whole;

    if (!drv_mark_check_above(host, DRV_GROUP_CONTROLLERS, path, error))
        return NULL;

    whole = make(host, path, driver, &failure);
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_EXISTS)) {
        g_clear_error(&failure);
        if (!clear_leftover(host, path, error))
            return NULL;
        whole = make(host, path, driver, &failure);
    }
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return whole;
}

CorralGroup *
drv_vacancy_ensure(CorralHost *host, const char *path, const char *driver, gboolean *existed,
                   GError **error)
{
    g_autoptr(GError) failure = NULL;
    CorralGroup *whole;

    *existed = FALSE;
    if (!drv_mark_check_above(host, DRV_GROUP_CONTROLLERS, path, error))
        return NULL;

    whole = make(host, path, driver, &failure);
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_EXISTS)) {
        g_clear_error(&failure);
        *existed = drv_mark_is_guest(host, DRV_GROUP_CONTROLLERS, path);
        if (!*existed && !clear_half(host, path, error))
            return NULL;
        whole = *existed ? corral_group_make(host, path, DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NONE,
                                             &failure)
                         : make(host, path, driver, &failure);
    }
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return whole;
}
