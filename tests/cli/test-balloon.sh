#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral balloon: what it makes of what a daemon says.  The daemon is a file.

. "$(dirname "$0")/functions.sh"

fake=$(dirname "$corral")/tests/cli/corral-fake
[[ -x $fake ]] || skip "there is no '$fake'"

daemon=$scratch/daemon
mib=$((1024 * 1024))

# balloon [ARGUMENT]...
balloon()
{
    "$fake" balloon --connect "fake:$daemon" "$@"
}

# row GUEST: its line in the table, with single blanks
row()
{
    balloon | grep "^$1 " | tr -s ' '
}

# fact GUEST LABEL: what is said of it alone
fact()
{
    balloon "$1" | sed -n "s/^  $2  *//p"
}

# json GUEST: what its object has, without blanks
json()
{
    balloon --json "$1" | tr -d ' \n'
}

cat > "$daemon" <<END
[web]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa0
balloon.current=524288
balloon.maximum=1048576
cgroup.memory.current=$((300 * mib))
cgroup.swap.current=0

[mail]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa1
balloon.current=524288
balloon.maximum=524288
cgroup.memory.current=$((610 * mib))
cgroup.swap.current=0
cgroup.balloon.state=waiting
cgroup.balloon.target=$((256 * mib))
cgroup.balloon.actual=$((485 * mib))
cgroup.balloon.overhead=$((43 * mib + mib / 2))
cgroup.balloon.goal=$((331 * mib + mib / 4))

[batch]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa2
balloon.current=524288
balloon.maximum=524288
cgroup.memory.current=$((420 * mib))
cgroup.swap.current=$((190 * mib))
cgroup.balloon.state=enforcing
cgroup.balloon.target=$((256 * mib))
cgroup.balloon.actual=$((512 * mib))
cgroup.balloon.overhead=$((43 * mib))
cgroup.balloon.goal=$((331 * mib))
cgroup.balloon.limit=$((425 * mib))

[done]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa3
balloon.maximum=524288
cgroup.memory.current=$((300 * mib))
cgroup.balloon.state=enforced
cgroup.balloon.target=$((256 * mib))
cgroup.balloon.limit=$((331 * mib))

[db]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa4
balloon.maximum=524288
cgroup.memory.current=$((580 * mib))
cgroup.balloon.state=unreachable
cgroup.balloon.reason=no-swap
cgroup.balloon.limit=$((580 * mib))

[gpu]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa5
cgroup.balloon.state=unreachable
cgroup.balloon.reason=pinned

[hot]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa6
cgroup.balloon.state=unreachable
cgroup.balloon.reason=busy

[stock]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa7
balloon.current=262144
balloon.maximum=262144

[later]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa8
cgroup.balloon.state=deferred
cgroup.balloon.reason=something new

[evil\033]
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa9
balloon.maximum=99999999999999999999
cgroup.memory.current=$((300 * mib))
END

# ---- all of them ----

output=$(balloon)
same "a heading, and a line for each" 11 "$(wc -l <<< "$output")"
same "the heading" "guest state, sizes in MiB most asked has qemu goal limit uses swap" \
    "$(head -n 1 <<< "$output" | tr -s ' ')"
same "columns are in line" 1 "$(grep -v evil <<< "$output" | awk '{ print length }' | sort -u | wc -l)"
same "asked for nothing" "web - 1024 - 512 - - - 300 0" "$(row web)"
same "waiting" "mail waiting 512 256 485 44 331 - 610 0" "$(row mail)"
same "enforcing" "batch enforcing 512 256 512 43 331 425 420 190" "$(row batch)"
same "enforced" "done enforced 512 256 - - - 331 300 -" "$(row done)"
same "unreachable" "db unreachable: no-swap 512 - - - - 580 580 -" "$(row db)"
same "not corral's" "stock not corral's 256 - 256 - - - - -" "$(row stock)"
same "a state of tomorrow's" "later deferred: something new - - - - - - - -" "$(row later)"
same "what would steer the terminal" 1 "$(grep -c '^evil\\x1b ' <<< "$output")"
same "a number that is none" "- - - - - 300 -" "$(row 'evil\\x1b' | cut -d' ' -f4-)"

# ---- one of them ----

output=$(balloon batch)
same "the first line has the name" "batch:" "$(head -n 1 <<< "$output")"
same "its state" "enforcing: the host takes what is missing, step by step" "$(fact batch state)"
same "what it may have" "512.0 MiB" "$(fact batch 'may have')"
same "what it is asked for" "256.0 MiB" "$(fact batch 'is asked for')"
same "what it has" "512.0 MiB" "$(fact batch has)"
same "what is QEMU's" "43.0 MiB" "$(fact batch "QEMU's own")"
same "the goal" "331.0 MiB" "$(fact batch goal)"
same "the limit" "425.0 MiB" "$(fact batch limit)"
same "what it uses" "420.0 MiB" "$(fact batch uses)"
same "what is in swap" "190.0 MiB" "$(fact batch 'in swap')"
same "parts of a MiB" "43.5 MiB" "$(fact mail "QEMU's own")"
same "no limit" "none" "$(fact mail limit)"
same "no limit for one that is asked for nothing" "none" "$(fact web limit)"
same "nothing of what is not known" "" "$(fact gpu goal)"
same "a limit that is not corral's is not known" "" "$(fact stock limit)"
same "nothing is asked" "asked for nothing" "$(fact web state)"
same "somebody else's" "in no group of corral's" "$(fact stock state)"
same "waiting: why" "waiting: the guest has some time to give it back by itself" "$(fact mail state)"
same "enforced: why" "enforced: the guest is held to what it was left" "$(fact done state)"
same "no swap: why" "unreachable: no-swap: there is no swap to put the rest in" "$(fact db state)"
same "pinned: why" "unreachable: pinned: the guest's memory has to stay where it is" "$(fact gpu state)"
same "busy: why" "unreachable: busy: the guest is using all of it" "$(fact hot state)"
same "tomorrow's: nothing is made up" "deferred: something new" "$(fact later state)"
same "it can be called by its UUID" "$output" "$(balloon 4dea22b3-1d52-d8f3-2516-782e98ab3fa2)"
same "in capitals, too" "$output" "$(balloon 4DEA22B3-1D52-D8F3-2516-782E98AB3FA2)"
refuse "one that does not run" "^corral: no guest 'nobody' runs" balloon nobody
refuse "in JSON, too" "^corral: no guest 'nobody' runs" balloon --json nobody

# ---- for programs ----

balloon --json > "$scratch/json"
json_documented balloon "$scratch/json"
same "all are there" 10 "$(grep -c '"name" :' "$scratch/json")"
same "one that is being held" "{\"guests\":[{\"name\":\"batch\",\"uuid\":\"4dea22b3-1d52-d8f3-2516-782e98ab3fa2\",\
\"state\":\"enforcing\",\"most_bytes\":$((512 * mib)),\"target_bytes\":$((256 * mib)),\
\"actual_bytes\":$((512 * mib)),\"overhead_bytes\":$((43 * mib)),\"goal_bytes\":$((331 * mib)),\
\"limit_bytes\":$((425 * mib)),\"usage_bytes\":$((420 * mib)),\"swap_bytes\":$((190 * mib))}]}" "$(json batch)"
contains "why it cannot be had" '"state":"unreachable","reason":"no-swap"' "$(json db)"
contains "asked for nothing: no state" '"state":null' "$(json web)"
contains "and no limit" '"limit_bytes":null' "$(json web)"
same "not corral's: neither" "" "$(json stock | grep -e state -e limit)"
if type -P python3 > /dev/null; then
    check "it is JSON" python3 -m json.tool "$scratch/json"
fi

# ---- nothing to tell ----

: > "$daemon"
same "no guest runs" "There are no guests." "$(balloon)"
same "no guest runs: JSON" '{"guests":[]}' "$(balloon --json | tr -d ' \n')"
rm "$daemon"
refuse "no daemon" "^corral: fake:$daemon does not answer" balloon
same "nothing on stdout then" "" "$(balloon 2> /dev/null)"
refuse "containers" "^corral: lxc:///system has containers" "$fake" balloon --connect lxc:///system

# The command itself, with libvirt in it; what it asks of a real daemon is looked at by
# tests/root/test-balloon-command.sh.
refuse "a daemon that is not there" "^corral: qemu\+unix:.* does not answer: " \
    "$corral" balloon --connect "qemu+unix:///system?socket=$scratch/no-socket"
refuse "nonsense" "^corral: nonsense:/// does not answer: " "$corral" balloon --connect nonsense:///

finish
