/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-remedy.h"

/*
 * Watches one guest's group, in the thread of the main context that it is made for, which alone
 * may call what follows; and says when something has to be done, which is for another thread, one
 * at a time.
 */
typedef struct _DrvSentry DrvSentry;

/* What all of them share. */
typedef struct {
    DrvRemedyMeans remedy;
    CorralHost *host; /* opened with CORRAL_HOST_FILES_ONLY; for this thread */
    GMainContext *context;
    /* Has drv_sentry_work() called in another thread, and then drv_sentry_rest() in this one. */
    void (*wake)(DrvSentry *sentry, gpointer opaque);
    gpointer opaque;
} DrvSentryMeans;

/* Borrows @means.  NULL if there is nothing to be watched: no group, or no memory controller. */
DrvSentry *drv_sentry_new(const DrvSentryMeans *means, const Guest *guest, const char *path,
                          const GuestReactions *wish);
DrvSentry *drv_sentry_ref(DrvSentry *self);
void drv_sentry_unref(DrvSentry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvSentry, drv_sentry_unref)

/* Whether it does what one that is made of these would. */
gboolean drv_sentry_does(const DrvSentry *self, const char *path, const GuestReactions *wish);

/* No more is watched; what has been seen is done all the same. */
void drv_sentry_dismiss(DrvSentry *self);

/* The same as the guest has ended; @view: the last that was seen of its group, or NULL. */
void drv_sentry_end(DrvSentry *self, const DrvRemedyView *view);

void drv_sentry_work(DrvSentry *self);
void drv_sentry_rest(DrvSentry *self);
