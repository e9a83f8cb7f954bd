#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a container may open: the container is asked, and the list that says why.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
. "$test_dir/devices.sh"
need_containers
in_lab v1

# lxc_disk SOURCE TARGET [MORE], misc NODE, storage NODE: XML
lxc_disk()
{
    echo "<disk type='block' device='disk'><source dev='$1'/>" \
        "<target dev='$2' bus='virtio'/>${3:-}</disk>"
}

misc()
{
    echo "<hostdev mode='capabilities' type='misc'><source><char>$1</char></source></hostdev>"
}

storage()
{
    echo "<hostdev mode='capabilities' type='storage'><source><block>$1</block></source></hostdev>"
}

# plug NAME XML [OPTION]..., pull NAME XML [OPTION]...
plug()
{
    virsh attach-device "$1" <(echo "$2") "${@:3}"
}

pull()
{
    virsh detach-device "$1" <(echo "$2") "${@:3}"
}

# can NAME r|w NODE, cannot NAME r|w NODE: what the kernel says to the container's own process
can()
{
    case $2 in
    r) inside "$1" "busybox dd if=$3 of=/dev/null bs=1 count=0" ;;
    w) inside "$1" "exec 5>> $3" ;;
    esac
}

cannot()
{
    local said

    said=$(can "$@") && return 1
    [[ $said == *'Operation not permitted'* ]]
}

# number NODE: "7:1"
number()
{
    stat -Lc '%Hr:%Lr' "$1"
}

# listed NAME DEVICE: what corral says of b|c MAJOR:MINOR, in one line
listed()
{
    corral device list "$1" | awk -v device="$2" '
        /^[abc]/ { on = $1 " " $2 == device }
        on' | tr -s ' \n' ' '
}

kernels()
{
    container_file devices "$1" devices.list
}

must "libvirtd starts" daemon_start
make_loops first second third
truncate -s 1M "$devices_place/image"
control=/dev/loop-control
[[ -c $control ]] || skip "there is no $control"

# ---- as it starts ----

must "a container with devices is defined" define_container web --devices \
    "$(lxc_disk "$first" vda '<readonly/>') $(misc $control)
     <disk type='file' device='disk'><source file='$devices_place/image'/>
     <target dev='vdf' bus='virtio'/></disk>" --top "<clock offset='utc'><timer name='rtc'/></clock>"
must "it starts" virsh start web
wait_for $patience started_times web 1
same "the default list" "$(printf 'c 1:%s rwm\n' 3 5 7 8 9; printf 'c %s rwm\n' 5:0 5:2 10:229 '136:*')" \
    "$(kernels web | grep '^c' | grep -v ' 10:237 ' | sort -V)"
contains "it is explained" '/dev/zero +default list' "$(corral device list web)"
contains "so are its disks" "rm $first disk vda" "$(listed web "b $(number "$first")")"
contains "and its devices" "rwm $control hostdev $control" "$(listed web "c $(number $control)")"
check "it may read its disk" can web r /dev/vda
check "but not write to what is to be read only" cannot web w /dev/vda
check "it may use its device" can web r $control
check "what is in a file has a device" can web w /dev/vdf
contains "which is explained, too" 'disk vdf' "$(corral device list web)"
if [[ -c /dev/rtc0 ]]; then
    same "a timer is read only" "c $(number /dev/rtc0) r /dev/rtc0 timer rtc " \
        "$(listed web "c $(number /dev/rtc0)")"
fi
check "corral device checks it" corral device check web "$first"
corral device check web "$second" > /dev/null
same "and says by its exit status what is refused" 5 $?

# ---- plugged in and pulled out ----

check "a disk is plugged in" plug web "$(lxc_disk "$second" vdb)"
check "it may be used" can web w /dev/vdb
check "the same device by another name" plug web "$(lxc_disk "$second" vdc)"
check "and as it is called on the host" plug web "$(storage "$second")"
same "corral device says what for" \
    "b $(number "$second") rwm $second disk vdb $second disk vdc $second hostdev $second " \
    "$(listed web "b $(number "$second")")"
check "the first is pulled out" pull web "$(lxc_disk "$second" vdb)"
check "its node is gone" inside web '[ ! -e /dev/vdb ]'
check "the others still need the device" can web w /dev/vdc
check "the second is pulled out" pull web "$(lxc_disk "$second" vdc)"
check "the last still needs it" can web w "$second"
same "corral device says so" "b $(number "$second") rwm $second hostdev $second " \
    "$(listed web "b $(number "$second")")"
check "the last is pulled out" pull web "$(storage "$second")"
same "it is not in the kernel's list" "" "$(kernels web | grep " $(number "$second") ")"
same "nor in ours" "" "$(listed web "b $(number "$second")")"

virsh destroy web > /dev/null
virsh undefine web > /dev/null
define_container web > /dev/null
must "it starts, with nothing" virsh start web
wait_for $patience started_times web 2
check "a character device is plugged in" plug web "$(misc $control)"
same "its node is of the right kind" "character special file a ed" \
    "$(inside web "busybox stat -c '%F %t %T' $control")"
same "and there is nothing else of it" "" "$(inside web 'busybox find /dev -name "*.corral"')"
check "and opens" can web r $control
check "it is pulled out" pull web "$(misc $control)"
check "its node is gone" inside web "[ ! -e $control ]"
same "it is not in the kernel's list" "" "$(kernels web | grep ' 10:237 ')"

# ---- what fails ----

before=$(kernels web)
refuse "where there is a node already" "Unable to create device /dev/full: File exists" \
    plug web "$(misc /dev/full)"
check "it stays" inside web '[ -c /dev/full ]'
check "and opens" can web r /dev/full
same "the list is what it was" "$before" "$(kernels web)"
refuse "a node that is not there" "Unable to access /dev/nothing" plug web "$(storage /dev/nothing)"
refuse "a device of the wrong kind" "must be a block device" plug web "$(lxc_disk $control vdx)"
refuse "and of the other" "must be a block device" plug web "$(misc "$second")"
refuse "what containers have not" "." plug web "<rng model='virtio'><backend model='random'/></rng>"
inside web 'mkdir /dev/vdd' > /dev/null
refuse "a directory in its place" "Unable to create device /dev/vdd: File exists" \
    plug web "$(lxc_disk "$second" vdd)"
inside web 'rmdir /dev/vdd; ln -s /etc/passwd /dev/vdd' > /dev/null
refuse "a link in its place" "Unable to create device /dev/vdd: File exists" \
    plug web "$(lxc_disk "$second" vdd)"
same "the list is what it was" "$before" "$(kernels web)"
check "a disk is plugged in" plug web "$(lxc_disk "$second" vdb)"
refuse "once more" "target vdb already exists" plug web "$(lxc_disk "$third" vdb)"
same "the other device is not allowed" "" "$(kernels web | grep " $(number "$third") ")"
check "the first one is" can web w /dev/vdb
check "it is pulled out" pull web "$(lxc_disk "$second" vdb)"
refuse "once more" "disk vdb not found" pull web "$(lxc_disk "$second" vdb)"

# Nothing of ours can be made beside the node, which stock makes of the wrong kind.
inside web "mkdir $control.corral" > /dev/null
refuse "a device that gets no node of the right kind" "Unable to create device $control" \
    plug web "$(misc $control)"
check "has none" inside web "[ ! -e $control ]"
same "it is not in the XML" "" "$(virsh dumpxml web | grep "$control")"
same "the list is what it was" "$before" "$(kernels web)"
inside web "rmdir $control.corral" > /dev/null

# ---- in the definition ----

check "a disk is added to the definition" plug web "$(lxc_disk "$second" vdb)" --config
same "it is not allowed" "" "$(kernels web | grep " $(number "$second") ")"
contains "but it is defined" "vdb" "$(virsh dumpxml web --inactive)"
check "both at once" plug web "$(lxc_disk "$third" vdc)" --config --live
check "it is allowed" can web w /dev/vdc
contains "and defined" "vdc" "$(virsh dumpxml web --inactive)"

# ---- the daemon goes and comes; the container boots anew ----

must "the daemon is killed" daemon_kill9
group=$(controller_mount devices)/machine/$(ls "$(controller_mount devices)/machine" | grep '^lxc-.*-web\.')
echo 'c 10:237 rw' > "$group/devices.allow"
echo 'c 1:5 rw' > "$group/devices.deny"
# As if the event had been missed which tells of the container's init.
check "libvirt knew the init" grep -q '<init pid=' /run/libvirt/lxc/web.xml
sed -i '/<init pid=/d' /run/libvirt/lxc/web.xml
must "and started" daemon_start
check "what was allowed meanwhile is refused" wait_for $patience bash -c "! grep -q ' 10:237 ' '$group/devices.list'"
check "what was taken away is allowed" can web r /dev/zero
check "its disk, too" can web w /dev/vdc
check "libvirt is told of the init" wait_for $patience grep -q '<init pid=' /run/libvirt/lxc/web.xml
check "it is pulled out" pull web "$(lxc_disk "$third" vdc)"
same "it is not in the kernel's list" "" "$(kernels web | grep " $(number "$third") ")"
check "it boots anew" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 3
check "its list is explained" wait_for $patience bash -c 'corral device list web | grep -q "default list"'
check "it is destroyed" virsh destroy web
refuse "nothing is plugged into what does not run" "domain is not running" \
    plug web "$(misc $control)" --live
check "but into its definition" plug web "$(misc $control)" --current
contains "where it is" "$control" "$(virsh dumpxml web)"
check "and pulled out again" pull web "$(misc $control)" --current
must "it starts as it is defined" virsh start web
wait_for $patience started_times web 4
check "with one disk" can web w /dev/vdb
check "and the other" can web w /dev/vdc
check "it is destroyed" virsh destroy web
check "nothing is left" no_container_groups

# ---- file systems, and images that qemu-nbd serves ----

make_root stored
mkdir "$(container_root stored)/data"
stored="<disk type='file' device='disk'><source file='$devices_place/image'/><target dev='vdf' bus='virtio'/></disk>"
if type -P mkfs.ext4 > /dev/null && truncate -s 4M "$devices_place/data" &&
    mkfs.ext4 -q "$devices_place/data"; then
    stored+="<filesystem type='file'><source file='$devices_place/data'/><target dir='/data'/></filesystem>"
fi
must "a container with images starts" create_container stored --devices "$stored"
wait_for $patience started_times stored 1
if [[ $stored == *filesystem* ]]; then
    check "it may write to its file system" inside stored 'echo text > /data/file'
    contains "whose device is in the list" 'rw +/dev/loop[0-9]+ +filesystem /data' \
        "$(corral device list stored)"
fi
# What the kernel says of a device that qemu-nbd serves.
busybox tail -f "$devices_place/image" > /dev/null 2>&1 &
server=$!
mkdir -p "$devices_place/block/${third##*/}"
echo "$server" > "$devices_place/block/${third##*/}/pid"
must "the kernel has such a device" mount --bind "$devices_place/block" /sys/block
must "the daemon is restarted" daemon_restart
same "it is allowed" "b $(number "$third") rwm $third disk vdf " \
    "$(wait_for $patience grep -q " $(number "$third") " \
        "$(controller_mount devices)$(container_group stored)/devices.list"
    listed stored "b $(number "$third")")"
kill "$server"
umount /sys/block
check "it is destroyed" virsh destroy stored
check "nothing is left" no_container_groups

# ---- who may make nodes ----

must "one that may make nodes" create_container maker --top \
    "<features><capabilities policy='default'><mknod state='on'/></capabilities></features>"
wait_for $patience started_times maker 1
check "makes one of any device" inside maker "mknod /tmp/disk b 8 0 && mknod /tmp/loop b $(number "$first" | tr : ' ')"
check "but does not open it" cannot maker r /tmp/loop
contains "corral device says so" 'b \*:\* +m +- +capability mknod' "$(corral device list maker)"
check "a disk is plugged in" plug maker "$(lxc_disk "$second" vdb)"
check "it may be used" can maker w /dev/vdb
check "and pulled out" pull maker "$(lxc_disk "$second" vdb)"
inside maker "mknod /tmp/gone b $(number "$second" | tr : ' ')" > /dev/null
check "a node of it that it made itself does not open" cannot maker r /tmp/gone
check "it is destroyed" virsh destroy maker
check "nothing is left" no_container_groups

finish
