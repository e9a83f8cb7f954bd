#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral activate and deactivate where libvirtd is systemd's, with guests that run
# all the while; and the daemon's coming and going when nobody needs it.

. "$(dirname "$0")/host.sh"

drop_in=/etc/systemd/system/libvirtd.service.d/corral.conf
conf=$(cat /etc/libvirt/qemu.conf)

# Debian builds no daemons for one driver each; by their names they are known all the same.
for daemon in virtqemud virtlxcd; do
    printf '[Service]\nExecStart=/usr/sbin/%s\n' $daemon > /run/systemd/system/$daemon.service
done

# ---- a host without corral ----

must "libvirtd starts" systemctl start libvirtd
check "a guest is defined" host_define old --cputune '<shares>300</shares>'
must "and starts under stock libvirt" virsh start old
old=$(guest_pid old)

# ---- switched on ----

output=$(corral activate)
same "corral activate" 0 $?
contains "systemd is told" 'told: systemd' "$output"
contains "what there is to restart" ': systemctl try-restart libvirtd virtqemud virtlxcd$' \
    "$(grep restart <<< "$output")"
for daemon in libvirtd virtqemud virtlxcd; do
    contains "systemd lets $daemon look for modules there" \
        "LIBVIRT_DRIVER_DIR=$impl_dir/connection-driver( |\$)" \
        "$(systemctl show -P Environment $daemon)"
done
contains "systemd knows the drop-in" "$drop_in" "$(systemctl show -P DropInPaths libvirtd)"
same "again: nothing to do" 5 "$(corral activate | grep -c '^already')"
must "libvirtd restarts" host_restart
check "corral is in it" host_has_corral
contains "in this version" "libvirt +$libvirt_version" "$(corral status)"

same "the guest of before runs on" "running $old" "$(state old) $(guest_pid old)"
same "its shares are told" 300 "$(shares old)"
check "and can be changed" virsh schedinfo old --live --set cpu_shares=600
same "which is seen" 600 "$(shares old)"

# ---- guests under corral ----

check "a guest is defined" host_define new --vcpus 2 --cputune '<shares>20000</shares>'
must "and starts, with more shares than stock allows" virsh start new
same "its shares are told" 20000 "$(shares new)"
scope=$(guest_scope new)
same "its weight is in the scope" 1953 "$(cat "$scope/cpu.weight")"
check "its threads have groups there" test -d "$scope/emulator" -a -d "$scope/vcpu1"
must "libvirtd restarts" host_restart
same "guests run on, with what they had" "running running 600 20000" \
    "$(state old) $(state new) $(shares old) $(shares new)"

# ---- the daemon goes when nobody needs it ----

host_remove old new
host_daemon "--timeout 3"
must "libvirtd restarts" host_restart
is_inactive() { [[ $(systemctl is-active libvirtd) == inactive ]]; }
check "it exits when there is nothing to do" wait_for 60 is_inactive
same "its socket stays" active "$(systemctl is-active libvirtd.socket)"
check "who asks has it back" virsh list
check "a guest starts" eval 'host_define late && virsh start late'
# Without one it may have gone by now.
check "with corral in it" host_has_corral
stays() { ! wait_for 8 is_inactive; }
check "with a guest it stays" stays
host_daemon

# ---- switched off ----

late=$(guest_pid late)
output=$(corral deactivate)
same "corral deactivate" 0 $?
contains "systemd is told" 'told: systemd' "$output"
check "the drop-in is gone" test ! -e "$drop_in"
same "qemu.conf is what it was" "$conf" "$(cat /etc/libvirt/qemu.conf)"
must "libvirtd restarts" host_restart
refuse "corral is not in it" "" host_has_corral
same "the guest runs on" "running $late" "$(state late) $(guest_pid late)"
check "and can be stopped" virsh destroy late
check "stock libvirt starts it again" virsh start late
check "with groups of its own making" test -d "$(guest_scope late)/libvirt"
host_remove late
rm /run/systemd/system/virt{qemu,lxc}d.service
host_leave
finish
