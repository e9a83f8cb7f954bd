#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where AppArmor confines libvirt and its guests, corral needs nothing that is denied.

. "$(dirname "$0")/host.sh"

# confinement PID
confinement()
{
    tr -d '\0' < "/proc/$1/attr/current"
}

denied()
{
    dmesg | grep 'apparmor="DENIED"'
}

must "AppArmor is there" test -e /sys/kernel/security/apparmor/profiles
corral activate > /dev/null
must "libvirtd starts" systemctl start libvirtd
contains "it is confined" 'libvirtd.* \(enforce\)' "$(confinement "$(systemctl show -P MainPID libvirtd)")"
contains "and has corral" 'state +stacked' "$(corral status)"
check "a guest is defined" host_define confined --vcpus 2 --cputune '<shares>300</shares>'
must "and starts" virsh start confined
contains "it is confined, too" 'libvirt-.* \(enforce\)' "$(confinement "$(guest_pid confined)")"
check "it is tuned" virsh schedinfo confined --live --set cpu_shares=20000 --set vcpu_quota=50000
same "as it says itself" 20000 "$(shares confined)"
must "libvirtd restarts" host_restart
same "the guest runs on" running "$(state confined)"
check "it is tuned again" virsh schedinfo confined --live --set cpu_shares=400
check "and ends" virsh destroy confined
same "nothing was denied" "" "$(denied)"

host_remove confined
host_leave
finish
