/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network packets under the kernel's unified interface: no file has to do with
 * them.  docs/network.md says what does, for which packets.
 */
#include <config.h>

#include "cg-netclass.h"

const CgNetclass cg_netclass_unified = {
    .instead = "match the sockets of its processes by the group's path (nftables: socket "
               "cgroupv2) or by a program attached to it, and what a guest sends by the "
               "guest's network device",
};
