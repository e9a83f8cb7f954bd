#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Snapshots have the tuning that was in force, and going back to one gives the
# guest its group and its tuning again.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"
in_lab v1 hybrid

type -P qemu-img > /dev/null || skip "qemu-img is not installed"

partition=/production/web
disk=/run/corral-lab/disk.qcow2
tune="<shares>2048</shares><period>50000</period><quota>25000</quota>"

qemu-img create -q -f qcow2 $disk 16M
disk_devices="<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
<source file='$disk'/><target dev='hda' bus='ide'/></disk>"

# is_so WHEN NAME SHARES QUOTA STATE
is_so()
{
    local pid

    check "$1: is $5" guest_state "$2" "$5"
    check "$1: in its group" guest_in_place "$2" $partition 2
    same "$1: shares" "$3" "$(group_file cpu $partition "$2" cpu.shares)"
    same "$1: quota" "$4" "$(group_file cpu $partition "$2" vcpu1/cpu.cfs_quota_us)"
    [[ $4 == -1 ]] || contains "$1: dumpxml shows it" "<quota>$4</quota>" "$(cputune "$2")"
    same "$1: nothing of corral's" "" "$(virsh dumpxml "$2" | grep -i 'corral[:.]')"
    same "$1: nor in the definition" "" "$(virsh dumpxml --inactive "$2" | grep -i 'corral[:.]')"
    same "$1: no other group" "$(wc -w <<< "$own_hierarchies")" "$(guest_groups | wc -l)"
}

snapshot_xml()
{
    virsh snapshot-dumpxml g1 "$1"
}

# next_second: going back to files makes new ones, which are named after the second
next_second()
{
    local -r now=$(date +%s)

    wait_for $patience later_than "$now"
}

later_than()
{
    (($(date +%s) > $1))
}

must "libvirtd starts" daemon_start
must "a guest" define_guest g1 --vcpus 2 --partition $partition --cputune "$tune" \
    --devices "$disk_devices"
check "a snapshot of the guest that is off" virsh snapshot-create-as g1 off
must "it starts" virsh start g1
check "a snapshot" virsh snapshot-create-as g1 first
same "it has nothing of corral's" "" "$(snapshot_xml first | grep -i 'corral[:.]')"
contains "it has the quota" "<quota>25000</quota>" "$(snapshot_xml first)"
check "the tuning changes" virsh schedinfo g1 --live cpu_shares=512 vcpu_quota=12000
check "another snapshot" virsh snapshot-create-as g1 second
same "it has nothing of corral's" "" "$(snapshot_xml second | grep -i 'corral[:.]')"
contains "it has what was in force" "<quota>12000</quota>" "$(snapshot_xml second)"
contains "and the definition" "<quota>25000</quota>" "$(snapshot_xml second)"
same "it is the current one" second "$(virsh snapshot-current --name g1)"
is_so "after snapshots" g1 512 12000 running

# While it runs.
old=$(guest_pid g1)
must "back to the first" virsh snapshot-revert g1 first
differ "QEMU is another one" "$old" "$(guest_pid g1)"
is_so "first" g1 2048 25000 running
must "on to the second" virsh snapshot-revert g1 second --paused
is_so "second" g1 512 12000 paused
check "resume" virsh resume g1
must "libvirtd starts again" daemon_restart
is_so "after a restart" g1 512 12000 running

# To being off, and to running from there.
must "back to before it ran" virsh snapshot-revert g1 off
check "it is off" guest_state g1 'shut off'
same "no group is left" "" "$(guest_groups)"
must "to running, from being off" virsh snapshot-revert g1 second
is_so "from off" g1 512 12000 running
must "to a start of what was off" virsh snapshot-revert g1 off --running
is_so "off, but running" g1 2048 25000 running
must "the same, paused, and off before" virsh destroy g1
must "paused" virsh snapshot-revert g1 off --paused
is_so "off, but paused" g1 2048 25000 paused

# What it had in memory belongs to other disks.
check "it is saved" virsh managedsave g1
refuse "back, with an image" 'managed saved state' virsh snapshot-revert g1 off --running
must "back by force" virsh snapshot-revert g1 off --running --force
is_so "off, by force" g1 2048 25000 running
contains "it has booted" 'booted' "$(virsh domstate --reason g1)"

# What the guest has gained since is gone.
check "an end" virsh destroy g1
make_guest g1 --uuid "$(virsh domuuid g1 | head -n 1)" --vcpus 2 --devices "$disk_devices" \
    > /run/corral-lab/plain.xml
must "a definition without tuning, elsewhere" virsh define /run/corral-lab/plain.xml
must "it starts" virsh start g1
check "a snapshot of that" virsh snapshot-create-as g1 plain
must "back to where it was" virsh snapshot-revert g1 second
is_so "another partition" g1 512 12000 running
partition=/machine
must "and forth" virsh snapshot-revert g1 plain
is_so "the plain one" g1 1024 -1 running
same "its definition, too" "" "$(cputune g1 --inactive)"

# The one of a disk alone has no guest that runs.
partition=/production/web
must "back once more" virsh snapshot-revert g1 second
old=$(guest_pid g1)
check "its tuning changes" virsh schedinfo g1 --live vcpu_quota=13000
check "a snapshot of the disk" virsh snapshot-create-as g1 external --disk-only \
    --diskspec "hda,file=/run/corral-lab/disk.external"
if libvirt_since 9.9.0; then
    must "back to it" virsh snapshot-revert g1 external
    check "it is off" guest_state g1 'shut off'
    same "no group is left" "" "$(guest_groups)"
    next_second
    must "back to it and on" virsh snapshot-revert g1 external --running
    is_so "external" g1 2048 25000 running
    check "its tuning changes" virsh schedinfo g1 --live cpu_shares=512 vcpu_quota=13000
    check "a snapshot in files" virsh snapshot-create-as g1 files \
        --memspec "file=/run/corral-lab/memory,snapshot=external" \
        --diskspec "hda,file=/run/corral-lab/disk.files"
    check "its tuning changes" virsh schedinfo g1 --live vcpu_quota=14000
    next_second
    must "back to it" virsh snapshot-revert g1 files
    is_so "files" g1 512 13000 running
else
    # What cannot be done leaves the guest as it is.
    refuse "back to it" 'external snapshot' virsh snapshot-revert g1 external
    same "QEMU is the same" "$old" "$(guest_pid g1)"
    is_so "still" g1 512 13000 running
fi

check "destroy" virsh destroy g1
same "no group is left" "" "$(guest_groups)"

# What is tuned and plugged beside the processor, in the group that stays.
limit()
{
    group_file memory /machine more memory.soft_limit_in_bytes
}
reads()
{
    group_file blkio /machine more blkio.throttle.read_bps_device
}
cpus()
{
    group_file cpuset /machine more vcpu0/cpuset.cpus
}

make_loops one two
read -r one_number two_number < <(lsblk -dno MAJ:MIN "$one" "$two" | xargs)
more_tune="<memtune><soft_limit unit='KiB'>1048576</soft_limit></memtune>
<blkiotune><device><path>$one</path><read_bytes_sec>1000000</read_bytes_sec></device></blkiotune>"
must "a guest with more" define_guest more --top "$more_tune" \
    --cputune "<vcpupin vcpu='0' cpuset='0'/>" \
    --devices "${disk_devices}<controller type='scsi' model='virtio-scsi'/>$(block_disk "$one" sda raw scsi "<readonly/>")"
must "it starts" virsh start more
check "a snapshot of it" virsh snapshot-create-as more full
old=$(guest_pid more)
check "another limit" virsh memtune more --live --soft-limit 524288
check "and one more" virsh memtune more --live --hard-limit 786432
check "other devices" virsh blkiotune more --live \
    --device-read-bytes-sec "$one,0,$two,5000"
check "another processor" virsh vcpupin more 0 1 --live
check "the disk goes" virsh detach-disk more sda --live
wait_for $patience cannot_open more "$one" r
check "it may not be opened" cannot_open more "$one" r
must "back to all of it" virsh snapshot-revert more full
differ "QEMU is another one" "$old" "$(guest_pid more)"
check "it runs" guest_state more running
contains "with its disk" "$one" "$(virsh domblklist more)"
check "which may be opened" opens more "$one" r
same "the limit" 1073741824 "$(limit)"
contains "the other is none" "hard_limit : unlimited" "$(virsh memtune more | xargs)"
same "the devices" "$one_number 1000000" "$(reads)"
same "the processor" 0 "$(cpus)"

# And what a snapshot does not tell is not left from before.
check "more to open" virsh attach-disk more "$two" sdb --live
check "it may be opened" opens more "$two" r
must "back again" virsh snapshot-revert more full
check "it may not be opened any more" cannot_open more "$two" r
check "that one may" opens more "$one" r
check "destroy" virsh destroy more
check "undefine" virsh undefine more --snapshots-metadata
same "no group is left" "" "$(guest_groups)"
check "undefine, snapshots and all" virsh undefine g1 --snapshots-metadata

finish
