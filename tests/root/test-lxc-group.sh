#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container's group: its partition is there when it is needed and gone
# afterwards, it is taken over whoever starts the container, and nothing is left.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1 hybrid

# container_in_place NAME PARTITION: is everybody of the container in its group, everywhere?
# PARTITION is as libvirt names its directory.
container_in_place()
{
    local pid group hierarchy got member

    pid=$(controller_pid "$1") || { echo "container '$1' does not run"; return 1; }
    group=${2%/}/lxc-$pid-$1.libvirt-lxc
    for hierarchy in $own_hierarchies; do
        for member in $(cat "$(controller_mount memory)$group/cgroup.procs"); do
            got=$(where_is "$member" "$hierarchy")
            [[ $got == "$group" ]] ||
                { echo "process $member of '$1' in $hierarchy: $got"; return 1; }
        done
    done
    (($(wc -l < "$(controller_mount pids)$group/cgroup.procs") >= 2)) ||
        { echo "too few processes in $group"; return 1; }
    [[ $(getfattr --only-values -n trusted.corral.uuid "$(controller_mount memory)$group") == \
        "$(virsh domuuid "$1" | head -n 1)" ]] || { echo "$group has another label"; return 1; }
}

# no_partition NAME: is there none of this name anywhere?
no_partition()
{
    local left

    left=$(groups_of "$1")
    [[ ! $left ]] || { echo "$left"; return 1; }
}

must "libvirtd starts" daemon_start

# ---- the default partition ----

define_container plain > /dev/null
must "a container that names no partition starts" virsh start plain
check "it is in place when the call returns" container_in_place plain /machine
check "its init runs" wait_for $patience started_times plain 1
same "whoever is born inside is there, too" "$(container_group plain)" \
    "$(inside plain 'cat /proc/self/cgroup' | sed -nE "s,^[0-9]+:$(unified_alone || echo pids):,,p")"
check "it is destroyed" virsh destroy plain
check "nothing is left when the call returns" no_container_groups

# ---- partitions on demand ----

define_container web --partition /production/web > /dev/null
must "a container whose partition nobody has made starts" virsh start web
check "it is in there" container_in_place web /production.partition/web.partition
define_container db --partition /production/db > /dev/null
must "a second one, next to it" virsh start db
check "nothing but the two is in the partition" test -z "$(groups_of 'starting.*')"
check "the first one is destroyed" virsh destroy web
check "its partition is gone" no_partition web.partition
differ "the one above is not" "" "$(groups_of production.partition)"
check "nor is the other one" container_in_place db /production.partition/db.partition
check "that is destroyed" virsh destroy db
check "now it is gone" no_partition '*.partition'
check "nothing is left" no_container_groups

define_container odd --partition /cpu > /dev/null
must "a partition with the name of a controller" virsh start odd
check "it is in there" container_in_place odd /cpu.partition
check "it is destroyed" virsh destroy odd
check "the partition is gone" no_partition cpu.partition

define_container root --partition / > /dev/null
refuse "the root is no partition" "Resource partition '/' is the root" virsh start root
define_container relative --partition here > /dev/null
refuse "nor is what does not begin there" "Resource partition 'here' must start with '/'" \
    virsh start relative
define_container broken --partition /broken > /dev/null
rm "$(container_root broken)/init"
refuse "a container that cannot start" . virsh start broken
check "nothing is left of it" no_container_groups
check "nor of its partition" no_partition broken.partition

must "a transient one" create_container passing --partition /passing
check "is in place" container_in_place passing /passing.partition
refuse "it runs already" 'already exists|already running|already active' \
    create_container passing --partition /passing
check "it has stayed in place" container_in_place passing /passing.partition
check "it ends itself" tell_inside passing 'busybox poweroff -f'
check "libvirt sees it" wait_for $patience bash -c '! virsh dominfo passing'
check "nothing is left" wait_for $patience no_container_groups
check "nor of its partition" wait_for $patience no_partition passing.partition

# ---- a reboot from inside ----

virsh start db > /dev/null
wait_for $patience started_times db 2
old=$(controller_pid db)
check "a container boots anew by itself" tell_inside db 'reboot -f'
check "it does" wait_for $patience started_times db 3
differ "as another process" "$old" "$(controller_pid db)"
check "it is in place" wait_for $patience container_in_place db /production.partition/db.partition
check "nothing is left of its old life" wait_for $patience bash -c \
    '[[ -z $(find /sys/fs/cgroup -name "lxc-'"$old"'-*") ]]'
check "virsh reboots it" virsh reboot --mode initctl,signal db
check "it is in place, wherever that is" wait_for $patience container_in_place db \
    /production.partition/db.partition

# ---- the daemon ends, containers stay ----

pid=$(controller_pid db)
must "the daemon is restarted" daemon_restart
same "the container runs on" "$pid" "$(controller_pid db)"
check "it is in place" container_in_place db /production.partition/db.partition
must "the daemon is killed" daemon_kill9
must "and started" daemon_start
same "the container runs on" "$pid" "$(controller_pid db)"
check "it is in place" container_in_place db /production.partition/db.partition
check "it is destroyed" virsh destroy db
check "nothing is left" no_container_groups
check "nor of its partition" no_partition '*.partition'

virsh start web > /dev/null
members=$(container_file memory web cgroup.procs)
must "the daemon is killed" daemon_kill9
kill -KILL $members
must "the container ends, and the daemon starts" daemon_start
check "libvirt sees that it has ended" wait_for $patience guest_state web "shut off"
check "nothing is left" wait_for $patience no_container_groups
check "nor of its partition" wait_for $patience no_partition '*.partition'

# One that has started while nobody was looking: without us, that is.
must "the daemon stops" daemon_stop
ours=$LIBVIRT_DRIVER_DIR
unset LIBVIRT_DRIVER_DIR
must "stock alone starts" daemon_start
export LIBVIRT_DRIVER_DIR=$ours
virsh start plain > /dev/null
if unified_alone; then
    refuse "it has no label" . getfattr --only-values -n trusted.corral.uuid \
        "$(controller_mount unified)$(container_group plain)"
else
    contains "it is in libvirt's group alone" '^/$' "$(where_is "$(controller_pid plain)" pids)"
fi
must "the daemon stops" daemon_stop
must "the daemon starts" daemon_start
check "it is taken over" container_in_place plain /machine
check "it is destroyed" virsh destroy plain
check "nothing is left" no_container_groups

# ---- marked for autostart ----

virsh autostart web > /dev/null
must "the daemon stops" daemon_stop
rm -f /run/libvirt/lxc/autostarted
must "as after a boot, it starts" daemon_start
check "the marked container is started, in its partition" \
    container_in_place web /production.partition/web.partition
check "it is destroyed" virsh destroy web
must "the daemon is restarted" daemon_restart
check "once is enough" guest_state web "shut off"
check "nothing is left" no_container_groups

finish
