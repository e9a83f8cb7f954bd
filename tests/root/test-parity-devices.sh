#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Devices and disks as stock has them: attach and detach, media, block jobs and
# snapshots, and what the guest's group allows.

. "$(dirname "$0")/parity.sh"

state_files=(devices:devices.list)
state_elements='disk|hostdev|rng|interface|serial|hub|channel'
normalise=(
    's/^(kernel devices.list .*)/\1/'
    's/([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}( [-+][0-9]{4})?)/TIME/g'
    's#/dev/pts/[0-9]+#/dev/pts/N#g'
    's/^(out (rd|wr|flush|fl)_.*|out [a-z]+ (rd|wr|flush)_[a-z_]+) [0-9]+$/\1/'
    's/domain-[0-9]+-/domain-N-/g'
    's#<creationTime>[0-9]+#<creationTime>N#'
    's/^(out Domain snapshot) [0-9]+/\1 N/'
    's#<mac address=.*#<mac/>#'
    's/(libvirt-[0-9]+-(format|storage))/node/g'
)

# The order of a list does not matter.
kernel_state()
{
    local pidfile=/run/libvirt/qemu/$1.pid
    local group pid

    [[ -e $pidfile ]] || return
    read -r pid < "$pidfile"
    parity_group "$pid" devices && sort "$group/devices.list" | sed 's/^/kernel devices.list /'
}

device()
{
    cat > "/run/corral-lab/$1.xml"
}

make_devices()
{
    local dir=/run/corral-lab
    local n

    # Nodes of their own: QEMU locks what it writes to, by its inode, and the other
    # laboratory has the same devices.
    for n in 1 2 3 4 5 6; do
        mknod $dir/loop$n b 7 $n || exit 1
    done
    truncate -s 1M $dir/{running,off,transient}.img $dir/b.img $dir/c.img $dir/cd.iso
    qemu-img create -q -f qcow2 $dir/q.qcow2 1M
    qemu-img create -q -f qcow2 -b /run/corral-lab/loop2 -F raw $dir/over-loop.qcow2 1M
    device disk-file <<< "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$dir/b.img'/><target dev='sda' bus='scsi'/></disk>"
    device disk-loop <<< "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/run/corral-lab/loop1'/><target dev='sdb' bus='scsi'/></disk>"
    device disk-loop-again <<< "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/run/corral-lab/loop1'/><target dev='sdc' bus='scsi'/><shareable/></disk>"
    device disk-read-only <<< "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/run/corral-lab/loop3'/><target dev='sdd' bus='scsi'/><readonly/></disk>"
    device disk-chain <<< "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='$dir/over-loop.qcow2'/><target dev='sde' bus='scsi'/></disk>"
    device disk-missing <<< "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/nosuch'/><target dev='sdf' bus='scsi'/></disk>"
    device disk-bad <<< "<disk type='block'><target dev='sdg'/></disk>"
    device cd-loop <<< "<disk type='block' device='cdrom'><driver name='qemu' type='raw'/><source dev='/run/corral-lab/loop4'/><target dev='sdz' bus='scsi'/><readonly/></disk>"
    device rng <<< "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
    device rng-hw <<< "<rng model='virtio'><backend model='random'>/dev/hwrng</backend></rng>"
    device nonsense <<< "<nonsense/>"
    device broken <<< "<disk"
    device scsi-host <<< "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source></hostdev>"
    device usb-host <<< "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>"
    device pci-host <<< "<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x00' slot='0x1f' function='0x7'/></source></hostdev>"
}

guest_devices()
{
    cat <<END
<controller type='scsi' index='0' model='virtio-scsi'/>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/run/corral-lab/@NAME@.img'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/run/corral-lab/cd.iso'/><target dev='sdz' bus='scsi'/><readonly/></disk>
<serial type='pty'/>
END
}

attach()
{
    local name flag

    for name in disk-file disk-loop disk-loop-again disk-read-only disk-chain disk-missing disk-bad rng rng-hw \
        nonsense broken scsi-host usb-host pci-host; do
        change attach-device running /run/corral-lab/$name.xml --live
        change attach-device running /run/corral-lab/$name.xml --live
        change attach-device off /run/corral-lab/$name.xml --config
        api running attach 8 "$(< /run/corral-lab/$name.xml)"
        # What stock libvirt has taken from the first disk of a node with the second.
        [[ $name == disk-loop-again ]] && change detach-device running /run/corral-lab/disk-loop.xml --live
    done
    for name in disk-file disk-loop disk-loop-again disk-read-only disk-chain disk-missing rng nonsense; do
        change detach-device running /run/corral-lab/$name.xml --live
        change detach-device running /run/corral-lab/$name.xml --live
        change detach-device off /run/corral-lab/$name.xml --config
    done
    for flag in "" --live --config --current --persistent; do
        change attach-disk running /run/corral-lab/loop5 sdh $flag
        change detach-disk running sdh $flag
        change attach-disk off /run/corral-lab/loop5 sdh $flag
        change detach-disk off sdh $flag
    done
    calls <<'END'
> attach-disk running /run/corral-lab/loop5 vdz --targetbus virtio
> detach-disk running vdz
> attach-disk running /nonexistent sdi
> attach-disk running /dev/null sdi --sourcetype block
> attach-disk nobody /run/corral-lab/loop5 sdi
> detach-disk running nosuch
> detach-device-alias running nosuch
> detach-device-alias running scsi0-0-0-9
-r attach-disk running /run/corral-lab/loop5 sdi
api -r running attach - "<disk/>"
api running attach - ""
api running detach - ""
api running update 0 "<disk/>"
END
    events attach
}

media()
{
    calls <<'END'
> change-media running sdz --eject --live
> change-media running sdz /run/corral-lab/loop4 --insert --live --block
> change-media running sdz /run/corral-lab/loop6 --update --live --block
> change-media running sdz /nonexistent --update --live
> change-media running sdz --eject --live --force
> change-media running sdz /run/corral-lab/cd.iso --insert --live
> change-media running vda --eject --live
> change-media off sdz --eject
> update-device running /run/corral-lab/cd-loop.xml --live
> update-device running /run/corral-lab/disk-file.xml --live
domblklist running
domblklist running --details
domblkinfo running vda
domblkinfo running nosuch
domblkinfo off vda
domblkstat running vda
domblkerror running
domblkthreshold running vda 1000
blkdeviotune running vda
blkdeviotune running vda --total-iops-sec 100 --live
blkdeviotune running vda --total-iops-sec 100 --read-iops-sec 5
blkdeviotune running nosuch
END
    events media
}

jobs()
{
    calls <<'END'
> blockcopy running vda /run/corral-lab/copy.img --wait --transient-job --finish
> blockcopy running vda /run/corral-lab/copy2.img --wait --transient-job --pivot
> blockcopy running nosuch /run/corral-lab/copy.img
> blockcopy off vda /run/corral-lab/copy.img
> blockjob running vda
> blockjob running vda --abort
> blockresize running vda 2M
> blockresize running nosuch 2M
> snapshot-create-as running s1 --disk-only --no-metadata --diskspec vda,file=/run/corral-lab/s1.qcow2 --diskspec sdz,snapshot=no
> snapshot-create-as running s2 --disk-only --no-metadata --diskspec vda,file=/run/corral-lab/s2.qcow2 --diskspec sdz,snapshot=no
domblklist running
> blockcommit running vda --top /run/corral-lab/s1.qcow2 --wait
> blockcommit running vda --active --wait --pivot
> snapshot-create-as running s3 --disk-only --no-metadata --diskspec vda,file=/run/corral-lab/s3.qcow2 --diskspec sdz,snapshot=no
> blockpull running vda --wait
> blockcommit running vda --wait
> blockpull off vda
> snapshot-create-as running s4 --disk-only --diskspec vda,file=/run/corral-lab/s4.qcow2 --diskspec sdz,snapshot=no
snapshot-list running --name
snapshot-info running s4
snapshot-delete running s4 --metadata
snapshot-delete running s4
> snapshot-create-as running s5
> snapshot-create-as running ../x --disk-only
snapshot-current running
> snapshot-revert running s4
> snapshot-create-as off s6
domblklist running
END
    events "block jobs"
}

transcript()
{
    daemon_start || exit 1
    make_devices
    parity_guests --vcpus 1 --devices "$(guest_devices)"
    watch_events || exit 1
    calls <<'END'
> domblklist running
> domblklist transient
END
    attach
    media
    jobs
    daemon_restart || exit 1
    calls <<'END'
> domblklist running
> attach-device running /run/corral-lab/disk-loop.xml --live
> detach-device running /run/corral-lab/disk-loop.xml --live
> blockcopy running vda /run/corral-lab/loop5 --blockdev --wait --transient-job --finish
END
}

parity devices
