#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vCPUs and iothreads that come while the guest runs get a group like those of
# their kind; the groups of those that go, go.

. "$(dirname "$0")/functions.sh"
in_lab v1
(($(nproc) == 2)) || skip "this is for two CPUs"

children()
{
    find "$(group_dir "${1:-cpu}" /machine g1)" -mindepth 1 -type d -printf '%f\n' | sort | paste -s -d ' '
}

cpus_of()
{
    group_file cpuset /machine g1 "$1/cpuset.cpus"
}

quota_of()
{
    group_file cpu /machine g1 "$1/cpu.cfs_quota_us"
}

types=qemu
kvm_works && types="kvm qemu"
must "libvirtd starts" daemon_start
for type in $types; do
    # vCPU 1 cannot run where the emulator does, which is where its thread is born.
    must "$type: a guest" define_guest g1 --type $type --vcpus 1 --max-vcpus 4 \
        --cputune "<period>100000</period><quota>50000</quota><iothread_quota>40000</iothread_quota><vcpupin vcpu='1' cpuset='1'/><emulatorpin cpuset='0'/>" \
        --top "<numatune><memory mode='restrictive' nodeset='0'/></numatune>"
    must "$type: starts" virsh start g1
    same "$type: its groups" "emulator vcpu0" "$(children)"

    check "$type: two vCPUs more" virsh setvcpus g1 3 --live
    check "$type: every thread is in its place" guest_in_place g1 /machine 3
    same "$type: a pin holds" 1 "$(cpus_of vcpu1)"
    same "$type: without a pin all are allowed" 0-1 "$(cpus_of vcpu2)"
    same "$type: the emulator is narrow again" 0 "$(cpus_of emulator)"
    same "$type: they are limited as the first one is" "50000 50000" "$(quota_of vcpu1) $(quota_of vcpu2)"
    same "$type: nodes" 0 "$(group_file cpuset /machine g1 vcpu2/cpuset.mems)"

    check "$type: the ceiling changes" virsh schedinfo g1 --live --set vcpu_quota=30000
    check "$type: one by number" virsh setvcpu g1 3 --enable --live
    check "$type: every thread is in its place" guest_in_place g1 /machine 4
    same "$type: it is limited as the others are now" 30000 "$(quota_of vcpu3)"
    refuse "$type: more than there can be" "greater than max" virsh setvcpus g1 5 --live
    same "$type: changes nothing" "emulator vcpu0 vcpu1 vcpu2 vcpu3" "$(children)"

    check "$type: an iothread" virsh iothreadadd g1 7 --live
    check "$type: every thread is in its place" guest_in_place g1 /machine 4
    same "$type: the first iothread has the ceiling of the description" 40000 "$(quota_of iothread7)"
    check "$type: it goes" virsh iothreaddel g1 7 --live
    for hierarchy in $thread_hierarchies; do
        same "$type: and so does its group in $hierarchy" "emulator vcpu0 vcpu1 vcpu2 vcpu3" \
            "$(children $hierarchy)"
    done
    refuse "$type: an iothread that is not there" . virsh iothreaddel g1 7 --live
    check "$type: another, persistent as well" virsh iothreadadd g1 8 --live --config

    # Threads that come and go behind our back.
    must "$type: another one" virsh iothreadadd g1 9 --live
    daemon_stop
    rmdir "$(group_dir cpu /machine g1)"/iothread9 2> /dev/null
    for hierarchy in $thread_hierarchies; do
        for task in /proc/"$(guest_pid g1)"/task/*; do
            [[ $(cat "$task/comm") == "IO iothread9" ]] &&
                echo "${task##*/}" > "$(group_dir $hierarchy /machine g1)/emulator/tasks"
        done
        rmdir "$(group_dir $hierarchy /machine g1)/iothread9" || fail "remove its group in $hierarchy"
        mkdir "$(group_dir $hierarchy /machine g1)/vcpu77"
    done
    must "$type: libvirtd starts again" daemon_start
    placed()
    {
        guest_in_place g1 /machine 4 && [[ $(children) == "emulator iothread8 iothread9 vcpu0 vcpu1 vcpu2 vcpu3" ]]
    }
    check "$type: groups and threads agree again" wait_for $patience placed
    same "$type: its sibling's ceiling" 40000 "$(quota_of iothread9)"

    must "$type: stops" virsh destroy g1
    [[ $type == qemu ]] || must "$type: is forgotten" virsh undefine g1
    same "$type: nothing is left" "" "$(guest_groups)"
done

# A ceiling for iothreads is in force for those that come, whenever it was set.
must "the guest starts" virsh start g1
must "the iothread goes" virsh iothreaddel g1 8 --live
check "a ceiling for none" virsh schedinfo g1 --live iothread_quota=35000 iothread_period=50000
contains "the description shows it" "<iothread_quota>35000</iothread_quota>" "$(cputune g1)"
daemon_kill9
must "libvirtd starts again" daemon_start
contains "as it does after a restart" "<iothread_period>50000</iothread_period>" "$(cputune g1)"
must "an iothread comes" virsh iothreadadd g1 5 --live
same "and has the ceiling" "35000 50000" \
    "$(quota_of iothread5) $(group_file cpu /machine g1 iothread5/cpu.cfs_period_us)"
refuse "a ceiling that is refused" "out of range" virsh schedinfo g1 --live iothread_quota=1
check "another" virsh schedinfo g1 --live iothread_quota=45000
must "the iothread goes" virsh iothreaddel g1 5 --live
must "one more" virsh iothreadadd g1 6 --live
same "has the last ceiling" "45000 50000" \
    "$(quota_of iothread6) $(group_file cpu /machine g1 iothread6/cpu.cfs_period_us)"
must "it goes" virsh iothreaddel g1 6 --live
check "save" virsh save g1 /run/corral-lab/g1.image
check "restore" virsh restore /run/corral-lab/g1.image
must "an iothread after the restore" virsh iothreadadd g1 6 --live
same "has it, too" "45000 50000" \
    "$(quota_of iothread6) $(group_file cpu /machine g1 iothread6/cpu.cfs_period_us)"
must "it stops" virsh destroy g1

# A firmware lets go of no vCPU: the group stays, with its thread.
must "the guest starts" virsh start g1
must "a vCPU comes" virsh setvcpus g1 2 --live
refuse "it does not go" "device_del|timed out" virsh setvcpus g1 1 --live
check "every thread is in its place" guest_in_place g1 /machine 2
same "the emulator is narrow again" 0 "$(cpus_of emulator)"
must "it stops" virsh destroy g1

# A guest that lets go of it when libvirt has given up: that is an event.  (Of an
# emulated one libvirt does not learn it.)
gone()
{
    [[ $(children) == "emulator vcpu0" ]]
}

make_boot_disk /run/corral-lab/eject.img eject
if [[ $types == kvm* ]]; then
    must "one that is slow" create_guest g1 --type kvm --uuid "$(virsh domuuid g1)" \
        --vcpus 1 --max-vcpus 2 \
        --devices "$(disk_xml /run/corral-lab/eject.img)$(serial_xml /run/corral-lab/eject.out)"
    must "is awake" wait_for 60 grep -q '!' /run/corral-lab/eject.out
    must "a vCPU comes" virsh setvcpus g1 2 --live
    refuse "it does not go" "timed out" virsh setvcpus g1 1 --live
    same "its group stays" "emulator vcpu0 vcpu1" "$(children)"
    check "the button" virsh shutdown g1
    check "it goes late, and its group with it" wait_for 10 gone
    check "every thread is in its place" guest_in_place g1 /machine 1
    same "libvirt knows" 1 "$(virsh vcpucount g1 --live --current)"
    must "it stops" virsh destroy g1
fi

finish
