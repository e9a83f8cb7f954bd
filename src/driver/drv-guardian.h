/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A process beside the daemon, corral-release, which gives back limits that could be a
 * guest's end as soon as the daemon is gone, however it went, or this is freed.  Any thread
 * may ask for it.
 */
typedef struct _DrvGuardian DrvGuardian;

DrvGuardian *drv_guardian_new(void);
void drv_guardian_free(DrvGuardian *self);

/* Sees to it that it is there; no such limit may be set where it is not. */
gboolean drv_guardian_ensure(DrvGuardian *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
