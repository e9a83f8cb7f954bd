/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/* Cradles for the containers that libvirt starts by itself, on its main loop. */
typedef struct _DrvNursery DrvNursery;

/* NULL where there is nothing that would have to be done in time, or, logged, nothing can be. */
DrvNursery *drv_nursery_new(CorralHost *host);
/* On the thread of the main loop, when that has ended. */
void drv_nursery_free(DrvNursery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvNursery, drv_nursery_free)

/* The container @guest runs in a group in @partition, and may boot anew there.  @self may be
 * NULL. */
void drv_nursery_note(DrvNursery *self, const Guest *guest, const char *partition);
