/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* Sees to it that libvirt hears of the end of its containers.  For one thread. */
typedef struct _DrvMonitor DrvMonitor;

DrvMonitor *drv_monitor_new(DrvStack *stack);
void drv_monitor_free(DrvMonitor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvMonitor, drv_monitor_free)

/* One that has just been started is heard from now on; for any thread but the main loop's.  The
 * sooner the better: what it said before that is lost. */
void drv_monitor_hear(DrvStack *stack, virDomainPtr dom);

/* All containers that run.  TRUE if it is worth while to look again soon. */
gboolean drv_monitor_look(DrvMonitor *self, virConnectPtr conn);
