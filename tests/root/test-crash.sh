#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvirtd or QEMU killed at any moment: afterwards every running guest is in its
# group with its limits, and there is no group without a guest.

. "$(dirname "$0")/functions.sh"
in_lab v1

partition=/production/web
tune="<shares>700</shares><period>50000</period><quota>30000</quota>"

# in_milliseconds N COMMAND...: a moment to strike, not a wait for something
in_milliseconds()
{
    sleep "$(printf '0.%03d' "$1")"
    shift
    "$@"
}

# consistent: the invariant.  $shares and $quota are what the guests should have,
# if the caller knows.
consistent()
{
    local guests groups name got

    guests=$(virsh list --name | sed '/^$/d') || return 1
    for name in $guests; do
        guest_in_place "$name" $partition 2 || return 1
        got=$(group_file cpu $partition "$name" cpu.shares)
        [[ $got == "${shares:-$got}" ]] || { echo "'$name' has shares $got"; return 1; }
        got=$(group_file cpu $partition "$name" vcpu1/cpu.cfs_quota_us)
        [[ $got == "${quota:-$got}" ]] || { echo "'$name' has quota $got"; return 1; }
    done
    groups=$(guest_groups)
    if [[ $(grep -c . <<< "$groups") -ne $(($(wc -w <<< "$guests") * $(wc -w <<< "$own_hierarchies"))) ]]; then
        printf 'guests: %s\ngroups:\n%s\n' "$guests" "$groups"
        return 1
    fi
    # No QEMU that nobody knows of.
    got=$(pgrep -c -f '^/usr/bin/qemu-system-x86_64 -name guest=')
    if [[ $got -ne $(wc -w <<< "$guests") ]]; then
        echo "guests: $guests; QEMU processes: $got"
        return 1
    fi
}

# half_born NAME: stock libvirt saves the status of a guest before it knows QEMU's
# PID.  Killed in between, it waits for process 0 when it comes back, for ever, and
# nobody can stop or start the guest.
half_born()
{
    [[ $(virsh domstate "$1" --reason) == 'paused (starting up)' ]] &&
        ! pgrep -f "^/usr/bin/qemu-system-x86_64 -name guest=$1," > /dev/null
}

# The daemon may still be at it when it answers; then it has a few seconds.
check_consistent()
{
    if ! wait_for 4 consistent && half_born g1; then
        note "libvirt waits for a process that never was; without its status file it does not"
        daemon_kill9
        rm -f /run/libvirt/qemu/g1.{xml,pid}
        must "libvirtd starts again" daemon_start
    fi
    wait_for $patience consistent
    check "$1" consistent
}

must "libvirtd starts" daemon_start
for name in g1 g2; do
    must "a guest" define_guest $name --vcpus 2 --partition $partition --cputune "$tune"
done
must "a guest that runs all the time" virsh start g2
shares=700 quota=30000

for delay in 0 30 50 80 120 180 240 320; do
    virsh start g1 > /dev/null 2>&1 &
    client=$!
    in_milliseconds $delay daemon_kill9
    wait $client
    must "libvirtd starts again" daemon_start
    check_consistent "killed $delay ms after the start of a start"
    if guest_state g1 running; then
        note "the guest runs"
    else
        check "the guest can be started" virsh start g1
    fi

    delay=$((delay / 3))
    virsh destroy g1 > /dev/null 2>&1 &
    client=$!
    in_milliseconds $delay daemon_kill9
    wait $client
    must "libvirtd starts again" daemon_start
    check_consistent "killed $delay ms after the start of a stop"
    if guest_state g1 running; then
        note "the guest runs"
        check "the guest can be stopped" virsh destroy g1
    fi
done

# A change has happened or has not; and whoever asks is told the same.
must "the guest starts" virsh start g1
shares= quota=
for delay in 5 40 75; do
    while daemon_pid > /dev/null; do
        n=$((1000 + RANDOM % 1000))
        virsh schedinfo g1 --live --config --set cpu_shares=$n --set vcpu_quota=$((n * 10)) > /dev/null 2>&1
    done &
    client=$!
    in_milliseconds $((100 + delay)) daemon_kill9
    wait $client
    must "libvirtd starts again" daemon_start
    check_consistent "killed during schedinfo"
    now=$(group_file cpu $partition g1 cpu.shares)
    contains "schedinfo says what the kernel says" "cpu_shares +: $now"$'\n' "$(virsh schedinfo g1)"
    contains "so does dumpxml" "<shares>$now</shares>" "$(cputune g1)"
    now=$(group_file cpu $partition g1 vcpu0/cpu.cfs_quota_us)
    same "both vCPUs have the same quota" "$now" "$(group_file cpu $partition g1 vcpu1/cpu.cfs_quota_us)"
    contains "dumpxml says the same of the quota" "<quota>$now</quota>" "$(cputune g1)"
done
check "schedinfo works as before" virsh schedinfo g1 --live --config --set cpu_shares=700 --set vcpu_quota=30000
shares=700 quota=30000

# QEMU.
kill -9 "$(guest_pid g1)"
check "QEMU killed: the guest is off" wait_for $patience guest_state g1 'shut off'
check_consistent "QEMU killed: nothing is left"
must "the guest starts" virsh start g1
pid=$(guest_pid g1)
daemon_kill9
kill -9 "$pid"
check_gone()
{
    ! grep -q . "$(group_dir cpu $partition g1)/emulator/cgroup.procs"
}
check "QEMU killed while there is no daemon" wait_for $patience check_gone
must "libvirtd starts again" daemon_start
check "the guest is off" guest_state g1 'shut off'
check_consistent "and nothing is left of it"
check "the other guest runs on" guest_state g2 running

# Twenty at once, in a partition that is not there yet.
partition=/crowd/of/twenty
check "the guest stops" virsh destroy g2
guests=$(seq -f 'n%02.0f' 20)
for name in $guests; do
    define_guest $name --vcpus 2 --partition $partition --cputune "$tune" --memory 16 > /dev/null ||
        fail "define $name"
done

# all_at_once COMMAND GUEST...
all_at_once()
{
    local command=$1
    local name status=0
    local clients=()

    shift
    for name in "$@"; do
        virsh "$command" "$name" > /dev/null &
        clients+=($!)
    done
    for name in "${clients[@]}"; do
        wait "$name" || status=1
    done
    return $status
}

check "twenty starts at once" all_at_once start $guests
same "twenty guests run" 20 "$(virsh list --name | grep -c .)"
check "each is in its place" consistent
first=$(seq -f 'n%02.0f' 10)
second=$(seq -f 'n%02.0f' 11 20)
check "ten stop at once" all_at_once destroy $first
check "the others are in their place" consistent
all_at_once start $first 2> /run/corral-lab/errors &
starting=$!
check "ten stop" all_at_once destroy $second
wait $starting
same "while ten start" 0 $?
check "the others are in their place" consistent
check "ten stop at once" all_at_once destroy $first
same "no group is left" "" "$(guest_groups)"

finish
