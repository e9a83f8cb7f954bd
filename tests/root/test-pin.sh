#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pinning the threads of a running guest: cpuset and affinity change together, or
# not at all.

. "$(dirname "$0")/functions.sh"
in_lab v1
(($(nproc) == 2)) || skip "this is for two CPUs"

cpus_of()
{
    group_file cpuset /machine g1 "$1/cpuset.cpus"
}

# affinity_of THREAD: where the kernel lets it run.  "qemu-system" is the process's first
# thread: libvirt pins no other of the emulator's.
affinity_of()
{
    local task

    for task in /proc/"$(guest_pid g1)"/task/*; do
        [[ $(cat "$task/comm") == "$1"* ]] || continue
        [[ $1 == qemu-system && ${task##*/} != "$(guest_pid g1)" ]] && continue
        awk '/^Cpus_allowed_list/ { print $2 }' "$task/status"
    done | sort -u
}

# both DESCRIPTION CHILD THREAD CPUS
both()
{
    same "$1: cpuset" "$4" "$(cpus_of "$2")"
    same "$1: affinity" "$4" "$(affinity_of "$3")"
}

must "libvirtd starts" daemon_start
must "a guest" define_guest g1 --vcpus 2 --max-vcpus 3 --iothreads 1 \
    --cputune "<vcpupin vcpu='0' cpuset='0'/><emulatorpin cpuset='0'/>"
must "it starts" virsh start g1
virsh event --all --loop > /run/corral-lab/events 2> /dev/null &

for cpus in 1 0 0-1 1; do
    check "a vCPU is pinned to $cpus" virsh vcpupin g1 0 $cpus
    both "vCPU 0 to $cpus" vcpu0 "CPU 0/" $cpus
    check "the emulator is pinned to $cpus" virsh emulatorpin g1 $cpus
    both "emulator to $cpus" emulator qemu-system $cpus
    check "an iothread is pinned to $cpus" virsh iothreadpin g1 1 $cpus
    both "iothread to $cpus" iothread1 "IO iothread1" $cpus
done
same "the other vCPU is left alone" 0-1 "$(cpus_of vcpu1)"
contains "the description says so" "vcpupin vcpu='0' cpuset='1'.*emulatorpin cpuset='1'" "$(cputune g1)"
event_arrived()
{
    grep -q "tunable.*" /run/corral-lab/events && grep -q "cputune.iothreadpin1: 1" /run/corral-lab/events
}
check "stock tells the clients" wait_for $patience event_arrived

# Refused: nothing has changed.
refuse "a CPU that is not there" . virsh vcpupin g1 0 7
refuse "an empty map" . virsh vcpupin g1 0 ''
refuse "a vCPU out of range" "out of range" virsh vcpupin g1 7 0
refuse "an iothread that is not there" "iothread 9 not found" virsh iothreadpin g1 9 0
both "after that" vcpu0 "CPU 0/" 1

# The persistent half.
check "an offline vCPU" virsh vcpupin g1 2 0
check "the persistent description alone" virsh vcpupin g1 1 0 --config
same "leaves the running guest alone" 0-1 "$(cpus_of vcpu1)"
check "both" virsh vcpupin g1 1 0 --live --config
both "vCPU 1" vcpu1 "CPU 1/" 0
check "an iothread comes, for now" virsh iothreadadd g1 5 --live
refuse "of an iothread that only the running guest has, both" "iothreadid 5 not found" \
    virsh iothreadpin g1 5 1 --live --config
both "as with stock, the running half has happened" iothread5 "IO iothread5" 1

daemon_kill9
must "libvirtd starts again" daemon_start
check "every thread is in its place" guest_in_place g1 /machine 2
both "after a restart, emulator" emulator qemu-system 1
both "after a restart, vCPU" vcpu1 "CPU 1/" 0
check "the next pin" virsh vcpupin g1 1 1
both "works" vcpu1 "CPU 1/" 1

finish
