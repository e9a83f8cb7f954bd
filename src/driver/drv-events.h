/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * Follows what happens to guests without passing our table, e.g. a guest that
 * shuts itself down, and settles it; and goes the rounds for what nobody tells.
 */
typedef struct _DrvEvents DrvEvents;

/*
 * Subscribes on @conn, then settles all guests, then goes on in a thread of its
 * own.  NULL, logged, if libvirt does not let us: then groups of guests that
 * end by themselves go with the next start or restart.
 */
DrvEvents *drv_events_new(DrvStack *stack, virConnectPtr conn);
void drv_events_free(DrvEvents *self);
