#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest is born in its group, lives there with all its threads, and leaves
# nothing behind, however it ends.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

partition=/production/web
guest=g1
group=$partition/$guest.qemu.libvirt

# own_charge DIR: anonymous memory in KiB charged to this very group
own_charge()
{
    awk '$1 == "rss" { print int($2 / 1024) }' "$1/memory.stat"
}

anonymous()
{
    awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status"
}

# close_to A B KIB
close_to()
{
    (($1 - $2 <= $3 && $2 - $1 <= $3)) || { echo "$1 KiB and $2 KiB"; return 1; }
}

must "libvirtd starts" daemon_start

limits()
{
    echo "<metadata><c:limits xmlns:c='https://corral.dev/xmlns/libvirt/domain/1.0'><c:pids>$1</c:pids></c:limits></metadata>"
}

# A first guest, so that the daemon has its memory; and the partition is not
# there yet for the second.
must "a first guest" create_guest warm-up --partition /elsewhere --top "$(limits 200)"
same "it has a limit of processes" 200 "$(cat "$(group_dir pids /elsewhere warm-up)/pids.max")"
check "it is known when the daemon has started anew" eval "daemon_restart && virsh domstats warm-up"
same "the limit is what it was" 200 "$(cat "$(group_dir pids /elsewhere warm-up)/pids.max")"
check "the first guest stops" virsh destroy warm-up
refuse "one that may not have enough does not start" . create_guest few --partition /elsewhere --top "$(limits 1)"
refuse "nor one with no number" "no number of processes" create_guest none --partition /elsewhere --top "$(limits many)"
same "its group is gone when destroy returns" "" "$(guest_groups)"
same "nobody has made the partition" "" "$(groups_of web)"

types=qemu
kvm_works && types="kvm qemu"
for type in $types; do
    memory=$(controller_mount memory)
    root_charge=$(own_charge "$memory")

    check "$type: a guest with $partition" define_guest $guest --type $type --vcpus 2 \
        --iothreads 1 --partition $partition --memory 64 \
        --top "<memoryBacking><allocation mode='immediate'/></memoryBacking>"
    must "$type: starts" virsh start $guest
    pid=$(guest_pid $guest)

    check "$type: every thread is in its place" threads_in_place "$pid" $group 2
    for hierarchy in memory devices freezer blkio pids; do
        same "$type: the process is in its group in $hierarchy" $group "$(where_is "$pid" $hierarchy)"
        same "$type: no children there in $hierarchy" "" \
            "$(find "$(group_dir $hierarchy $partition $guest)" -mindepth 1 -type d)"
    done
    for hierarchy in $thread_hierarchies; do
        same "$type: children in $hierarchy" "emulator iothread1 vcpu0 vcpu1" \
            "$(find "$(group_dir $hierarchy $partition $guest)" -mindepth 1 -type d -printf '%f\n' |
                sort | tr '\n' ' ' | sed 's/ $//')"
        same "$type: no process right in the group in $hierarchy" "" \
            "$(group_file $hierarchy $partition $guest tasks)"
    done
    for hierarchy in systemd unified; do
        point=$(controller_mount $hierarchy) || continue
        same "$type: the process is not moved in $hierarchy" / "$(where_is "$pid" $hierarchy)"
        same "$type: no group in $hierarchy" "" "$(find "$point" -mindepth 1 -type d)"
    done

    check "$type: all its memory is charged to its group" close_to \
        "$(own_charge "$(group_dir memory $partition $guest)")" "$(anonymous "$pid")" 1024
    for parent in "" /production $partition; do
        charge=$(own_charge "$memory$parent")
        [[ $parent ]] || charge=$((charge - root_charge))
        check "$type: none of it to '$parent/'" test "$charge" -lt 8192
    done

    check "$type: destroy" virsh destroy $guest
    same "$type: the group is gone when destroy returns" "" "$(guest_groups)"
    check "$type: undefine" virsh undefine $guest
done

# The many ways to end.

ends_and_leaves_nothing()
{
    check "$1: the guest is off" wait_for $patience guest_state $guest 'shut off'
    check "$1: no group is left" wait_for $patience no_guest_groups
    check "$1: QEMU is gone" test ! -e "/proc/$2"
}

make_boot_disk /run/corral-lab/button.img button
make_boot_disk /run/corral-lab/off.img off
serial=/run/corral-lab/serial

define_guest $guest --vcpus 2 --partition $partition \
    --devices "$(disk_xml /run/corral-lab/button.img)$(serial_xml $serial)" > /dev/null

must "shutdown: starts" virsh start $guest
pid=$(guest_pid $guest)
check "shutdown: the guest's program runs" wait_for $patience grep -q '!' $serial
check "shutdown: the groups are there" test "$(guest_groups | wc -l)" -eq 8
check "shutdown: virsh shutdown" virsh shutdown $guest
ends_and_leaves_nothing "shutdown" "$pid"

check "quit: starts" virsh start $guest
pid=$(guest_pid $guest)
# QEMU may be gone before its answer has been read.
virsh qemu-monitor-command $guest '{"execute":"quit"}' > /dev/null 2>&1
ends_and_leaves_nothing "quit" "$pid"

check "kill: starts" virsh start $guest
pid=$(guest_pid $guest)
kill -9 "$pid"
ends_and_leaves_nothing "kill" "$pid"

check "and it can start again" virsh start $guest
check "in its place" threads_in_place "$(guest_pid $guest)" $group 2
check "graceful destroy" virsh destroy --graceful $guest
same "the group is gone when destroy returns" "" "$(guest_groups)"

check "power off: a guest that does so at once" define_guest off --partition $partition \
    --devices "$(disk_xml /run/corral-lab/off.img)"
check "power off: starts" virsh start off
guest=off
ends_and_leaves_nothing "power off" "$(guest_pid off || echo none)"

# A guest that never lives leaves no group either.
check "a guest with a broken firmware" define_guest broken --partition $partition \
    --top "<seclabel type='none'/>" --devices "$(disk_xml /nonexistent)"
refuse "does not start" 'nonexistent' virsh start broken
same "and no group is left of it" "" "$(guest_groups)"

finish
