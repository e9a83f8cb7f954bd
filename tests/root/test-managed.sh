#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# On a host that looks as if systemd ran it, with more than one hierarchy, corral touches
# nothing: activated as it may be, it steps aside.

. "$(dirname "$0")/functions.sh"
in_lab v1

mkdir -p /run/systemd/system
must "corral is activated" corral activate
must "libvirtd starts" daemon_start
contains "corral steps aside, in one line" "runs without corral: systemd manages" "$(lab_log)"
must "a guest" define_guest g1
check "starts" virsh start g1
same "and corral makes no group" "" "$(guest_groups)"
check "stops" virsh destroy g1

finish
