/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-implementation.h"

/*
 * Registers corral's @driver, e.g. "qemu", in front of libvirt's own, or that one alone; @ours
 * is the function that libvirt called.  What a register function returns.
 */
int drv_module_register(const char *driver, CorralRegisterFunc ours);
