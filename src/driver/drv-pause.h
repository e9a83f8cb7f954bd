/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* Containers that stand still and go on: the slots. */
int drv_pause_suspend(virDomainPtr dom);
int drv_pause_resume(virDomainPtr dom);

/*
 * What libvirt says of a container and what the kernel does come apart when the daemon
 * dies between the one and the other, and libvirt could then neither let it go on nor
 * end it.  The kernel knows: libvirt is told whether @group, the container's, is frozen.
 * A freezing that was begun and not finished is, or is undone.
 */
void drv_pause_tell(DrvStack *stack, virDomainPtr dom, CorralGroup *group);
