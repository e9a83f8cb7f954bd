/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-guardian.h"
#include "drv-stack.h"
#include "policy-governor.h"

/*
 * One guest that is kept to what its balloon was told: looks, has policy-governor decide,
 * and does it.  For one thread at a time, which has the guest's claim.
 */
typedef struct _DrvWard DrvWard;

/* What users see of it, in bytes. */
typedef struct {
    PolicyBalloonState state;
    PolicyReason reason;
    guint64 target;
    guint64 actual;
    guint64 overhead;
    guint64 goal;
    guint64 limit; /* CORRAL_MEMORY_UNLIMITED */
} DrvWardStatus;

/* What all wards share. */
typedef struct {
    DrvStack *stack;
    CorralHost *host; /* opened with CORRAL_HOST_FILES_ONLY */
    DrvGuardian *guardian;
} DrvWardMeans;

/* Borrows @means. */
DrvWard *drv_ward_new(const DrvWardMeans *means, const char *uuid);
void drv_ward_free(DrvWard *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvWard, drv_ward_free)

/* The guest's XML has changed, or may have: it is read again. */
void drv_ward_read_anew(DrvWard *self);

/*
 * A glance, for which nobody's claim is needed: TRUE if the guest has not touched its limit, and
 * has been looked at not long ago, so that there is nothing new to see.  *@pause_us: until the
 * next.
 */
gboolean drv_ward_glance(DrvWard *self, gint64 *pause_us);

/*
 * One look.  *@pause_us: until the next; -1: none is needed until something changes.  FALSE if
 * there is nothing to look at: the guest does not run, or has no group.  The thread must be
 * entitled to see the guest.
 */
gboolean drv_ward_look(DrvWard *self, virConnectPtr conn, gint64 *pause_us)
    G_GNUC_WARN_UNUSED_RESULT;

/* As much of a look as cannot wait: a limit below what the guest was asked for is raised. */
void drv_ward_raise(DrvWard *self, virConnectPtr conn);

/* What the look has begun, and may take the kernel long: waits for its end, and needs no claim. */
void drv_ward_finish(DrvWard *self);

/* What the last look has found. */
DrvWardStatus drv_ward_get_status(const DrvWard *self);
