/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-hook.h"
#include "drv-stack.h"
#include "policy-reaction.h"

/*
 * What is done for one guest that wants memory: looks, has policy-reaction decide, does it,
 * and tells of it.  For one thread at a time.
 */
typedef struct _DrvRemedy DrvRemedy;

/* What all of them share. */
typedef struct {
    DrvStack *stack;
    virConnectPtr conn; /* opened through the stack, kept */
    DrvHook *hook;
} DrvRemedyMeans;

/* What is counted and set for a group. */
typedef struct {
    guint64 stops; /* times that it has met its limit */
    guint64 kills;
    guint64 limit; /* the user's; CORRAL_MEMORY_UNLIMITED */
    guint64 total; /* likewise, of memory and swap */
    gboolean governed;
} DrvRemedyView;

/* FALSE if there is no such group, or it has no memory controller. */
gboolean drv_remedy_look(CorralHost *host, const char *path, DrvRemedyView *view)
    G_GNUC_WARN_UNUSED_RESULT;

/* Borrows @means.  @path: of the group. */
DrvRemedy *drv_remedy_new(const DrvRemedyMeans *means, const Guest *guest, const char *path,
                          const GuestReactions *wish);
void drv_remedy_free(DrvRemedy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvRemedy, drv_remedy_free)

const char *drv_remedy_get_name(const DrvRemedy *self);

/* For how long to gather what happens: see policy-reaction.h. */
gint64 drv_remedy_find_wait(const DrvRemedy *self, gint64 first_us);

/* What was found of a guest that has ended, as nothing is left to look at. */
void drv_remedy_note_end(DrvRemedy *self, const DrvRemedyView *view);

/*
 * May take as long as libvirt does.  The thread must be entitled to see and change the guest.
 * @seen: what has happened, on GLib's monotonic clock; what there is to see is found here.
 */
void drv_remedy_apply(DrvRemedy *self, const PolicyIncident *seen);
