#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# On a host that looks as if systemd ran it, corral touches nothing: it cannot be
# activated there, and where it was, it steps aside.

. "$(dirname "$0")/functions.sh"
in_lab v1

drop_in=/etc/systemd/system/libvirtd.service.d/corral.conf

must "corral is deactivated" corral deactivate
mkdir -p /run/systemd/system
refuse "it cannot be activated" "systemd manages the cgroups of this host" corral activate
check "nothing was put in place" test ! -e $drop_in
same "nothing in qemu.conf" "" "$(grep '^cgroup_controllers' /etc/libvirt/qemu.conf)"

rmdir /run/systemd/system
must "without systemd it can" corral activate
mkdir /run/systemd/system
must "libvirtd starts" daemon_start
contains "corral steps aside, in one line" "runs without corral: systemd manages" "$(lab_log)"
must "a guest" define_guest g1
check "starts" virsh start g1
same "and corral makes no group" "" "$(guest_groups)"
check "stops" virsh destroy g1

finish
