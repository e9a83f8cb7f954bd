#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral on a host as Debian 13 makes it, with AppArmor, and the driver that this build
# has for its libvirt.

. "$(dirname "$0")/functions.sh"

need_driver 11
# Without audit nobody would hear of what is denied.  With one processor: on two emulated ones
# Linux 6.12 was seen to trap over code of its scheduler that the other was just changing.
run_hosts --release trixie --append "apparmor=1 security=apparmor audit=1" -- \
    host-apparmor.sh
