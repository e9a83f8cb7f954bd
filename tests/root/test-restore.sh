#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Saved guests come back in their groups, with the tuning they had when they
# were saved, and nobody sees how that is done.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

partition=/production/web
image=/run/corral-lab/g1.save
managed=/var/lib/libvirt/qemu/save/g1.save
tune="<shares>2048</shares><period>50000</period><quota>25000</quota>"
own_metadata="<metadata><x:owner xmlns:x='http://example.org/owner'>us</x:owner></metadata>"

shares() { group_file cpu $partition "$1" cpu.shares; }
quota() { group_file cpu $partition "$1" "${2:-vcpu1}/cpu.cfs_quota_us"; }

# nothing_ours WHAT COMMAND...
nothing_ours()
{
    local what=$1
    local got

    shift
    got=$("$@")
    contains "$what: is a description" "<domain" "$got"
    same "$what: nothing of corral's" "" "$(grep -i corral <<< "$got" | grep -v /run/corral-lab)"
}

# charged NAME: is the guest's memory charged to its group?  What it has before it is moved
# there is not.
charged()
{
    local anon charge

    anon=$(awk '/^RssAnon:/ { print $2 }' "/proc/$(guest_pid "$1")/status")
    charge=$(group_file memory $partition "$1" memory.stat | awk '$1 == "total_rss" { print $2 / 1024 }')
    echo "$anon KiB of anonymous memory, $charge KiB charged"
    ((anon > 0 && ${charge%.*} * 2 > anon))
}

# back WHEN NAME SHARES QUOTA
back()
{
    check "$1: in its group" guest_in_place "$2" $partition 2
    check "$1: since its first page" charged "$2"
    same "$1: shares" "$3" "$(shares "$2")"
    same "$1: quota" "$4" "$(quota "$2")"
    contains "$1: dumpxml shows the quota" "<quota>$4</quota>" "$(cputune "$2")"
    contains "$1: dumpxml shows the shares" "<shares>$3</shares>" "$(cputune "$2")"
    nothing_ours "$1: dumpxml" virsh dumpxml "$2"
    nothing_ours "$1: dumpxml --migratable" virsh dumpxml "$2" --migratable
    nothing_ours "$1: dumpxml --inactive" virsh dumpxml "$2" --inactive
    contains "$1: the user's metadata" "<x:owner.*>us<" "$(virsh dumpxml "$2")"
    # What libvirt itself keeps of it, at most once.
    same "$1: it does not pile up" 1 "$(grep -c '<corral:held' /run/libvirt/qemu/"$2".xml)"
}

must "libvirtd starts" daemon_start
must "a guest" define_guest g1 --vcpus 2 --iothreads 1 --partition $partition --cputune "$tune" \
    --top "$own_metadata"
must "it starts" virsh start g1
check "its tuning changes" virsh schedinfo g1 --set cpu_shares=512 --set vcpu_quota=12000 \
    --set emulator_quota=30000

# To a file of the user's, twice over.
for round in 1 2; do
    check "save $round" virsh save g1 $image
    same "save $round: no group is left" "" "$(guest_groups)"
    nothing_ours "save $round: the image" virsh save-image-dumpxml $image
    contains "save $round: the image has what was in force" "<quota>12000</quota>" \
        "$(virsh save-image-dumpxml $image)"
    must "restore $round" virsh restore $image
    back "restore $round" g1 512 12000
    same "restore $round: the emulator's quota" 30000 "$(quota g1 emulator)"
    contains "restore $round: the definition is what it was" "<quota>25000</quota>" \
        "$(cputune g1 --inactive)"
done

# The user's own description, at either end.
virsh save g1 $image > /dev/null
virsh save-image-dumpxml --security-info $image > /run/corral-lab/image.xml
sed -i 's|<quota>12000</quota>|<quota>13000</quota>|; s|<shares>512</shares>|<shares>513</shares>|' \
    /run/corral-lab/image.xml
must "restore with another description" virsh restore $image --xml /run/corral-lab/image.xml
back "with another description" g1 513 13000
virsh dumpxml g1 --migratable | sed 's|<quota>13000</quota>|<quota>14000</quota>|' \
    > /run/corral-lab/save.xml
check "save with another description" virsh save g1 $image --xml /run/corral-lab/save.xml
must "restore it" virsh restore $image
back "saved with another description" g1 513 14000
virsh save g1 $image > /dev/null
virsh save-image-dumpxml --security-info $image |
    sed 's|<quota>14000</quota>|<quota>15000</quota>|; s|web</part|shop</part|' \
    > /run/corral-lab/image.xml
check "edit the image" virsh save-image-define $image /run/corral-lab/image.xml
nothing_ours "the edited image" virsh save-image-dumpxml $image
partition=/production/shop
must "restore it" virsh restore --paused $image
back "edited image" g1 513 15000
same "it is paused" "paused" "$(virsh domstate g1 | head -n 1)"
check "resume" virsh resume g1

# Managed save, and what the image says counts.
check "another quota" virsh schedinfo g1 --set vcpu_quota=16000
check "managedsave" virsh managedsave g1
same "managedsave: no group is left" "" "$(guest_groups)"
check "the guest is persistent and has an image" grep -q 'Managed save: *yes' <(virsh dominfo g1)
nothing_ours "managed image" virsh managedsave-dumpxml g1
contains "the managed image has what was in force" "<quota>16000</quota>" "$(virsh managedsave-dumpxml g1)"
must "it starts" virsh start g1
back "managed save" g1 513 16000
check "the image is used up" test ! -e $managed
check "managedsave again" virsh managedsave g1
virsh managedsave-dumpxml --security-info g1 | sed 's|<quota>16000</quota>|<quota>17000</quota>|' \
    > /run/corral-lab/image.xml
check "edit the managed image" virsh managedsave-define g1 /run/corral-lab/image.xml
must "it starts" virsh start g1
back "edited managed image" g1 513 17000

# An image that never was finished is thrown away, and the definition counts.
check "managedsave once more" virsh managedsave g1
cp $managed /run/corral-lab/whole.save
printf LibvirtQemudPart | dd of=$managed conv=notrunc status=none
partition=/production/web
must "it starts all the same" virsh start g1
check "the image is gone" test ! -e $managed
back "unfinished image" g1 2048 25000

# A bad file leaves nothing.
virsh destroy g1 > /dev/null
echo nonsense > /run/corral-lab/bad.save
refuse "restore nonsense" 'header|magic' virsh restore /run/corral-lab/bad.save
refuse "restore nothing" 'No such file' virsh restore /nonexistent
same "no group is left" "" "$(guest_groups)"
must "a running guest" virsh start g1
check "saved" virsh save g1 $image
must "runs again" virsh start g1
refuse "cannot be restored as well" 'already (active|running)' virsh restore $image
back "still running" g1 2048 25000
refuse "a description of somebody else" . virsh restore $image --xml <(make_guest other)
virsh destroy g1 > /dev/null
same "no group is left at all" "" "$(guest_groups)"

# Transient guests.
must "a transient guest" create_guest t1 --vcpus 2 --partition $partition --cputune "$tune" \
    --top "$own_metadata"
check "its tuning changes" virsh schedinfo t1 --set vcpu_quota=11000
check "save" virsh save t1 $image
same "it is gone" "" "$(virsh list --all --name | grep t1)"
must "restore" virsh restore $image
back "transient" t1 2048 11000
must "libvirtd starts again" daemon_restart
back "transient, after a restart" t1 2048 11000
virsh destroy t1 > /dev/null

# An image of a host where libvirt manages cgroups has its periods in the open.
partition=/machine
define_guest s1 --vcpus 2 --cputune "$tune" --top "$own_metadata" > /dev/null
check "corral steps aside" sed -i.own '/^cgroup_controllers/d' /etc/libvirt/qemu.conf
must "libvirtd starts without corral" daemon_restart
check "s1 starts with stock" virsh start s1
check "is saved by stock" virsh managedsave s1
check "s2 starts with stock" create_guest s2 --vcpus 2 --cputune "$tune" --top "$own_metadata"
check "is saved by stock" virsh save s2 $image
check "corral comes back" mv /etc/libvirt/qemu.conf.own /etc/libvirt/qemu.conf
must "libvirtd starts with corral" daemon_restart
must "stock's managed image starts" virsh start s1
back "stock's managed image" s1 2048 25000
must "stock's image is restored" virsh restore $image
back "stock's image" s2 2048 25000
virsh destroy s1 > /dev/null
virsh destroy s2 > /dev/null
check "no group is left" no_guest_groups

finish
