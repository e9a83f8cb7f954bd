#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest may open while its images change: copies, snapshots, commits,
# pulls and backups, and when the daemon is killed in the middle of one.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"

in_lab v1 v2

daemon_start || exit 1
make_loops one two three four
controller="<controller type='scsi' model='virtio-scsi'/>"

job_is()
{
    [[ $(virsh blockjob jobs vda 2>&1) =~ $1 ]]
}

must "a guest with a disk starts" create_guest jobs --devices \
    "$controller $(block_disk "$one" vda raw virtio)"
check "it may use its disk" opens jobs "$one" rw
check "and no other" cannot_open jobs "$two" r

# ---- a copy ----

must "the disk is copied to another device" \
    virsh blockcopy jobs vda "$two" --blockdev --format raw --wait
check "both may be used" opens jobs "$two" rw
check "both may be used" opens jobs "$one" rw
daemon_kill9
must "the daemon is killed and started" daemon_start
check "the copy goes on" job_is "Copy"
check "both may still be used" opens jobs "$two" rw
check "the guest turns to the copy" virsh blockjob jobs vda --pivot
check "that may be used" opens jobs "$two" rw
check "the original may not" wait_for $patience cannot_open jobs "$one" r
check "a copy is begun and given up" \
    virsh blockcopy jobs vda "$one" --blockdev --format raw --wait --finish
check "its place may not be used" wait_for $patience cannot_open jobs "$one" r
check "the disk may" opens jobs "$two" rw

# While a copy that failed goes away, its mirror is in the description, for a moment
# without the name of its job.  It may be used as long, and not afterwards.
truncate -s 512K "$devices_place/small.img"
must "a device that is too small" make_loop small "$devices_place/small.img"
for ((i = 0; i < 30; i++)); do
    virsh blockcopy jobs vda "$small" --blockdev --format raw > /dev/null 2>&1
done
check "it may not be used once the copies have failed" wait_for $patience cannot_open jobs "$small" r
same "the list could be followed all the time" "" "$(lab_log | grep 'unknown mirror job')"
same "no mirror is left" "" "$(virsh dumpxml jobs | grep '<mirror')"

refuse "a copy to what is there no more fails" "" \
    virsh blockcopy jobs vda /dev/nothing --blockdev --format raw

# ---- a snapshot, and back into what is below it ----

snapshot()
{
    virsh snapshot-create-as jobs "$1" --no-metadata --disk-only \
        --diskspec "vda,stype=block,file=$2,driver=qcow2"
}

must "a snapshot on a device is made" snapshot a "$one"
check "the overlay may be written" opens jobs "$one" rw
check "what is below may be read" opens jobs "$two" r
check "but not written" cannot_open jobs "$two" w
check "a commit into it is begun" virsh blockcommit jobs vda --active --wait
check "now it may be written" opens jobs "$two" rw
daemon_kill9
must "the daemon is killed and started" daemon_start
check "it may still be written" opens jobs "$two" rw
check "the overlay, too" opens jobs "$one" rw
check "the guest turns to what was below" virsh blockjob jobs vda --pivot
check "the overlay may not be used any more" wait_for $patience cannot_open jobs "$one" r
check "what was below may be written" opens jobs "$two" rw

must "three snapshots are made" snapshot b "$one"
must "three snapshots are made" snapshot c "$three"
must "three snapshots are made" snapshot d "$four"
check "a commit below the top is done" virsh blockcommit jobs vda --top "$three" --base "$one" \
    --wait
check "the one in the middle may not be used" wait_for $patience cannot_open jobs "$three" r
check "the one below may be read" opens jobs "$one" r
check "but not written" cannot_open jobs "$one" w
check "the top may be written" opens jobs "$four" rw
check "all is pulled into the top" virsh blockpull jobs vda --wait
check "what was below may not be used" wait_for $patience cannot_open jobs "$one" r
check "nor what was at the bottom" cannot_open jobs "$two" r
check "the top may be written" opens jobs "$four" rw

# ---- a backup ----

cat > "$devices_place/backup.xml" <<END
<domainbackup mode='push'><disks><disk name='vda' backup='yes' type='block'>
<driver type='raw'/><target dev='$two'/></disk></disks></domainbackup>
END
check "a backup is made" virsh backup-begin jobs "$devices_place/backup.xml"
check "its place may not be used afterwards" wait_for $patience cannot_open jobs "$two" r
check "the disk may be" opens jobs "$four" rw

# ---- the daemon dies in the middle ----

# killed_during COMMAND...: while QEMU does not answer
killed_during()
{
    local pid

    pid=$(guest_pid jobs)
    kill -STOP "$pid"
    "$@" > /dev/null 2>&1 &
    wait_for $patience opens jobs "$two" rw
    daemon_kill9
    kill -CONT "$pid"
    wait $!
    daemon_start
}

# The definition and the list say the same.
agrees()
{
    if virsh dumpxml jobs | grep -q "'$1'"; then
        opens jobs "$1" rw
    else
        cannot_open jobs "$1" r
    fi
}

block_disk "$two" sda > "$devices_place/sda.xml"
must "the daemon is killed while a disk is plugged in" \
    killed_during virsh attach-device jobs "$devices_place/sda.xml"
check "the guest lives" guest_state jobs running
check "what it does not have may not be used" wait_for $patience agrees "$two"
check "its disk may be" opens jobs "$four" rw
virsh detach-disk jobs sda > /dev/null 2>&1
virsh destroy jobs > /dev/null
must "a guest with a disk starts" create_guest jobs --devices \
    "$controller $(block_disk "$one" vda raw virtio)"
must "a disk is plugged in" virsh attach-device jobs "$devices_place/sda.xml"
must "the daemon is killed while it is pulled out" \
    killed_during virsh detach-device jobs "$devices_place/sda.xml"
check "the guest lives" guest_state jobs running
check "the list agrees" wait_for $patience agrees "$two"
virsh detach-disk jobs sda > /dev/null 2>&1
check "it is out in the end" wait_for $patience cannot_open jobs "$two" r
must "the daemon is killed while a copy is begun" \
    killed_during virsh blockcopy jobs vda "$two" --blockdev --format raw
check "the guest lives" guest_state jobs running
check "the list agrees" wait_for $patience agrees "$two"
check "its disk may be used" opens jobs "$one" rw

virsh destroy jobs > /dev/null
check "nothing is left" wait_for $patience no_guest_groups
finish
