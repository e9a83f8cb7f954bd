#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest is asked for and does not give, is taken: from one that gives it, from one that
# does not, with swap and without, while it works and while the daemon is killed.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"
if [[ ! ${LAB_MODE:-} ]]; then
    need_linux_guest
    have_swap 1024
fi
in_lab v1

good=g1
stubborn=g2
trap 'linux_guests_end $good $stubborn' EXIT
wish=$(balloon_metadata "enforce='yes' grace='2'")

# give_grace NAME SECONDS: how long it has, whoever is asking already
give_grace()
{
    virsh metadata "$1" --uri $uri --key corral --live \
        --set "<limits><balloon enforce='yes' grace='$2'/></limits>"
}

failures()
{
    cat "$(memory_dir "$1")/memory.failcnt"
}

# usage_is_at_goal NAME: within what the kernel charges ahead
usage_is_at_goal()
{
    local goal

    goal=$(balloon_field "$1" goal)
    [[ $goal ]] && (($(group_usage "$1") <= (goal >> 20) + 1))
}

limit_is()
{
    [[ $(group_limit "$1") == "$2" ]]
}

lives()
{
    same "$1 lives" running "$(virsh domstate "$1" | head -n 1)"
    check "and answers" guest_say "$1" pulse
}

# taken NAME: tells how long it took
taken()
{
    local start=$(uptime_ms)
    local before=$(group_usage "$1")

    check "it is taken" wait_for 60 usage_is_at_goal "$1"
    note "from $before to $(group_usage "$1") MiB in $(($(uptime_ms) - start)) ms," \
        "$(group_swapped "$1") of it in swap"
}

# back_up NAME: to all it had, and the limit does not wait for the balloon
back_up()
{
    check "back up" virsh setmem "$1" 512M
    same "the limit is gone at once" max "$(group_limit "$1")"
}

must "libvirtd starts" daemon_start
must "a guest with a driver" define_linux_guest $good --top "$wish"
must "one without" define_linux_guest $stubborn --driver never --top "$wish"
must "the first boots" start_linux_guest $good
must "the second too" start_linux_guest $stubborn

# ---- one that gives what it is asked for

must "it has used memory" guest_holds $good 300
must "and does not any more" guest_holds $good 20
check "it is asked for half" virsh setmem $good 256M
check "the balloon gets there" wait_for $patience balloon_is $good 256
check "the limit follows" wait_for $patience balloon_state_is $good enforced
check "it is where it is meant to be" wait_for $patience limit_follows $good
same "nothing was taken" "0 0" "$(group_swapped $good) $(failures $good)"
check "what is left can be used" guest_holds $good 100
back_up $good
check "the balloon follows" wait_for $patience balloon_is $good 512
must "all of it can be used" guest_holds $good 300
lives $good

# ---- one that does not, and nowhere to put it

must "the other uses memory" guest_holds $stubborn 300
echo 0 > "$(memory_dir $stubborn)/memory.swappiness"
before=$(group_usage $stubborn)
check "it is asked for half" virsh setmem $stubborn 256M
check "which cannot be had" wait_for $patience balloon_state_is $stubborn unreachable no-swap
check "it still has its memory" usage_between $stubborn $((before - 40)) $((before + 10))
lives $stubborn
back_up $stubborn
check "nothing is asked for any more" wait_for $patience balloon_state_is $stubborn

# ---- the same with swap

if ! swap_is_there; then
    note "there is no swap, and no zram"
    finish
fi
echo 60 > "$(memory_dir $stubborn)/memory.swappiness"
check "it is asked for half" virsh setmem $stubborn 256M
taken $stubborn
check "which is said" wait_for $patience balloon_state_is $stubborn enforced
lives $stubborn
back_up $stubborn
lives $stubborn
must "it uses all of it again" guest_holds $stubborn 0
must "as before" guest_holds $stubborn 300

# ---- whoever kills the daemon

must "it may take its time" give_grace $stubborn $patience
check "asked again" virsh setmem $stubborn 256M
check "while it has time" wait_for $patience balloon_state_is $stubborn waiting
check "the daemon is killed" daemon_kill9
same "nothing has happened yet" max "$(group_limit $stubborn)"
must "it comes back" daemon_start
must "it may not any more" give_grace $stubborn 2
taken $stubborn
check "which is said" wait_for $patience balloon_state_is $stubborn enforced
check "the daemon is killed again" daemon_kill9
check "nobody is held to a limit that nobody watches" wait_for 5 limit_is $stubborn max
must "it comes back" daemon_start
check "it says the same" wait_for $patience balloon_state_is $stubborn enforced
differ "there is a limit" max "$(group_limit $stubborn)"
lives $stubborn
back_up $stubborn
lives $stubborn
finish
