/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-ward.h"

/*
 * Keeps QEMU's guests to what their balloons were told, in threads of its own.  Any thread
 * may call; NULL for a stack without one.
 */
DrvGovernor *drv_governor_new(DrvStack *stack, virConnectPtr conn);
void drv_governor_free(DrvGovernor *self);

/* Something about the guest is new: that it runs, what it was asked for, its XML. */
void drv_governor_consider(DrvGovernor *self, const char *uuid);

/* What it was asked for is new, and nothing else. */
void drv_governor_wake(DrvGovernor *self, const char *uuid);

/* The same, and a limit that is too low by now is raised when this returns; for whoever has the
 * guest's claim. */
void drv_governor_raise(DrvGovernor *self, const char *uuid);

/* FALSE if there is nothing to be told of the guest: it is not asked for anything. */
gboolean drv_governor_get_status(DrvGovernor *self, const char *uuid, DrvWardStatus *status);
