/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * libvirt hears of a container's init by an event, which it misses if that comes before it
 * is prepared to hear it, as happens on a busy machine.  Then it could never plug anything in, nor
 * shut the container down.  So it is told what is in @group, the container's.
 */
void drv_init_tell(DrvStack *stack, virDomainPtr dom, CorralGroup *group);
