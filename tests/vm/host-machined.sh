#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests of systemd's libvirtd where machined is restarted, has forgotten them, or is not
# there; and where a unit of their scope's name is left over from before.

. "$(dirname "$0")/host.sh"

# known NAME: does machined know it?
known()
{
    machinectl --no-pager --no-legend list | grep -q "^qemu-[0-9]*-$1 "
}

# unchanged WHEN NAME: it lives on, with what it was given
unchanged()
{
    same "$1: the guest lives" "running $pid" "$(state "$2") $(guest_pid "$2")"
    same "$1: shares" 20000 "$(shares "$2")"
    same "$1: quota" "50000 100000" "$(value "$2" vcpu1/cpu.max)"
    same "$1: vCPUs in their groups" $'CPU0 vcpu0\nCPU1 vcpu1' "$(places "$2")"
}

# started WHEN NAME: starts it, and has it tuned
started()
{
    check "$1: a guest starts" virsh start "$2" || return
    pid=$(guest_pid "$2")
    check "$1: it is tuned" virsh schedinfo "$2" --live --set cpu_shares=20000 --set vcpu_quota=50000
    unchanged "$1" "$2"
}

# ended WHEN NAME
ended()
{
    check "$1: it stops" virsh destroy "$2"
    check "$1: and leaves no scope" wait_for $patience no_scope "$2"
}

host_daemon
corral activate > /dev/null
must "libvirtd starts" systemctl start libvirtd
must "it answers" host_answers
check "a guest is defined" host_define g1 --vcpus 2
check "and one in a partition" host_define g2 --vcpus 2 --partition "/production/web 1"

# ---- what is left over has the name that the next scope will have ----

check "a scope is left over" systemd-run --quiet --unit 'machine-qemu\x2d1\x2dg1.scope' \
    --scope --slice machine.slice setsid sh -c 'sleep 600 &'
started "left over" g1
left=$(pgrep -f 'sleep 600')
check "who was in it is left alone" test -d "/proc/$left"
kill "$left"

# ---- machined comes and goes ----

check "machined knows it" known g1
systemctl restart systemd-machined
check "restarted: machined knows it still" known g1
unchanged "restarted" g1

systemctl stop systemd-machined
find /run/systemd/machines -type f,l -delete
systemctl start systemd-machined
refuse "machined has forgotten it" "" known g1
unchanged "forgotten" g1
must "forgotten: libvirtd restarts" host_restart
unchanged "forgotten, restart" g1
systemctl kill -s KILL libvirtd
must "forgotten: libvirtd is killed" host_answers
unchanged "forgotten, kill -9" g1
check "forgotten: it can be tuned" virsh schedinfo g1 --live --set cpu_shares=512
same "forgotten: weight" 50 "$(value g1 cpu.weight)"
ended "forgotten" g1

# As when it has exited because there is no machine.
systemctl stop systemd-machined
started "exited" g1
check "exited: machined is back and knows it" known g1
ended "exited" g1

# ---- machined must not run ----

# The bus starts it on demand, but systemd refuses to.
systemctl stop systemd-machined
systemctl mask systemd-machined > /dev/null 2>&1
must "masked: libvirtd restarts" host_restart
started "masked" g1
contains "masked: in a scope of ours" '/machine.slice/corral-qemu.x2d[0-9]+.x2dg1.scope$' \
    "$(guest_scope g1)"
must "masked: libvirtd restarts" host_restart
unchanged "masked, restart" g1

# ---- machined is not installed ----

host_without_machined
must "no machined: libvirtd is restarted" host_answers
unchanged "no machined, restart" g1
ended "no machined" g1
started "no machined" g2
contains "no machined: in a scope of ours, in its partition's slice" \
    '/production.slice/production-web.x201.slice/corral-qemu.x2d[0-9]+.x2dg2.scope$' \
    "$(guest_scope g2)"
refuse "no group of ours at the root" 'No such file' ls -d $cgroups/machine
systemctl kill -s KILL libvirtd
must "no machined: libvirtd is killed" host_answers
unchanged "no machined, kill -9" g2

# ---- and is back ----

host_with_machined
must "back: libvirtd restarts" host_restart
unchanged "back" g2
ended "back" g2
started "back" g1
check "back: machined knows it" known g1
ended "back" g1

host_remove g1 g2
host_leave
finish
