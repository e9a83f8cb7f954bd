#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container stands still and goes on, whatever happens to the daemon meanwhile.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1 hybrid

# count: how far the container's counter has come
count()
{
    cat "$(container_root web)/count" 2> /dev/null || echo 0
}

counts()
{
    local before

    before=$(count)
    wait_for $patience bash -c "[[ \$(cat '$(container_root web)/count') != '$before' ]]"
}

# For a second.  By nothing but the shell: on a host full of other tests' processes one more may
# fail, and its silence is no sign of life.
stands_still()
{
    local before=0
    local now=0
    local looks

    read -r before < "$(container_root web)/count"
    for looks in {1..10}; do
        sleep 0.1
        read -r now < "$(container_root web)/count"
        [[ $now == "$before" ]] && continue
        echo "look $looks: from '$before' to '$now', frozen: $(frozen)"
        return 1
    done
}

frozen()
{
    container_has web frozen
}

must "libvirtd starts" daemon_start
define_container web --partition /production > /dev/null
must "a container starts" virsh start web
wait_for $patience started_times web 1
tell_inside web 'i=1; while :; do echo $i > /count; i=$((i+1)); done'
check "it works" wait_for $patience test -s "$(container_root web)/count"

check "it is suspended" virsh suspend web
check "it is paused" guest_state web paused
same "it is frozen when the call returns" 1 "$(frozen)"
check "it does nothing" stands_still
check "what it was promised can be changed" virsh schedinfo web --live cpu_shares=256
same "and is in force" 256 "$(container_has web shares)"
check "it is resumed" virsh resume web
same "it is not frozen" 0 "$(frozen)"
check "it works" counts
refuse "it runs already" "already running" virsh resume web

virsh suspend web > /dev/null
must "the daemon is restarted" daemon_restart
check "it is still paused" guest_state web paused
same "and frozen" 1 "$(frozen)"
must "the daemon is killed" daemon_kill9
must "and started" daemon_start
check "it is still paused" guest_state web paused
same "and frozen" 1 "$(frozen)"
same "its tuning is what it was" 256 "$(container_has web shares)"
check "it is resumed" virsh resume web
check "it works" counts

# ---- as if the daemon had died in the middle of it ----

freezer=$(controller_mount freezer)$(container_group web)
must "the daemon is killed" daemon_kill9
freeze "$freezer" 1
must "and started" daemon_start
check "one that stands still is paused" guest_state web paused
same "and frozen" 1 "$(frozen)"
must "the daemon is killed" daemon_kill9
freeze "$freezer" 0
must "and started" daemon_start
check "one that goes on is running" guest_state web running
check "it works" counts

# stands_in_part: who asks libvirt_lxc how much memory there is cannot stop before he knows
stands_in_part()
{
    kill -STOP "$controller"
    : > "$asking"
    wait_for $patience asks && daemon_kill9 && freeze "$freezer" 1 && told_to_freeze &&
        [[ $(frozen) == 0 ]]
}

# told_to_freeze: whether the kernel is to keep it frozen, done or not
told_to_freeze()
{
    if unified_alone; then
        [[ $(cat "$freezer/cgroup.freeze") == 1 ]]
    else
        [[ $(cat "$freezer/freezer.state") != THAWED ]]
    fi
}

asks()
{
    local pid

    for pid in $(cat "$freezer/cgroup.procs"); do
        grep -qsx cat "/proc/$pid/comm" && return
    done
    return 1
}

virsh destroy web > /dev/null
virsh start web > /dev/null
wait_for $patience started_times web 2
controller=$(controller_pid web)
freezer=$(controller_mount freezer)$(container_group web)
asking=$(container_root web)/asking
tell_inside web 'i=1; while :; do [ ! -e /asking ] || cat /proc/meminfo; echo $i > /count; i=$((i+1)); done'
check "it works" counts
must "some have stopped" stands_in_part
kill -CONT "$controller"
must "the daemon is started" daemon_start
check "the others stop as well" guest_state web paused
same "all of them" 1 "$(frozen)"
rm -f "$asking"
check "it is resumed" virsh resume web
check "it works" counts
must "some have stopped" stands_in_part
must "the daemon is started" daemon_start
check "if they cannot, all go on" guest_state web running
check "all of them" eval "! told_to_freeze"
rm -f "$asking"
kill -CONT "$controller"
check "it works" counts

virsh suspend web > /dev/null
check "a paused one is destroyed" timeout $patience virsh destroy web
check "its groups are gone" no_container_groups
check "its partition, too" test -z "$(groups_of '*.partition')"

virsh start web > /dev/null
virsh suspend web > /dev/null
must "the daemon is killed" daemon_kill9
must "and started" daemon_start
check "one that was paused before is destroyed" timeout $patience virsh destroy web
check "its groups are gone" no_container_groups

finish
