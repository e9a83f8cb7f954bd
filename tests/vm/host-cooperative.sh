#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest that gives what it is asked for, on cgroup v2: the limit follows its balloon, and nothing
# is taken from it.  A Linux guest, in an emulator in an emulated machine: it boots in a minute or
# two.

. "$(dirname "$0")/host.sh"
. "$test_dir/../root/balloon.sh"

guest=g1
patience=120
CORRAL_LINUX_GUEST=$source_dir/linux-guest

memory_dir()
{
    guest_scope "$1"
}

# event NAME: how often, of memory.events; fault NAME: the same of memory.stat
event()
{
    sed -n "s/^$1 //p" "$(memory_dir $guest)/memory.events"
}

fault()
{
    sed -n "s/^$1 //p" "$(memory_dir $guest)/memory.stat"
}

# taken: what tells that something was taken from it
taken()
{
    echo "swap $(group_swapped $guest) high $(event high) oom $(event oom_kill) major $(fault pgmajfault)"
}

limit_is_above_usage()
{
    local limit

    limit=$(value $guest memory.high)
    [[ $limit != max ]] && (($limit >= $(value $guest memory.current)))
}

host_daemon
must "corral activate" corral activate
must "libvirtd starts" systemctl restart libvirtd
must "it answers" host_answers
must "there is swap" have_swap 512
must "a Linux guest" define_linux_guest $guest --top "$(balloon_metadata "grace='60'")"
start=$(uptime_ms)
must "boots" start_linux_guest $guest
note "which takes $(($(uptime_ms) - start)) ms"
must "it has used memory" guest_holds $guest 250
must "and does not any more" guest_holds $guest 20
note "and answers: $(guest_say $guest pulse)"

before=$(taken)
faults=$(fault pgfault)
start=$(uptime_ms)
check "it is asked for half" virsh setmem $guest 256M
check "the balloon gets there" wait_for $patience balloon_is $guest 256
note "after $(($(uptime_ms) - start)) ms"
check "the limit follows" wait_for $patience balloon_state_is $guest enforced
note "after $(($(uptime_ms) - start)) ms: $(($(value $guest memory.high) >> 20)) MiB," \
    "of which $(group_usage $guest) are used; page faults: $(($(fault pgfault) - faults))"
check "it is above what the guest uses" limit_is_above_usage
same "nothing was taken" "$before" "$(taken)"
check "it answers" guest_say $guest pulse
note "with $(guest_say $guest pulse)"
check "what is left can be used" guest_holds $guest 60
same "and nothing of it is taken" "$before" "$(taken)"

check "back up" virsh setmem $guest 512M
same "the limit is gone at once" max "$(value $guest memory.high)"
check "the balloon follows" wait_for $patience balloon_is $guest 512
check "all of it can be used" guest_holds $guest 250
same "it lives" running "$(state $guest)"

host_remove $guest
linux_guests_end
host_leave
finish
