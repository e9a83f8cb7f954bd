#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where cgroup v2 has controllers besides v1 libvirt starts no containers: one line
# says so, and what it says can be done.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
LAB_MODE=v1 need_containers
in_lab hybrid

unified=$(controller_mount unified)
export LIBVIRT_DEFAULT_URI=lxc:///system

# The laboratory's group has what the groups above it hand down, which may be nothing.
has_controllers()
{
    echo hugetlb > /run/corral-lab/controllers
    mount --bind /run/corral-lab/controllers "$unified/cgroup.controllers"
}

must "libvirtd starts" daemon_start
must "a container is defined" define_container web --partition /production
must "cgroup v2 has a controller" has_controllers

refuse "a container does not start" \
    "containers where cgroup v2 has controllers besides v1: '$unified' has 'hugetlb'" virsh start web
same "in one line" 1 "$(virsh start web 2>&1 | grep -c 'hugetlb')"
contains "which says what to do" "mount --bind /dev/null '$unified/cgroup.controllers'" \
    "$(virsh start web 2>&1)"
check "nothing is left of it" no_container_groups
check "nor of its partition" test -z "$(groups_of production.partition)"
refuse "nor does a transient one" "besides v1" create_container passing
check "guests start as ever" bash -c ". '$test_dir/functions.sh'; export LIBVIRT_DEFAULT_URI=qemu:///system
    create_guest guest && virsh destroy guest"

check "the controllers are hidden, as the line says" mount --bind /dev/null "$unified/cgroup.controllers"
must "now it starts" virsh start web
wait_for $patience started_times web 1
same "it works" here "$(inside web 'echo here')"
same "its group is found" "/production.partition/lxc-$(controller_pid web)-web.libvirt-lxc" "$(container_group web)"
check "it is tuned" virsh schedinfo web --live cpu_shares=300
same "with effect" 300 "$(container_file cpu web cpu.shares)"
check "it stands still" virsh suspend web
check "and goes on" virsh resume web
must "the daemon is killed" daemon_kill9
must "and started" daemon_start
check "it runs on" guest_state web running
check "it is destroyed" virsh destroy web
check "nothing is left" no_container_groups
umount "$unified/cgroup.controllers"
refuse "what was hidden is seen again, and none starts" "besides v1" virsh start web
umount "$unified/cgroup.controllers"

must "the daemon stops" daemon_stop
must "cgroup v2 is unmounted" umount "$unified"
must "the daemon starts" daemon_start
check "then it starts, too" virsh start web
check "it is destroyed" virsh destroy web
check "nothing is left" no_container_groups

finish
