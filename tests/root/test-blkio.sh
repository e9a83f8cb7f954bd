#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Block I/O parameters on the kernel: from the XML at the start, by virsh
# blkiotune, in dumpxml, and across the death of the daemon.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

guest=b1

# whole_disks: block devices that can be limited: no partitions
whole_disks()
{
    local device

    for device in /dev/loop[0-9] /dev/vd[a-z] /dev/sd[a-z] /dev/zram0; do
        [[ -b $device && -e /sys/block/${device#/dev/} ]] && echo "$device"
    done
}

readarray -t disks < <(whole_disks)
((${#disks[@]} >= 2)) || skip "this machine shows no two disks"
one=${disks[0]}
two=${disks[1]}
one_number=$(stat -c '%Hr:%Lr' "$one")
two_number=$(stat -c '%Hr:%Lr' "$two")
# The user's own way to the second one.
link=/run/corral-lab/my-disk
ln -s "$two" $link

# throttle KIND: what the kernel has, e.g. of read_bps
throttle()
{
    group_file blkio /machine $guest "blkio.throttle.${1}_device" | sort | xargs
}

limits()
{
    local kind

    for kind in read_bps write_bps read_iops write_iops; do
        echo $kind $(throttle $kind)
    done
}

# blkiotune OPTION...: what virsh says of devices
blkiotune()
{
    virsh blkiotune $guest "$@" | awk '$1 ~ /^device_/ && $3 { print $1, $3 }'
}

shown()
{
    virsh dumpxml $guest "$@" | sed -n '/<blkiotune>/,/<\/blkiotune>/p' | tr -d ' \n'
}

must "libvirtd starts" daemon_start
must "a guest with blkiotune" define_guest $guest --top "<blkiotune>
    <device><path>$link</path><read_bytes_sec>1000000</read_bytes_sec>
        <write_iops_sec>50</write_iops_sec></device>
    <device><path>$one</path><write_bytes_sec>2000000</write_bytes_sec></device></blkiotune>"
must "starts" virsh start $guest
pid=$(guest_pid $guest)
same "the kernel has it" "read_bps $two_number 1000000
write_bps $one_number 2000000
read_iops
write_iops $two_number 50" "$(limits)"
same "blkiotune says so, by the user's paths" "device_write_iops_sec: $link,50
device_read_bytes_sec: $link,1000000
device_write_bytes_sec: $one,2000000" "$(sed 's/ *: */: /' <<< "$(virsh blkiotune $guest | grep '^device.*/')")"
before="<blkiotune><device><path>$link</path><write_iops_sec>50</write_iops_sec>"
before+="<read_bytes_sec>1000000</read_bytes_sec></device><device><path>$one</path>"
before+="<write_bytes_sec>2000000</write_bytes_sec></device></blkiotune>"
same "dumpxml too" "$before" "$(shown)"

check "live" virsh blkiotune $guest --live --device-read-iops-sec "$one,77,$link,78" \
    --device-write-iops-sec "$link,0"
same "the kernel" "$(sort <<< "$one_number 77
$two_number 78" | xargs)" "$(throttle read_iops)"
same "0 lifts a limit" "" "$(throttle write_iops)"
same "dumpxml, in the same order" "<blkiotune><device><path>$link</path><read_iops_sec>78</read_iops_sec><read_bytes_sec>1000000</read_bytes_sec></device><device><path>$one</path><read_iops_sec>77</read_iops_sec><write_bytes_sec>2000000</write_bytes_sec></device></blkiotune>" "$(shown)"
check "by another path" virsh blkiotune $guest --live --device-read-iops-sec "$two,79"
contains "dumpxml has that now, in the same place" \
    "<blkiotune><device><path>$two</path><read_iops_sec>79<.*<path>$one<" "$(shown)"
check "and back" virsh blkiotune $guest --live --device-read-iops-sec "$link,78"
contains "dumpxml, too" "<blkiotune><device><path>$link</path><read_iops_sec>78<.*<path>$one<" "$(shown)"
same "the definition is as it was" "$before" "$(shown --inactive)"

check "both" virsh blkiotune $guest --live --config --device-write-iops-sec "$one,60"
same "the kernel" "$one_number 60" "$(throttle write_iops)"
contains "the definition" "<path>$one</path><write_iops_sec>60<" "$(shown --inactive)"

all=$(limits)
refuse "no block device" "Path '/dev/null' must be a block device" \
    virsh blkiotune $guest --device-read-iops-sec "$one,5,/dev/null,5"
refuse "nothing there" "Path '/no/such' is not accessible" \
    virsh blkiotune $guest --device-read-iops-sec "$one,5" --device-write-iops-sec "/no/such,5"
refuse "half of a pair" "unable to parse blkio device 'device_read_iops_sec' '$one'" \
    virsh blkiotune $guest --device-write-iops-sec "$one,5" --device-read-iops-sec "$one"
refuse "no number" "invalid value 'x' for parameter 'device_write_iops_sec'" \
    virsh blkiotune $guest --device-read-iops-sec "$one,5" --device-write-iops-sec "$one,x"
refuse "a reader" "read only" virsh -r blkiotune $guest --device-read-iops-sec "$one,5"
if [[ ! -e $(group_dir blkio /machine $guest)/blkio.bfq.weight ]]; then
    refuse "a weight, where nothing weighs" "valid only for bfq or cfq scheduler" \
        virsh blkiotune $guest --device-read-iops-sec "$one,5" --weight 300
    refuse "of a device" "valid only for cfq scheduler" \
        virsh blkiotune $guest --device-read-iops-sec "$one,5" --device-weights "$one,300"
    same "the weight is told as none" "weight : 0" "$(virsh blkiotune $guest | grep '^weight' | xargs)"
    check "a guest that wants one" define_guest heavy --top "<blkiotune><weight>300</weight></blkiotune>"
    refuse "does not start" "valid only for bfq or cfq scheduler" virsh start heavy
    same "no group is left" "" "$(groups_of 'heavy*')"
else
    check "a weight" virsh blkiotune $guest --weight 300
    same "the kernel" 300 "$(group_file blkio /machine $guest blkio.bfq.weight)"
    contains "dumpxml" "<blkiotune><weight>300</weight><device>" "$(shown)"
    refuse "none at all" "." virsh blkiotune $guest --device-read-iops-sec "$one,5" --weight 0
    refuse "more than there is" "1001 is out of range .1, 1000." \
        virsh blkiotune $guest --device-read-iops-sec "$one,5" --weight 1001
    refuse "too much" "10001" virsh blkiotune $guest --device-read-iops-sec "$one,5" --weight 10001
    same "the weight is as it was" "weight : 300" "$(virsh blkiotune $guest | grep '^weight' | xargs)"
    check "the usual one" virsh blkiotune $guest --weight 100
    check "a guest that wants one" define_guest heavy --top "<blkiotune><weight>300</weight></blkiotune>"
    check "starts" virsh start heavy
    same "has it" 300 "$(group_file blkio /machine heavy blkio.bfq.weight)"
    check "and ends" virsh destroy heavy
fi
same "none of these changed anything" "$all" "$(limits)"

# What somebody else has set is in force, too.
echo "$one_number 4242" > "$(group_dir blkio /machine $guest)/blkio.throttle.read_bps_device"
contains "dumpxml tells of it" "<path>$one</path>.*<read_bytes_sec>4242<" "$(shown)"
xml=$(shown)
values=$(virsh blkiotune $guest)

must "the daemon is killed" daemon_kill9
must "and comes again" daemon_start
same "the guest is the same" "$pid" "$(guest_pid $guest)"
same "dumpxml" "$xml" "$(shown)"
same "blkiotune" "$values" "$(virsh blkiotune $guest)"
check "and it can be changed" virsh blkiotune $guest --live --device-read-bytes-sec "$one,0,$link,0" \
    --device-write-bytes-sec "$one,0" --device-read-iops-sec "$one,0,$link,0" --device-write-iops-sec "$one,0"
same "nothing is limited" "" "$(shown)"

check "destroyed" virsh destroy $guest
check "a path that leads nowhere" define_guest lost --top \
    "<blkiotune><device><path>/no/such</path><read_iops_sec>5</read_iops_sec></device></blkiotune>"
refuse "does not start" "Path '/no/such' is not accessible" virsh start lost
same "no group is left" "" "$(groups_of 'lost*')"

finish
