#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two guests that both want all of one CPU divide it by their shares, where each has a scope
# of systemd's.

. "$(dirname "$0")/host.sh"

# The disk is the guest's, and says when it is at work.
place=/var/lib/libvirt/images
cpu=$(($(nproc) - 1))

# busy_guest NAME SHARES
busy_guest()
{
    make_boot_disk $place/$1.img busy &&
        host_define "$1" --devices "$(disk_xml $place/$1.img)$(serial_xml /var/log/libvirt/qemu/$1.out)" \
            --cputune "<shares>$2</shares><vcpupin vcpu='0' cpuset='$cpu'/><emulatorpin cpuset='$cpu'/>" &&
        virsh start "$1"
}

host_daemon
corral activate > /dev/null
must "libvirtd starts with corral" systemctl start libvirtd
must "a guest with 1024 shares" busy_guest s1 1024
must "one with 512 on the same CPU" busy_guest s2 512
for guest in s1 s2; do
    must "$guest is at work" wait_for 120 grep -q '!' /var/log/libvirt/qemu/$guest.out
done

same_share "1024 shares to 512: two to one" 2000 "$(guest_scope s1)" "$(guest_scope s2)"
check "more than a weight of systemd's could say" virsh schedinfo s1 --live --set cpu_shares=20000
check "and twice that" virsh schedinfo s2 --live --set cpu_shares=40000
same_share "20000 to 40000: one to two" 500 "$(guest_scope s1)" "$(guest_scope s2)"

host_remove s1 s2
host_leave
finish
