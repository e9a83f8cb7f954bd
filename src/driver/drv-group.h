/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * A guest's group: one for the whole guest in every hierarchy that accounts
 * for it or limits it, and below that, where threads can be told apart,
 * `emulator`, `vcpuN` and `iothreadN`.
 */

/* What a guest's group accounts for or limits; nothing of ours is elsewhere. */
#define DRV_GROUP_CONTROLLERS                                                                      \
    (CORRAL_CONTROLLERS_THREADED | CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY) |               \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_IO) |                                                 \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER))

/* The label by which a group is known again. */
#define DRV_GROUP_LABEL_UUID "uuid"

/* A guest's group, with those of its children that have been looked at.  One
 * thread at a time. */
typedef struct _DrvGroup DrvGroup;

void drv_group_free(DrvGroup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvGroup, drv_group_free)

/*
 * Makes the group of a guest that is not running, complete with children,
 * labels and tuning.  A leftover without processes is replaced; one that has
 * processes is CORRAL_ERROR_BUSY: the guest may be running behind libvirt's
 * back, and nobody but its operator may end it.
 */
DrvGroup *drv_group_make(CorralHost *host, const char *path, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for a guest that runs already: what exists is taken as it is. */
DrvGroup *drv_group_adopt(CorralHost *host, const char *path, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* One that exists, as far as @controllers go. */
DrvGroup *drv_group_open(CorralHost *host, const char *path, CorralControllers controllers,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Kills what is left in it and removes it.  A group that is not there is no error. */
gboolean drv_group_clear(CorralHost *host, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The group of the whole guest. */
CorralGroup *drv_group_get_whole(DrvGroup *self);

/* Where the guest's process is born and its threads are by default: `emulator`;
 * NULL where threads cannot be told apart. */
CorralGroup *drv_group_get_emulator(DrvGroup *self);

/* Everybody in the group and its children; an empty array if nobody is. */
GArray *drv_group_list_processes(DrvGroup *self);

/* The group for one thread, e.g. of vCPU 3; made, and limited as its siblings
 * are, if it is not there.  Borrowed. */
CorralGroup *drv_group_get_thread(DrvGroup *self, GuestPart part, guint number, GError **error);

/* The ceiling of @part; of its first group, where it has several. */
gboolean drv_group_get_bandwidth(DrvGroup *self, GuestPart part, GuestBandwidth *bandwidth,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Brings all of @tune into force or nothing of it.  In @tune a period or quota
 * of 0 and shares that are not given mean "leave it".
 */
gboolean drv_group_tune(DrvGroup *self, const GuestCputune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What a user should read as the guest's tuning: @said, as the kernel has it now. */
void drv_group_read_tune(DrvGroup *self, const GuestCputune *said, GuestCputune *now);
