#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest may open: a process in its group is asked, not a list.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"

in_lab v1 v2

daemon_start || exit 1
make_loops spare copy
mkdir -p "$devices_place"
make_boot_disk "$devices_place/boot.img" button
make_loop boot "$devices_place/boot.img" || skip "no loop device to be had"

controller="<controller type='scsi' model='virtio-scsi'/>"
default_nodes="/dev/null /dev/full /dev/zero /dev/random /dev/urandom"

# ---- at the start ----

drive="<disk type='block' device='cdrom'><target dev='sdc' bus='scsi'/><readonly/></disk>"
must "a guest whose disk is a block device is defined" define_guest disks --devices \
    "$controller $drive $(block_disk "$boot" hda raw ide) $(serial_xml "$devices_place/serial")"
must "it starts" virsh start disks
check "it boots from that device" wait_for $patience grep -q '!' "$devices_place/serial"
for node in $default_nodes; do
    check "it may use $node" opens disks $node rw
done
check "it may use its own device" opens disks "$boot" rw
check "it may not use another one" cannot_open disks "$spare" r
check "it may not write to that" cannot_open disks "$spare" w
check "it may not make loop devices" cannot_open disks /dev/loop-control rw
check "it may not use a terminal" cannot_open disks /dev/tty rw

# ---- a device comes and goes ----

block_disk "$spare" sda raw scsi '<shareable/>' > "$devices_place/sda.xml"
block_disk "$spare" sdb raw scsi '<shareable/>' > "$devices_place/sdb.xml"
check "a disk is plugged in" virsh attach-device disks "$devices_place/sda.xml"
check "then it may be used" opens disks "$spare" rw
check "the same device is plugged in once more" virsh attach-device disks "$devices_place/sdb.xml"
contains "corral device says what for" "b 7:[0-9]+ +rw +$spare +disk sda.* +$spare +disk sdb" \
    "$(corral device list disks | tr '\n' ' ')"
check "and that it may be used" corral device check disks "$spare"
check "the first one is pulled out" virsh detach-device disks "$devices_place/sda.xml"
check "the second one still needs it" opens disks "$spare" rw
check "the second one is pulled out, by its name" virsh detach-disk disks sdb
check "then it is refused" wait_for $patience cannot_open disks "$spare" r

refuse "a node that is not there is refused in stock's words" "Path '/dev/nothing' is not accessible" \
    virsh attach-device disks <(echo "<rng model='virtio'><backend model='random'>/dev/nothing</backend></rng>")
refuse "a failed plug" "" virsh attach-device disks <(block_disk "$spare" hda raw ide)
check "leaves nothing behind" cannot_open disks "$spare" r

corral device check disks "$spare" > "$devices_place/answer"
same "corral device says so by its exit status" 5 $?
contains "and in words" "read $spare: denied" "$(cat "$devices_place/answer")"
contains "and to programs" '"access" *: *"rw"' "$(corral device list --json disks)"
contains "the default list is explained" "/dev/zero +default list" "$(corral device list disks)"

# ---- a medium ----

block_disk "$spare" sdc raw scsi '<readonly/>' | sed "s,device='disk',device='cdrom'," \
    > "$devices_place/cdrom.xml"
sed 's,<source[^>]*>,,' "$devices_place/cdrom.xml" > "$devices_place/empty.xml"
check "there is nothing to read yet" cannot_open disks "$spare" r
check "a medium is put in" virsh update-device disks "$devices_place/cdrom.xml"
check "it may be read" opens disks "$spare" r
check "but not written" cannot_open disks "$spare" w
check "it is taken out" virsh update-device disks "$devices_place/empty.xml" --force
check "and may not be read any more" cannot_open disks "$spare" r

# ---- a guest that takes its time ----

block_disk "$spare" vdb raw virtio > "$devices_place/vdb.xml"
check "a PCI disk is plugged in" virsh attach-device disks "$devices_place/vdb.xml"
virsh detach-device disks "$devices_place/vdb.xml" > /dev/null 2>&1
check "the guest has not given it back" grep -q "'vdb'" <(virsh dumpxml disks)
check "so it may still use it" opens disks "$spare" rw
check "the guest is reset, by which it goes" virsh reset disks
check "then it is refused" wait_for $patience cannot_open disks "$spare" r
check "and it is gone" test ! "$(virsh dumpxml disks | grep "'vdb'")"

# ---- virtiofs, which would end the stock daemon ----

mkdir -p "$devices_place/shared"
pid=$(daemon_pid)
cat > "$devices_place/fs.xml" <<END
<filesystem type='mount'><driver type='virtiofs'/><source dir='$devices_place/shared'/>
<target dir='shared'/></filesystem>
END
refuse "virtiofs cannot be plugged in" "virtiofs cannot be plugged into a running guest" \
    virsh attach-device disks "$devices_place/fs.xml"
same "the daemon lives" "$pid" "$(daemon_pid)"

# ---- the daemon goes and comes ----

check "a disk is plugged in" virsh attach-device disks "$devices_place/sda.xml"
must "the daemon is restarted" daemon_restart
check "it may still be used" opens disks "$spare" rw
must "the daemon is killed" daemon_kill9
if ! unified_alone; then
    # What somebody else allows, or takes away, while nobody looks.
    echo 'c 10:237 rw' > "$(devices_dir disks)/devices.allow"
    echo 'c 1:5 rw' > "$(devices_dir disks)/devices.deny"
    check "something else was allowed" opens disks /dev/loop-control rw
fi
must "and started" daemon_start
check "what the guest does not have is refused" wait_for $patience cannot_open disks /dev/loop-control rw
check "what it has is allowed" wait_for $patience opens disks /dev/zero rw
check "its disks, too" opens disks "$spare" rw

# ---- and the guest ----

check "the guest is switched off" virsh destroy disks
check "its group is gone" wait_for $patience no_guest_groups
# ---- what is behind an image, and qemu.conf ----

if type -P qemu-img > /dev/null; then
    qemu-img create -q -f qcow2 -b "$copy" -F raw "$devices_place/middle.qcow2"
    (cd "$devices_place" && qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 top.qcow2)
    must "a guest starts whose image lies on a device" create_guest chain --devices \
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
         <source file='$devices_place/top.qcow2'/><target dev='hda' bus='ide'/></disk>"
    check "it may read the device" opens chain "$copy" r
    check "but not write to it" cannot_open chain "$copy" w
    check "and use no other" cannot_open chain "$spare" r
    check "the guest is switched off" virsh destroy chain
fi
if type -P qemu-img > /dev/null && libvirt_since 10.10.0; then
    qemu-img create -q -f qcow2 -o "data_file=$copy,data_file_raw=on" "$devices_place/front.qcow2" 1M
    must "a guest starts whose image has its data on a device" create_guest data --devices \
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
         <source file='$devices_place/front.qcow2'/><target dev='hda' bus='ide'/></disk>"
    check "it may write there" opens data "$copy" rw
    check "and use no other" cannot_open data "$spare" r
    check "the guest is switched off" virsh destroy data
fi

echo 'cgroup_device_acl = [ "/dev/null", "/dev/zero", "/dev/kvm" ]' >> /etc/libvirt/qemu.conf
must "the daemon reads a list in qemu.conf" daemon_restart
must "a guest starts" create_guest short
check "it may use what is in the list" opens short /dev/zero rw
check "it may not use what is not" cannot_open short /dev/full rw
check "it is switched off" virsh destroy short

refuse "a guest does not start without a node that it needs" "Path '/dev/nothing' is not accessible" \
    create_guest nothing --devices \
    "<rng model='virtio'><backend model='random'>/dev/nothing</backend></rng>"
check "nothing is left of it" no_guest_groups

finish
