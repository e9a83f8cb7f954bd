/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-group.h"
#include "drv-stack.h"

/*
 * A guest that runs and is to run anew in the group it is in, from another
 * description.  Before, the group is made wide enough for both lives; after, it
 * is what the description says, and the usual where that says nothing.
 */
typedef struct _DrvAnew DrvAnew;

/* With the guest's claim held, and with the right to see it.  @group must outlive it. */
DrvAnew *drv_anew_begin(DrvStack *stack, virDomainPtr dom, DrvGroup *group, const Guest *guest,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The new life has begun; its device list has yet to follow. */
gboolean drv_anew_end(DrvAnew *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* It has not, and the old one goes on; likewise. */
void drv_anew_take_back(DrvAnew *self);

void drv_anew_free(DrvAnew *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvAnew, drv_anew_free)
