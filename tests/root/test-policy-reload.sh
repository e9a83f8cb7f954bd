#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A policy that changes while guests are busy, by way of files that are bad and daemons that are
# killed: whoever looks, at whatever moment, sees what the old one says or what the new one does.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/containers.sh"
. "$(dirname "$0")/policy.sh"
in_lab v1
need_containers

mib=$((1 << 20))
seen=/run/corral-lab/seen

# terms PIDS QUOTA MIB SHARES
terms()
{
    echo "<partition name='/a'><pids>$1</pids><cputune><global_quota>$2</global_quota></cputune>
        <memtune><hard_limit unit='MiB'>$3</hard_limit></memtune></partition>
        <partition name='/a/b'><cputune><shares>$4</shares></cputune></partition>"
}

old=$(terms 1000 150000 200 512)
new=$(terms 2000 100000 400 2048)

# Of one partition and one below it; each word is one value.
fields=(a.partition/pids a.partition/quota a.partition/limit a.partition/b.partition/shares)
old_values=(1000 150000 $((200 * mib)) 512)
new_values=(2000 100000 $((400 * mib)) 2048)
declare -A names controllers

names=([pids]=pids.max [quota]=cpu.cfs_quota_us [limit]=memory.limit_in_bytes [shares]=cpu.shares)
if unified_alone; then
    names=([pids]=pids.max [quota]=cpu.max [limit]=memory.max [shares]=cpu.weight)
    # A weight of 100 is 1024 shares.
    old_values[3]=50
    new_values[3]=200
fi
controllers=([pids]=pids [quota]=cpu [limit]=memory [shares]=cpu)
files=()
for field in "${fields[@]}"; do
    what=${field##*/}
    files+=("$(controller_mount "${controllers[$what]}")/${field%/*}/${names[$what]}")
done

# watch_values: writes each value that is new to it to $seen; starts no programs, so as to look often
watch_values()
{
    local -A known=()
    local i value looks=0

    while [[ -e $seen.on ]]; do
        for i in "${!files[@]}"; do
            read -r value _ < "${files[i]}" || value=gone
            [[ ${known[$i $value]:-} ]] || echo "${fields[i]} $value"
            known[$i $value]=1
        done
        looks=$((looks + 1))
    done > "$seen" 2> /dev/null
    echo $looks > "$seen.looks"
}

# expected VALUES...: what there may have been to see
expected()
{
    local -n one=$1 other=$2
    local i

    for i in "${!fields[@]}"; do
        echo "${fields[i]} ${one[i]}"
        echo "${fields[i]} ${other[i]}"
    done | sort -u
}

in_force()
{
    local -n wanted=$1
    local i value

    for i in "${!files[@]}"; do
        read -r value _ < "${files[i]}" && [[ $value == "${wanted[i]}" ]] ||
            { echo "${fields[i]} $value"; return 1; }
    done
}

put_policy "$old"
must "libvirtd starts" daemon_start
must "a container" create_container busy --partition /a/b --memory 1000
check "has what the policy says" in_force old_values
must "is busy" tell_inside busy "while :; do dd if=/dev/zero of=/tmp/x bs=1M count=64; sh -c :; done"

touch "$seen.on"
watch_values &
watcher=$!

for round in 1 2 3; do
    same "$round: a bad file" refused "$(reload_policy "$new<partition/>")"
    check "$round: changes nothing" in_force old_values
    must "$round: the daemon is killed" daemon_kill9
    must "$round: and starts over the bad file" daemon_start
    check "$round: which changes nothing" in_force old_values

    # Killed somewhere on the way to the new one.
    put_policy "$new"
    kill -HUP "$(daemon_pid)"
    sleep 0.00$((round * 3))
    must "$round: killed while it follows a good one" daemon_kill9
    must "$round: the next one" daemon_start
    check "$round: has followed it" in_force new_values

    same "$round: and the old one again" "in force" "$(reload_policy "$old")"
    check "$round: which is in force" in_force old_values
done

rm "$seen.on"
wait $watcher
same "nobody saw anything else" "$(expected old_values new_values)" "$(sort -u "$seen")"
note "in $(cat "$seen.looks") looks"
same "the container was busy all the time" 1 "$(container_starts busy)"

finish
