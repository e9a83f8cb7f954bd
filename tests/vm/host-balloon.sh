#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest is asked for and does not give, is taken on cgroup v2 as well: by nothing that
# kills, so unless it is told not to be.  Where there is nowhere to put it, that is said.
#
# An emulator in an emulated machine takes a minute or more to boot a kernel (see
# host-cooperative.sh): the guest is nothing but a loop that writes to memory.

. "$(dirname "$0")/host.sh"
. "$test_dir/../root/balloon.sh"

guest=g1
# For who runs QEMU.
linux_dir=$scratch
chmod 711 "$scratch"

memory_dir()
{
    guest_scope "$1"
}

usage_is_at_goal()
{
    local goal

    goal=$(balloon_field "$1" goal)
    [[ $goal ]] && (($(group_usage "$1") <= (goal >> 20) + 1)) ||
        { group_usage "$1"; virsh domstats --balloon "$1"; return 1; }
}

lives()
{
    local took=$(hog_answers $guest 120)

    same "it lives" running "$(state $guest)"
    check "and gets at all of its memory" test "$took"
    note "which takes it $took ms"
    same "nobody was killed" 0 "$(sed -n 's/^oom_kill //p' "$(memory_dir $guest)/memory.events")"
}

# back_up MIB: to all it may have
back_up()
{
    check "back up" virsh setmem $guest "$1M"
    same "the limit is gone at once" max "$(value $guest memory.high)"
}

# process_has NAME FIELD: KiB of its QEMU
process_has()
{
    awk -v field="$2:" '$1 == field { print $2 }' "/proc/$(guest_pid "$1")/status"
}

hog_disk "$linux_dir/$guest.disk" 200
host_daemon
must "libvirtd starts" systemctl start libvirtd
must "it answers" host_answers
must "a guest" host_define $guest --memory 256 --balloon "<memballoon model='virtio'/>" \
    --devices "$(hog_xml $guest)" --top "$(balloon_metadata "grace='2'")"

# ---- a hard limit below what is in use, with nowhere to put it: stock's guest dies of it

check "there is no swap" test "$(wc -l < /proc/swaps)" -eq 1
must "stock: it starts" virsh start $guest
must "stock: it has used its memory" hog_says $guest 120
check "stock: a limit below that" virsh memtune $guest --hard-limit 102400 --live
check "stock: it is dead" wait_for 30 guest_state $guest "shut off"

corral activate > /dev/null
must "libvirtd starts with corral" systemctl restart libvirtd
must "it answers" host_answers
must "it starts" virsh start $guest
must "it has used its memory" hog_says $guest 120
before=$(group_usage $guest)
refuse "the same limit is refused" "can give no more of it back" \
    virsh memtune $guest --hard-limit 102400 --live
same "there is none" max "$(value $guest memory.max)"
lives

# ---- nowhere to put it

check "it is asked for most of it" virsh setmem $guest 64M
check "which cannot be had" wait_for 60 balloon_state_is $guest unreachable no-swap
check "it has all it had" usage_between $guest $((before - 30)) $((before + 10))
lives
back_up 256
check "nothing is asked for any more" wait_for $patience balloon_state_is $guest

# ---- with swap

must "there is swap" have_swap 400
before=$(group_usage $guest)
start=$(uptime_ms)
check "it is asked for most of it" virsh setmem $guest 64M
check "it is taken" wait_for 180 usage_is_at_goal $guest
note "from $before to $(group_usage $guest) MiB in $(($(uptime_ms) - start)) ms," \
    "$(group_swapped $guest) of it in swap"
check "which is said" wait_for 60 balloon_state_is $guest enforced
lives
limit=$(value $guest memory.high)

check "the daemon is killed" systemctl kill -s KILL libvirtd
wait_for $patience systemctl start libvirtd
must "it comes back" host_answers
check "it says the same" wait_for 60 balloon_state_is $guest enforced
same "nothing has changed" "$limit" "$(value $guest memory.high)"
lives
back_up 256
lives
host_remove $guest

# ---- memory that stays where it is, whatever swap there is

echo 72 > /proc/sys/vm/nr_hugepages
must "there are huge pages" test "$(cat /proc/sys/vm/nr_hugepages)" -eq 72
for guest in locked hugepages; do
    hog_disk "$linux_dir/$guest.disk" 96
    must "$guest: a guest" host_define $guest --memory 128 \
        --balloon "<memballoon model='virtio'/>" --devices "$(hog_xml $guest)" \
        --top "$(balloon_metadata "grace='2'")<memoryBacking><$guest/></memoryBacking>"
    must "$guest: it starts" virsh start $guest
    must "$guest: it has used its memory" hog_says $guest 120
    note "locked: $(process_has $guest VmLck) KiB, in huge pages: $(process_has $guest HugetlbPages) KiB"
    before=$(group_usage $guest)
    check "$guest: it is asked for half of it" virsh setmem $guest 64M
    check "$guest: which is not taken" wait_for 60 balloon_state_is $guest unreachable pinned
    check "$guest: it has all it had" usage_between $guest $((before - 30)) $((before + 10))
    same "$guest: none of it is in swap" 0 "$(group_swapped $guest)"
    check "$guest: its limit leaves it that" test "$(group_limit $guest)" -ge $((128 << 20))
    lives
    back_up 128
    host_remove $guest
done
echo 0 > /proc/sys/vm/nr_hugepages

host_leave
finish
