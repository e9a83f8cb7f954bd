#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers run with corral in front of libvirt's driver of them.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1 hybrid

must "libvirtd starts" daemon_start
contains "the driver of containers is stacked" 'state=stacked' \
    "$(cat /run/libvirt/corral/lxc.status)"
status=$(corral status)
same "corral status agrees" 0 $?
contains "and tells of it" 'lxc:.*running  *yes, in process.*libvirt_driver_lxc.so' "$status"
contains "so is that of guests" 'state=stacked' "$(cat /run/libvirt/corral/qemu.status)"
same "it is called as ever" LXC "$(virsh version | sed -n 's/^Using API: \([A-Z]*\).*/\1/p')"

must "a container is defined" define_container one
must "it starts" virsh start one
check "its init runs" wait_for $patience started_times one 1
same "it does as it is told" hello "$(inside one 'echo hello')"
check "it is destroyed" virsh destroy one
check "its groups are gone" no_container_groups
check "it is undefined" virsh undefine one

finish
