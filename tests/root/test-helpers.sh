#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A helper that libvirt starts for a guest is in the guest's group, with all its
# threads, whether it comes with the guest or with a device that is plugged in:
# what it uses is the guest's.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"
in_lab v1

# find_program FILE...: the first of these that is a program
find_program()
{
    local file

    for file; do
        [[ -x $file ]] && echo "$file" && return
    done
}

virtiofsd=$(find_program /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd)
slirp=$(find_program /usr/bin/libslirp-helper)
pr_helper=$(find_program /usr/bin/qemu-pr-helper /usr/lib/qemu/qemu-pr-helper)

# strays NAME: threads of helpers that are elsewhere than in the group of g1
strays()
{
    local pid task hierarchy want

    for pid in $(pgrep -x "$1"); do
        for task in /proc/"$pid"/task/*; do
            for hierarchy in $own_hierarchies; do
                want=/machine/g1.qemu.libvirt
                [[ " $thread_hierarchies " == *" $hierarchy "* ]] && want+=/emulator
                [[ $(where_is "$pid/task/${task##*/}" $hierarchy) == "$want" ]] ||
                    echo "$pid ${task##*/} $hierarchy"
            done
        done
    done
}

# is_there NAME: the helper is there, and all of it is where it belongs
is_there()
{
    check "$1: there is one" wait_for $patience pgrep -x "$1"
    same "$1: all of it is in the guest's group" "" "$(strays "$1")"
}

# comes_with_guest NAME DEVICES [TOP]
comes_with_guest()
{
    must "$1: a guest with one" create_guest g1 --cputune "<emulatorpin cpuset='0'/>" \
        --devices "$2" --top "$3"
    is_there "$1"
    daemon_kill9
    must "libvirtd starts again" daemon_start
    same "$1: so it is after a restart" "" "$(strays "$1")"
    check "$1: the guest stops" virsh destroy g1
    same "$1: nothing is left" "" "$(guest_groups)"
}

# The helper for persistent reservations ends with a guest that could not start, and no
# loop device has reservations: so it tells where it was born.
noted=/run/corral-lab/pr-helper.cgroup
cat > /run/corral-lab/pr-helper <<END
#!/bin/sh
cat /proc/self/cgroup > $noted
exec $pr_helper "\$@"
END
chmod +x /run/corral-lab/pr-helper

# born DESCRIPTION: where the helper for reservations was
born()
{
    local hierarchy want

    for hierarchy in $own_hierarchies; do
        want=/machine/g1.qemu.libvirt
        [[ " $thread_hierarchies " == *" $hierarchy "* ]] && want+=/emulator
        contains "$1: in $hierarchy" ":([^:]*,)?$hierarchy(,[^:]*)?:$want"$'(\n|$)' "$(cat $noted)"
    done
    rm -f $noted
}

# libvirt has it end with its parent, which is one that ends after having started it: where that
# one is slow, the helper dies with it, with stock libvirt as well.
cat > /run/corral-lab/slirp-helper <<END
#!/bin/sh
if [ "\$1" = --print-capabilities ]; then
    $slirp --print-capabilities | grep -v exit-with-parent
else
    exec $slirp "\$@"
fi
END
chmod +x /run/corral-lab/slirp-helper

printf '%s = "%s"\n' pr_helper /run/corral-lab/pr-helper slirp_helper /run/corral-lab/slirp-helper \
    >> /etc/libvirt/qemu.conf
mkdir /run/corral-lab/share
must "libvirtd starts" daemon_start
make_loops one
lun="<disk type='block' device='lun'><driver name='qemu' type='raw'/>
<source dev='$one'><reservations managed='yes'/></source><target dev='sda' bus='scsi'/></disk>"
scsi="<controller type='scsi' model='virtio-scsi'/>"
user="<interface type='user'><model type='virtio'/></interface>"

# ---- those that come with the guest ----------------------------------------------

if [[ $virtiofsd ]]; then
    comes_with_guest virtiofsd "<filesystem type='mount'><driver type='virtiofs'/>
        <binary path='$virtiofsd'/><source dir='/run/corral-lab/share'/>
        <target dir='share'/></filesystem>" \
        "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
else
    note "there is no virtiofsd"
fi
if [[ -x /usr/bin/swtpm && -x /usr/bin/swtpm_setup ]]; then
    comes_with_guest swtpm "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"
else
    note "there is no swtpm"
fi
# In Debian 13 a package of its own, with all of OpenGL.
if qemu-system-x86_64 -display help 2> /dev/null | grep -qx dbus; then
    comes_with_guest dbus-daemon "<graphics type='dbus'/>"
else
    note "QEMU has no display by D-Bus"
fi
if [[ $slirp ]]; then
    comes_with_guest libslirp-helper "$user"
else
    note "there is no libslirp-helper"
fi
if [[ $pr_helper ]]; then
    refuse "reservations of what has none" "SG_IO" create_guest g1 --devices "$scsi $lun"
    born "the helper for reservations"
else
    note "there is no qemu-pr-helper"
fi

# ---- those that come with a device -----------------------------------------------

must "a guest without helpers" create_guest g1 --devices "$scsi"
if [[ $slirp ]]; then
    echo "$user" > /run/corral-lab/device.xml
    check "an interface of users" virsh attach-device g1 /run/corral-lab/device.xml --live
    is_there libslirp-helper
    is_there dbus-daemon
fi
if [[ $pr_helper ]]; then
    echo "$lun" > /run/corral-lab/device.xml
    refuse "a disk without reservations" "SG_IO" \
        virsh attach-device g1 /run/corral-lab/device.xml --live
    born "its helper"
fi
check "every thread is in its place" guest_in_place g1 /machine 1
check "the guest stops" virsh destroy g1
same "nothing is left" "" "$(guest_groups)"

finish
