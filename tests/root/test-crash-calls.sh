#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The daemon killed in the middle of a call, at any moment: afterwards the guest
# lives, has its limits, and may use the devices that its live XML names and no
# others.
#
# CORRAL_CRASH_ROUNDS is how often each call is interrupted (3).  On cgroup v1 only: it
# needs the cpu controller.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"

in_lab v1

rounds=${CORRAL_CRASH_ROUNDS:-3}
guest=g1
tune="<shares>700</shares><period>50000</period><quota>30000</quota>"

# start_guest: as it is before each call
start_guest()
{
    virsh destroy $guest > /dev/null 2>&1
    virsh managedsave-remove $guest > /dev/null 2>&1
    virsh start $guest
}

# vcpus_limited: each vCPU that there is has its group and its ceiling
vcpus_limited()
{
    local pid vcpus quota n

    pid=$(guest_pid $guest) || return 1
    vcpus=$(grep -lE '^CPU [0-9]+/' "/proc/$pid/task/"*/comm | wc -l)
    for ((n = 0; n < vcpus; n++)); do
        quota=$(virsh schedinfo $guest | awk '/^vcpu_quota/ { print $3 }')
        [[ $quota == 30000 ]] || { echo "quota is $quota"; return 1; }
        [[ $(group_file cpu /machine $guest vcpu$n/cpu.cfs_quota_us) == 30000 ]] ||
            { echo "vCPU $n of $vcpus"; return 1; }
    done
    threads_in_place "$pid" "/machine/$guest.qemu.libvirt" "$vcpus" || return 1
    [[ $(virsh schedinfo $guest | awk '/^cpu_shares/ { print $3 }') == 700 ]]
}

# The definition and the list say the same.
list_agrees()
{
    local node

    for node in "$one" "$two"; do
        if virsh dumpxml $guest | grep -q "'$node'"; then
            opens $guest "$node" rw || { echo "$node is refused"; return 1; }
        else
            cannot_open $guest "$node" r || { echo "$node is allowed"; return 1; }
        fi
    done
}

# whole WHAT: of a guest that runs
whole()
{
    check "$1: the guest runs" wait_for $patience guest_state $guest running
    same "$1: it is the same process" "$pid" "$(guest_pid $guest)"
    wait_for $patience vcpus_limited
    check "$1: its limits are right" vcpus_limited
    wait_for $patience list_agrees
    check "$1: its devices are right" list_agrees
}

# interrupt WHAT LONGEST COMMAND...: at random moments of the first milliseconds
interrupt()
{
    local what=$1
    local longest=$2
    local delay round

    shift 2
    for ((round = 0; round < rounds; round++)); do
        check "$what: the guest starts" start_guest
        prepare_$what
        pid=$(guest_pid $guest)
        delay=$((RANDOM % longest))
        must "$what: killed after $delay ms" interrupted $delay "$@"
        if [[ $what == managed_save ]]; then
            saved
        else
            whole "$what, $delay ms"
        fi
    done
}

# Saved or running; either way the guest comes back with all that it had.
saved()
{
    if wait_for 2 guest_state $guest 'shut off'; then
        check "the guest starts" virsh start $guest
    elif guest_state $guest paused; then
        # Stock libvirt leaves it so when it is killed while it saves.
        check "the guest goes on" virsh resume $guest
    fi
    pid=$(guest_pid $guest)
    whole managed_save
}

prepare_attach() { :; }
prepare_detach() { virsh attach-device $guest "$devices_place/two.xml" > /dev/null; }
prepare_set_vcpus() { :; }
prepare_copy() { :; }
prepare_managed_save() { :; }

must "libvirtd starts" daemon_start
make_loops one two
block_disk "$two" sda > "$devices_place/two.xml"
must "a guest" define_guest $guest --vcpus 2 --max-vcpus 4 --cputune "$tune" --devices \
    "<controller type='scsi' model='virtio-scsi'/> $(block_disk "$one" vda raw virtio)"

interrupt attach 60 virsh attach-device $guest "$devices_place/two.xml"
interrupt detach 60 virsh detach-device $guest "$devices_place/two.xml"
interrupt set_vcpus 80 virsh setvcpus $guest 3
interrupt copy 80 virsh blockcopy $guest vda "$two" --blockdev --format raw --transient-job
interrupt managed_save 300 virsh managedsave $guest

virsh destroy $guest > /dev/null 2>&1
check "nothing is left" wait_for $patience no_guest_groups
finish
