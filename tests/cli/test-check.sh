#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral check: what is wrong with a policy, and what this host cannot do of it.

. "$(dirname "$0")/functions.sh"

check_policy()
{
    "$corral" check --root "$root" "$@"
}

make_host host
make_host_group machine
before=$(snapshot "$root")

# ---- what is shipped ----

for shipped in "$source_dir"/xml/policies/*.xml; do
    check "${shipped##*/} passes" check_policy "$shipped"
    contains "${shipped##*/}: it says so" "'$shipped' is good" "$(check_policy "$shipped")"
done
same "looking changes nothing" "$before" "$(snapshot "$root")"

# ---- the file in force ----

same "no file" "There is no '$policy': nothing is asked for." "$(check_policy)"
write_policy
same "an empty one" "'$policy' is good." "$(check_policy)"

# ---- what is wrong ----

# wrong DESCRIPTION PATTERN LINE...
wrong()
{
    local description=$1
    local pattern=$2

    shift 2
    write_policy "$@"
    refuse "$description" "^corral: '$policy'$pattern" check_policy
    same "$description: exit status" 1 "$(check_policy > /dev/null 2>&1; echo $?)"
    same "$description: nothing on stdout" "" "$(check_policy 2> /dev/null)"
}

wrong "not well-formed" ", line [0-9]+: " "<partition name='/a'"
wrong "an element that nobody knows" ", line 2: <partitoin> is not known in <corral>" "<partitoin/>"
wrong "a value that is none" ", line 3: <pids>: 'many' is no number" \
    "<partition name='/a'>" "<pids>many</pids>" "</partition>"
wrong "described twice" ", line 3: partition '/a' has been described before" \
    "<partition name='/a'/>" "<partition name='/a'/>"
wrong "more than the host has" ", partitions are guaranteed 65536 MiB of memory" \
    "<partition name='/a'><memtune><min_guarantee unit='GiB'>64</min_guarantee></memtune></partition>"
wrong "CPUs that are not there" ", line 2: partition '/a': this host has none of its CPUs" \
    "<partition name='/a'><cpuset>8-9</cpuset></partition>"
wrong "all of the memory is kept" ", 32768 MiB of memory are reserved" \
    "<reserve><memory unit='GiB'>32</memory></reserve>"
refuse "a file that is not there" "^corral: there is no file '$scratch/nowhere'" \
    check_policy "$scratch/nowhere"
refuse "a directory" "^corral: " check_policy "$scratch"

# ---- what this host cannot do ----

# lacks DESCRIPTION PATTERN LINE...: good, but for that
lacks()
{
    local description=$1
    local pattern=$2
    local output

    shift 2
    write_policy "$@"
    output=$(check_policy)
    same "$description: exit status" 0 $?
    contains "$description: what it says" "$pattern" "$output"
    contains "$description: the verdict" "'$policy' is good, but for what this host cannot do\.$" \
        "$output"
}

promise="<partition name='/a'><memtune><min_guarantee unit='GiB'>1</min_guarantee></memtune></partition>"
lacks "no memory.low" "^'$policy', line 2: partition '/a': min_guarantee: .*memory\.low" "$promise"
lacks "a device that is not there" "line 2: partition '/a': .*no block device '/nowhere'" \
    "<partition name='/a'><blkiotune><device><path>/nowhere</path><weight>200</weight></device>" \
    "</blkiotune></partition>"
rm "$root/cg/memory/machine/memory.memsw.limit_in_bytes"
lacks "no accounting of swap" "swap_hard_limit: " \
    "<partition name='/a'><memtune><swap_hard_limit>9999</swap_hard_limit></memtune></partition>"
rm "$root/cg/cpu/machine/cpu.idle"
lacks "no cpu.idle" "^'$policy': priorities: .*cpu\.idle" "<partition name='/a' priority='1'/>"
sed -i '/cg.pids/d' "$root/proc/self/mountinfo"
lacks "no controller" "line 2: partition '/a': pids: this host has no 'pids' controller" \
    "<partition name='/a'><pids>5</pids></partition>"
sed -i '/^Swap/d' "$root/proc/meminfo"
lacks "no swap" "^'$policy': this host has no swap" "$promise"
mkdir -p "$root/run/systemd/system"
lacks "a layout that systemd does not have" "^'$policy': layout 'nested': systemd" \
    "<layout type='nested'/>"

finish
