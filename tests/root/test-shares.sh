#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shares are what they say: two guests that both want all of one CPU divide it by them.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid # and on v2 in the machine: test-v2-shares.sh

place=/run/corral-lab
cpu=$(($(nproc) - 1))

# busy_guest NAME SHARES: one that wants all of a CPU, and is pinned to it
busy_guest()
{
    : > $place/$1.out
    create_guest "$1" \
        --cputune "<shares>$2</shares><vcpupin vcpu='0' cpuset='$cpu'/><emulatorpin cpuset='$cpu'/>" \
        --devices "$(disk_xml $place/busy-$1.img)$(serial_xml $place/$1.out)"
}

# divided DESCRIPTION EXPECTED: between g1 and g2
divided()
{
    same_share "$1" "$2" "$(group_dir cpuacct /machine g1)" "$(group_dir cpuacct /machine g2)"
}

for guest in g1 g2; do
    must "a disk for $guest" make_boot_disk $place/busy-$guest.img busy
done
must "libvirtd starts" daemon_start
must "a guest with 1024 shares" busy_guest g1 1024
must "one with 512 on the same CPU" busy_guest g2 512
for guest in g1 g2; do
    must "$guest is at work" wait_for 120 grep -q '!' $place/$guest.out
done

divided "1024 shares to 512: two to one" 2000
check "they are changed while it runs" virsh schedinfo g2 --set cpu_shares=2048
divided "1024 to 2048: one to two" 500
check "more than a weight of systemd's could say" virsh schedinfo g1 --set cpu_shares=20000
check "and half of that" virsh schedinfo g2 --set cpu_shares=10000
divided "20000 to 10000: two to one" 2000

virsh destroy g1
virsh destroy g2
finish
