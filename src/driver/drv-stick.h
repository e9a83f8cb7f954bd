/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * The limit by which a guest is kept to its balloon (policy-governor.c), in the group's own
 * files: the high mark where the kernel has one, which brakes and does not kill, and the limit of
 * memory otherwise.  The user may have set the same one; then the tighter is in the kernel,
 * and a label has the user's.  Bytes; CORRAL_MEMORY_UNLIMITED.
 *
 * @group is always one from drv_stick_open(), with the memory controller alone: that is where the
 * label is.  Whoever changes anything has the guest's claim.
 */
typedef struct {
    CorralSetting setting;
    gboolean kills; /* where the guest runs into it the kernel may end it */
    guint64 now;    /* in force */
    guint64 users;  /* the user's own */
} DrvStick;

/* NULL also if it has no memory controller. */
CorralGroup *drv_stick_open(CorralHost *host, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean drv_stick_read(CorralGroup *group, DrvStick *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* From the user's own on, and above, it is the user's again.  CORRAL_ERROR_BUSY: the kernel could
 * not bring the use below it, and it is as it was.  May take a second. */
gboolean drv_stick_set(CorralGroup *group, DrvStick *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * The same for a limit that brakes, in a thread, also where it is there already: to write it is
 * what makes the kernel take what is above.  Once this returns it is in force, but the
 * kernel may be busy with that for minutes.  NULL with an error if it is not in
 * force.  Ends with drv_stick_join().
 */
typedef struct _DrvStickWriter DrvStickWriter;

DrvStickWriter *drv_stick_start(CorralGroup *group, DrvStick *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void drv_stick_join(DrvStickWriter *writer);

/* What has to be written where the user wants @bytes; and that it has been. */
guint64 drv_stick_tighten(const DrvStick *self, guint64 bytes);
void drv_stick_note_users(CorralGroup *group, const DrvStick *self, guint64 bytes);

/* For a guest that runs anew: what is in force counts as the user's. */
void drv_stick_forget(CorralGroup *group);

/* How much of the group could go to swap in addition to what is there. */
guint64 drv_stick_find_swap_room(CorralGroup *group, const DrvStick *self);
