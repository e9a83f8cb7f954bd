#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A daemon killed in the middle of a migration, where the guest leaves or where it
# arrives, at any moment: afterwards the guest is on one of the two hosts, has its
# limits, and may use the devices that its definition names and no others; on the other
# host nothing is left of it.
#
# CORRAL_CRASH_ROUNDS is how often each daemon is killed (3).  On cgroup v1 only: it
# needs the cpu controller.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/devices.sh"
. "$(dirname "$0")/pair.sh"

rounds=${CORRAL_CRASH_ROUNDS:-3}
guest=g1

# in_order ONE TWO: limits and devices of the guest that runs here are right, ONE being
# its disk
in_order()
{
    local pid

    pid=$(guest_pid $guest) || return 1
    guest_in_place $guest /machine 2 || return 1
    [[ $(group_file cpu /machine $guest cpu.shares) == 700 ]] || { echo "shares"; return 1; }
    [[ $(group_file cpu /machine $guest vcpu1/cpu.cfs_quota_us) == 30000 ]] ||
        { echo "quota"; return 1; }
    opens $guest "$1" rw || { echo "its disk is refused"; return 1; }
    cannot_open $guest "$2" r || { echo "another disk is allowed"; return 1; }
    [[ $(virsh schedinfo $guest | awk '/^cpu_shares/ { print $3 }') == 700 ]]
}

killed()
{
    daemon_kill9
    daemon_start
}

# state: of the guest, or "gone"
state()
{
    virsh domstate $guest 2> /dev/null | grep . || echo gone
}

nothing_left()
{
    [[ ! $(guest_groups | grep "/$guest[.]") ]]
}

run_pairs "v1 '' ''"
begin_pair

# settled: it runs on one host at least
settled()
{
    [[ $(state) == running || $(there state) == running ]]
}

# Where stock libvirt cannot know whether the other side has it, it leaves the guest
# paused, for somebody who knows; that is us.  And where it has begun to run there, and that
# cannot be told any more, it goes on here as well, unless a lock manager forbids it.
decide()
{
    local side=here

    wait_for $patience settled
    if [[ $(there state) == running || ($(state) != running && $(there state) == paused) ]]; then
        side=there
    fi
    note "here it is $(state), there $(there state)"
    $side state | grep -q paused && check "it is told to go on" $side "virsh resume $guest"
    if [[ $side == there ]]; then
        [[ $(state) == @(paused|running) ]] &&
            check "what is here is not wanted" virsh destroy $guest
        winner=there loser=here
    else
        [[ $(there state) == paused ]] && check "what is there is not wanted" there "virsh destroy $guest"
        winner=here loser=there
    fi
}

must "two disks" make_loops one two
must "a guest" define_guest $guest --vcpus 2 --devices "$(block_disk "$one" vda raw virtio)" \
    --cputune "<shares>700</shares><period>50000</period><quota>30000</quota>"

# How long it takes if nobody is killed
check "the guest starts" virsh start $guest
begun=$(uptime_ms)
must "it migrates" migrate here --unsafe $guest --migrateuri "unix://$shared/0.sock"
longest=$(($(uptime_ms) - begun))
check "it has its disk there" there "in_order $one $two"
check "end it there" there "virsh destroy $guest"

for victim in here there; do
    for ((round = 1; round <= rounds; round++)); do
        check "the guest starts" virsh start $guest
        check "in order" in_order "$one" "$two"
        delay=$((RANDOM % longest))
        how=
        ((round % 2)) || how=--p2p
        migrate here --unsafe $how $guest --migrateuri "unix://$shared/$victim$round.sock" \
            > /dev/null 2>&1 &
        client=$!
        sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
        must "killed $victim after $delay of $longest ms ${how:---direct}" $victim killed
        wait $client
        decide
        check "it lives $winner" $winner "guest_state $guest running"
        $winner "wait_for $patience in_order $one $two" > /dev/null
        check "in order $winner" $winner "in_order $one $two"
        check "nothing is left $loser" $loser "wait_for $patience nothing_left"
        check "end it" $winner "virsh destroy $guest"
        check "nothing is left $winner" $winner "wait_for $patience nothing_left"
    done
done

finish
