#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvirt was upgraded, and corral is not there for the new version yet: the host
# goes on without; and with it again once it is.

. "$(dirname "$0")/host.sh"

since=$(date +%s)
corral activate > /dev/null
must "libvirtd starts" systemctl start libvirtd
check "a guest is defined" host_define web --vcpus 2 --cputune '<shares>512</shares>'
must "and starts" virsh start web
check "its shares are changed" virsh schedinfo web --live --set cpu_shares=20000
check "its period and quota too" virsh schedinfo web --live --set vcpu_quota=50000
pid=$(guest_pid web)
scope=$(guest_scope web)
values()
{
    cat "$scope/cpu.weight" "$scope"/vcpu[01]/cpu.max | tr '\n' ' '
}
before=$(values)

mv "$impl_dir/$libvirt_version" "$impl_dir/away"
check "without corral for it libvirtd starts all the same" host_restart
refuse "corral stepped aside" "" host_has_corral
contains "it tells why" "no implementation for libvirt $libvirt_version" "$(corral status)"
same "in one line for each driver" 2 \
    "$(journalctl -u libvirtd -o cat --since "@$since" | grep -c 'no implementation for libvirt')"
same "the guest runs on" "running $pid" "$(state web) $(guest_pid web)"
same "with what it was given" "$before" "$(values)"
check "stock libvirt starts guests" eval 'host_define plain && virsh start plain'
check "and stops them" virsh destroy plain

mv "$impl_dir/away" "$impl_dir/$libvirt_version"
check "with corral for it libvirtd starts" host_restart
check "corral is back" host_has_corral
same "the guest runs on" "running $pid" "$(state web) $(guest_pid web)"
same "with what it was given" "$before" "$(values)"
same "which corral tells" 20000 "$(shares web)"
check "and can change" virsh schedinfo web --live --set cpu_shares=1024
same "in the guest's scope" 100 "$(cat "$scope/cpu.weight")"

host_remove web plain
host_leave
finish
