#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The daemon killed in the middle of what happens to a container, at any moment:
# afterwards the container is as it should be, or it has ended and nothing of it is
# left, and it can be started.
#
# CORRAL_CRASH_ROUNDS is how often each call is interrupted (2).

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1

rounds=${CORRAL_CRASH_ROUNDS:-2}
guest=c1
disk=/run/corral-lab/disk.xml

trap thaw_all EXIT

# limits_agree: what libvirt says and the kernel does
limits_agree()
{
    local kib

    [[ $(virsh schedinfo $guest | awk '/^cpu_shares/ { print $3 }') == 700 &&
        $(container_file cpu $guest cpu.shares) == 700 ]] || { echo "shares"; return 1; }
    kib=$(virsh memtune $guest | awk '/^hard_limit/ { print $3 }')
    [[ $kib == 65536 || $kib == 49152 ]] || { echo "limit $kib"; return 1; }
    [[ $(container_file memory $guest memory.limit_in_bytes) == $((kib * 1024)) ]]
}

# in_place: everybody is in one group in all hierarchies, and it says whose it is
in_place()
{
    local group member hierarchy got

    group=$(container_group $guest)
    [[ $group == /production.partition/lxc-*-$guest.libvirt-lxc ]] || { echo "group '$group'"; return 1; }
    for member in $(container_file memory $guest cgroup.procs); do
        for hierarchy in $own_hierarchies; do
            got=$(where_is "$member" "$hierarchy")
            [[ $got == "$group" ]] || { echo "process $member in $hierarchy: $got"; return 1; }
        done
    done
    [[ $(getfattr --only-values -n trusted.corral.uuid "$(controller_mount memory)$group") == \
        "$(virsh domuuid $guest | head -n 1)" ]] || { echo "another label"; return 1; }
    [[ $(container_groups | sed 's|.*/||' | sort -u | wc -l) == 1 ]] || { echo "several groups"; return 1; }
}

# stands_as_told: frozen if libvirt says it is paused
stands_as_told()
{
    local want=THAWED
    local got

    guest_state $guest paused && want=FROZEN
    got=$(container_file freezer $guest freezer.state)
    [[ $got == "$want" ]] || { echo "$(virsh domstate $guest 2>&1), but $got"; return 1; }
}

nothing_left()
{
    no_container_groups && ! pgrep -x libvirt_lxc && ! pgrep -fx '/bin/sh /init' &&
        [[ -z $(groups_of '*.partition') ]]
}

# settled: it has ended and libvirt has noticed, or it will not end, for it answers
settled()
{
    guest_state $guest "shut off" || guest_state $guest paused ||
        [[ $(patience=2 inside $guest 'echo here') == here ]]
}

# right WHAT: the container that runs, or has ended
right()
{
    if ! guest_state $guest "shut off"; then
        wait_for $patience in_place
        check "$1: it is in place" in_place
        check "$1: it stands still or goes on as libvirt says" wait_for $patience stands_as_told
        check "$1: it has its limits" wait_for $patience limits_agree
        guest_state $guest paused && check "$1: it goes on" virsh resume $guest
        same "$1: it works" hello "$(inside $guest 'echo hello')"
        check "$1: it is destroyed" virsh destroy $guest
    fi
    check "$1: it has ended" guest_state $guest "shut off"
    check "$1: nothing is left" wait_for $patience nothing_left
}

# interrupt WHAT LONGEST COMMAND...: at random moments of the first milliseconds
interrupt()
{
    local what=$1
    local longest=$2
    local delay round

    shift 2
    for ((round = 0; round < rounds; round++)); do
        rm -f "$(container_root $guest)/started"
        if [[ $what != start ]]; then
            check "$what: it starts" virsh start $guest
            check "$what: its init runs" wait_for $patience started_times $guest 1
        fi
        [[ $what == resume ]] && virsh suspend $guest > /dev/null
        delay=$((RANDOM % longest))
        must "$what: killed after $delay ms" interrupted $delay "$@"
        wait_for $patience settled
        right "$what, $delay ms"
    done
}

must "libvirtd starts" daemon_start
must "a container" define_container $guest --partition /production --cputune "<shares>700</shares>"
mknod /run/corral-lab/loop1 b 7 1
echo "<disk type='block'><source dev='/run/corral-lab/loop1'/><target dev='sda'/></disk>" > $disk

interrupt start 300 virsh start $guest
interrupt suspend 40 virsh suspend $guest
interrupt resume 40 virsh resume $guest
interrupt setmem 40 virsh setmem $guest 48M --live
interrupt attach 80 virsh attach-device $guest $disk --live
interrupt reboot 400 tell_inside $guest 'reboot -f'
interrupt destroy 2500 virsh destroy $guest

# One that died while it brought everybody to the hierarchies that libvirt leaves out.
rm -f "$(container_root $guest)/started"
must "gathering: it starts" virsh start $guest
must "gathering: its init runs" wait_for $patience started_times $guest 1
group=$(container_group $guest)
members=$(container_file memory $guest cgroup.procs | sort -n)
same "gathering: libvirt_lxc and it" 2 "$(wc -l <<< "$members")"
must "gathering: the daemon is killed" daemon_kill9
mapfile -t groups < <(container_groups)
must "gathering: it had said that it was done" setfattr -x trusted.corral.gathered "${groups[@]}"
must "gathering: one was not brought yet" \
    bash -c "echo $(tail -n 1 <<< "$members") > '$(controller_mount pids)/cgroup.procs'"
same "gathering: so it is somewhere else" / "$(where_is "$(tail -n 1 <<< "$members")" pids)"
must "gathering: the daemon is there again" daemon_start
right "gathering"

finish
