/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/*
 * The start of marked guests when the machine has booted.  @state_dir is the stock
 * driver's, e.g. /run/libvirt/qemu, which does not outlive the machine.
 */

/* Before the stock driver initialises: at the first start since boot it will start
 * no guests, and drv_autostart_run() will. */
void drv_autostart_take_over(const char *state_dir);

/* After it: starts the marked guests, each once since boot.  @settings is qemu.conf. */
void drv_autostart_run(virConnectPtr conn, const char *state_dir, const char *settings);
