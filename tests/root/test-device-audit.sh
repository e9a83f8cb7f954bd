#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Audit records of what is allowed and denied, which are stock's word for word.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"

in_lab v1

uuid=c7a5fdbd-edaf-9455-926a-d65c16db1809
echo 'audit_logging = 1' >> /etc/libvirt/libvirtd.conf
sed -i 's/^log_level.*/log_level = 2/; s/"3:file:/"2:file:/' /etc/libvirt/libvirtd.conf

daemon_start || exit 1
make_loops own spare

# records: what was said, without what is the same in all of them
records()
{
    lab_log | sed -n "s,.*virt=qemu resrc=cgroup reason=\([a-z]*\) vm=\"audit\" uuid=$uuid cgroup=\"$dir\" ,\1 ,p"
}

# path VERB NODE ACCESS: one of them
path()
{
    printf '%s class=path path="%s" rdev=%02X:%02X acl=%s\n' "$1" "$2" \
        "0x$(stat -c %t "$2")" "0x$(stat -c %T "$2")" "$3"
}

dir=$(group_dir devices /machine audit)
must "a guest starts" create_guest audit --uuid $uuid --devices \
    "<controller type='scsi' model='virtio-scsi'/> $(block_disk "$own" hda raw ide)"
expected=$(
    echo "deny class=all"
    nodes="null full zero random urandom ptmx kvm"
    libvirt_since 10.1.0 && nodes+=" userfaultfd"
    for node in $nodes; do
        [[ ! -e /dev/$node ]] || path allow "/dev/$node" rw
    done
    path allow "$own" rw
    echo "allow class=major category=pty maj=88 acl=rw"
)
same "everything is denied, then what it needs is allowed" "$expected" "$(records)"

block_disk "$spare" sda raw scsi '<shareable/>' > "$devices_place/sda.xml"
block_disk "$spare" sdb raw scsi '<shareable/>' > "$devices_place/sdb.xml"
must "a disk is plugged in" virsh attach-device audit "$devices_place/sda.xml"
expected+=$'\n'$(path allow "$spare" rw)
same "it is allowed" "$expected" "$(records)"
must "the same device is plugged in once more" virsh attach-device audit "$devices_place/sdb.xml"
must "and pulled out" virsh detach-device audit "$devices_place/sdb.xml"
same "nothing changes" "$expected" "$(records)"
must "the other one is pulled out" virsh detach-device audit "$devices_place/sda.xml"
expected+=$'\n'$(path deny "$spare" rwm)
check "it is denied" wait_for $patience cannot_open audit "$spare" r
same "and recorded" "$expected" "$(records)"

virsh destroy audit > /dev/null
finish
