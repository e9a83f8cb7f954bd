#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvirt was upgraded, and corral is not there for the new version yet: daemon and
# guests go on without; and with it again once it is.

. "$(dirname "$0")/functions.sh"
in_lab v1

impl=${LIBVIRT_DRIVER_DIR%/*}/$(libvirtd --version | sed 's/.* //')

must "libvirtd starts" daemon_start
check "a guest is defined" define_guest web --vcpus 2 --cputune '<shares>512</shares>'
must "and starts" virsh start web
check "it is tuned" virsh schedinfo web --live --set cpu_shares=20000 --set vcpu_quota=50000
pid=$(cat /run/libvirt/qemu/web.pid)
before=$(virsh schedinfo web)

mv "$impl" "$impl.away"
must "without corral for it libvirtd starts all the same" daemon_restart
output=$(corral status)
same "corral stepped aside" 3 $?
contains "it tells why" "no implementation for libvirt" "$output"
same "the guest runs on" "running $pid" "$(virsh domstate web | head -n 1) $(cat /run/libvirt/qemu/web.pid)"
check "stock libvirt starts guests" eval 'define_guest plain && virsh start plain'
check "and ends them" virsh destroy plain

mv "$impl.away" "$impl"
must "with corral for it libvirtd starts" daemon_restart
check "corral is back" corral status
same "the guest runs on" "running $pid" "$(virsh domstate web | head -n 1) $(cat /run/libvirt/qemu/web.pid)"
same "with what it was given" "$before" "$(virsh schedinfo web)"
check "and can be tuned" virsh schedinfo web --live --set cpu_shares=300
check "and stopped" virsh destroy web
finish
