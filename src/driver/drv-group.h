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
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_FREEZER) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_PIDS))

/* What a partition accounts for or limits where libvirt makes the groups in it. */
#define DRV_GROUP_PARTITION_CONTROLLERS                                                            \
    (DRV_GROUP_CONTROLLERS | CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_NET_CLS) |                    \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_PERF_EVENT))

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

/* The same in a group that exists, made by somebody else for this very guest a moment ago. */
DrvGroup *drv_group_fill(CorralHost *host, const char *path, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for a guest that runs already: what exists is taken as it is, and groups of threads
 * are made and removed as @guest says. */
DrvGroup *drv_group_adopt(CorralHost *host, const char *path, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * The group of a container, which libvirt has made.  What libvirt has brought into force otherwise
 * than it was asked for, or not at all, is put right when we see the group for the first time;
 * from then on what is in force stays so.  It has no children of ours.
 */
DrvGroup *drv_group_take_over(CorralHost *host, const char *path, const Guest *guest,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many processes and threads it may have, if the description says. */
gboolean drv_group_apply_pids(DrvGroup *self, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* A part of it: what libvirt does not do at all (drv-group-container.c). */
void drv_group_make_up_for(DrvGroup *self, const Guest *guest);

/* One that exists, as far as @controllers go. */
DrvGroup *drv_group_open(CorralHost *host, const char *path, CorralControllers controllers,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Kills what is left in it and removes it, and partitions above it that were made for it alone.
 * A group that is not there is no error. */
gboolean drv_group_clear(CorralHost *host, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Removes one that nobody is in, and partitions above it that were made for it alone. */
gboolean drv_group_leave(DrvGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The group of the whole guest. */
CorralGroup *drv_group_get_whole(DrvGroup *self);

/* A container has no other group. */
gboolean drv_group_is_container(DrvGroup *self);

/* After libvirt has tuned a container, or we have: what is said of it holds for its group, and
 * the level that libvirt may have made below adds nothing. */
void drv_group_level_out(DrvGroup *self);

/* Where the guest's process is born and its threads are by default: `emulator`;
 * NULL where threads cannot be told apart. */
CorralGroup *drv_group_get_emulator(DrvGroup *self);

/* Everybody in the group and its children; an empty array if nobody is. */
GArray *drv_group_list_processes(DrvGroup *self);

/* The group for one thread, e.g. of vCPU 3; NULL if there is none.  Borrowed. */
CorralGroup *drv_group_find_thread(DrvGroup *self, GuestPart part, guint number);

/* The same; made, and limited as its siblings are, if it is not there. */
CorralGroup *drv_group_get_thread(DrvGroup *self, GuestPart part, guint number, GError **error);

/* (element-type CorralGroup): the groups of @part, which are borrowed, in an array that is not.
 * Sorted by name: vcpu0 comes first and speaks for all where one is asked, as with stock. */
GPtrArray *drv_group_list_part(DrvGroup *self, GuestPart part, GError **error);

/* (element-type guint): the numbers of the threads of @part that have a group. */
GArray *drv_group_list_numbers(DrvGroup *self, GuestPart part, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Removes the group of a thread that has ended; one that has threads stays, and is no error. */
gboolean drv_group_remove_thread(DrvGroup *self, GuestPart part, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The ceiling of @part; of its first group, where it has several. */
gboolean drv_group_get_bandwidth(DrvGroup *self, GuestPart part, GuestBandwidth *bandwidth,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Shares that no group has are refused in stock's words. */
gboolean drv_group_check_shares(guint64 shares, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Brings all of @tune into force or nothing of it.  In @tune a period or quota
 * of 0 and shares that are not given mean "leave it".
 */
gboolean drv_group_tune(DrvGroup *self, const GuestCputune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for a guest that starts anew in a group that has been used: what @tune does not
 * give is as it is in a new group. */
gboolean drv_group_tune_anew(DrvGroup *self, const GuestCputune *tune, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What a user should read as the guest's tuning: @said, as the kernel has it now. */
void drv_group_read_tune(DrvGroup *self, const GuestCputune *said, GuestCputune *now);
