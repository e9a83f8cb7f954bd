#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The laboratory itself: a world of its own, and nothing left of it.

. "$(dirname "$0")/functions.sh"
need_root

lab=$test_dir/lab
scratch=$(mktemp -d)
prefix=corral-lab.$(stat -Lc %i /proc/self/ns/pid)-
victim=
clean_up()
{
    [[ $victim ]] && kill -9 "$victim" 2>/dev/null
    rmdir "$cpu/$prefix"{$victim,name} 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT

cpu=$(controller_mount cpu) || skip "no cpu hierarchy"

# What the machine has of laboratories, ours only: others may be at work.
groups_of_lab()
{
    groups_of "$prefix$1"
}

no_groups_of_lab()
{
    [[ ! $(groups_of_lab "$1") ]]
}

# A world of its own.

for mode in v1 hybrid; do
    if [[ $mode == hybrid ]] && ! controller_mount unified > /dev/null; then
        continue
    fi
    seen=$("$lab" $mode --none -- cat /proc/self/cgroup)
    same "$mode: its group is the root of every hierarchy" "" "$(grep -v ':/$' <<< "$seen")"
    same "$mode: all hierarchies of the machine are there" \
        "$(cut -d: -f1,2 /proc/self/cgroup | grep -v '^0:')" \
        "$(cut -d: -f1,2 <<< "$seen" | grep -v '^0:')"
    same "$mode: cgroup2 mounts" "$([[ $mode == hybrid ]] && echo 1 || echo 0)" \
        "$("$lab" $mode --none -- grep -c ' - cgroup2 ' /proc/self/mountinfo)"
    same "$mode: the cpu hierarchy's root is not the machine's" "no" \
        "$("$lab" $mode --none -- bash -c "[ -e '$cpu/release_agent' ] && echo yes || echo no")"
done

"$lab" v1 --none -- bash -c 'exit 42'
same "the exit status is the command's" 42 $?
"$lab" v1 --none -- bash -c 'kill -9 $$' 2> /dev/null
same "the exit status of a killed command" 137 $?
same "arguments arrive unharmed" "a b|*|\$HOME" "$("$lab" v1 --none -- printf '%s|%s|%s' 'a b' '*' '$HOME')"
same "so does the standard input" hello "$(echo hello | "$lab" v1 --none -- cat)"
refuse "no command, no laboratory" 'Usage' "$lab" v1 --none --
refuse "an unknown mode is refused" 'Usage' "$lab" v3 --none -- true

before=$(ls -dl --time-style=full-iso /etc /run /var/lib /var/log /var/cache; ip -br link 2>/dev/null)
"$lab" v1 --none --daemon -- bash -c '
    . "$LAB_FUNCTIONS"
    for dir in /etc /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
        echo > $dir/corral-lab-was-here || exit 1
    done
    define_guest g1 && virsh start g1' > "$scratch/log" 2>&1
same "the laboratory's files can be written" 0 $?
same "the machine's directories are untouched" "$before" \
    "$(ls -dl --time-style=full-iso /etc /run /var/lib /var/log /var/cache; ip -br link 2>/dev/null)"

# Nothing left: when it ends by itself, is asked to end, is killed.

# start_lab: a laboratory with a guest in the background; its PID in $victim
start_lab()
{
    rm -f "$scratch/ready"
    "$lab" hybrid --stock -- bash -c '
        . "$LAB_FUNCTIONS"
        daemon_start && define_guest g1 && virsh start g1 && guest_pid g1 && exec sleep 300' \
        > "$scratch/ready" 2>&1 &
    victim=$!
    wait_for $patience grep -qx '[0-9][0-9]*' "$scratch/ready"
}

# processes_of_lab PID: how many processes and threads are in its groups
processes_of_lab()
{
    find $(groups_of_lab "$1") -name tasks -exec cat {} + | wc -l
}

alone_in()
{
    [[ $(processes_of_lab "$1") -eq 0 ]]
}

if controller_mount unified > /dev/null; then
    for signal in TERM INT HUP KILL; do
        check "SIG$signal: a laboratory with a guest" start_lab
        differ "SIG$signal: it has processes in its groups" 0 "$(processes_of_lab "$victim")"
        contains "SIG$signal: the guest's groups are below them" 'qemu' \
            "$(find "$cpu/$prefix$victim" -type d)"
        # Jobs in the background ignore SIGINT, as POSIX wants.
        [[ $signal == INT ]] && signal=TERM
        kill -$signal "$victim"
        wait "$victim" 2>/dev/null
        if [[ $signal == KILL ]]; then
            check "SIGKILL: all its processes die with it" wait_for $patience alone_in "$victim"
            differ "SIGKILL: its groups stay for the moment" "" "$(groups_of_lab "$victim")"
            check "SIGKILL: the next laboratory" "$lab" v1 --none -- true
        fi
        same "SIG$signal: no group is left" "" "$(groups_of_lab "$victim")"
    done
fi

# Other people's groups stay, and several laboratories can be there at once.

(exec -a lab sleep 300) &
victim=$!
mkdir "$cpu/$prefix$victim" "$cpu/${prefix}name"
"$lab" --reap
check "the groups of a living laboratory stay" test -d "$cpu/$prefix$victim"
unshare --pid --fork --mount-proc "$lab" --reap
check "one of another PID namespace lets them be" test -d "$cpu/$prefix$victim"
check "a group whose name has no PID stays" test -d "$cpu/${prefix}name"
kill -9 "$victim"
wait "$victim" 2>/dev/null
"$lab" --reap
check "they go when its PID is gone" test ! -e "$cpu/$prefix$victim"

jobs=()
for n in 1 2 3; do
    "$lab" v1 --none -- bash -c '
        . "$LAB_FUNCTIONS"
        daemon_start && define_guest g'$n' && virsh start g'$n' && virsh list --name' \
        > "$scratch/$n" 2>&1 &
    jobs+=($!)
done
for n in 1 2 3; do
    wait "${jobs[n - 1]}"
    same "three at once, number $n ends well" 0 $?
    same "three at once, number $n sees its own guest only" "g$n" "$(sed '/^$/d' "$scratch/$n" | tail -n 1)"
    check "three at once, number $n leaves nothing" no_groups_of_lab "${jobs[n - 1]}"
done

finish
