/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's build makes a header of this name, and headers that we read want it.  Of what
 * is in there we need how a container has ended, as libvirt_lxc tells libvirt.
 */
#pragma once

typedef enum {
    VIR_LXC_MONITOR_EXIT_STATUS_ERROR = 0,
    VIR_LXC_MONITOR_EXIT_STATUS_SHUTDOWN = 1,
    VIR_LXC_MONITOR_EXIT_STATUS_REBOOT = 2,
} virLXCMonitorExitStatus;
