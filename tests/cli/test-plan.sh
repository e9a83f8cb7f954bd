#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral plan: what a policy would change, on a machine made of plain files.

. "$(dirname "$0")/functions.sh"

plan()
{
    "$corral" plan --root "$root" "$@"
}

# set_value CONTROLLER PATH FILE TEXT: as a daemon would
set_value()
{
    echo "$4" > "$root/cg/$1/$2/$3"
}

make_host host
make_host_group machine
same "no policy" "Nothing would change." "$(plan)"

# ---- values ----

write_policy \
    "<partition name='/a'>" \
    "  <cputune><global_period>50000</global_period><global_quota>25000</global_quota></cputune>" \
    "  <memtune><hard_limit unit='GiB'>2</hard_limit></memtune>" \
    "  <cpuset>0-3</cpuset><pids>100</pids>" \
    "</partition>"
same "a partition that nobody is in yet" "Nothing would change." "$(plan)"
make_host_group a
same "one that is" "/a: cpu quota: none -> 25000
/a: cpu period: 100000 -> 50000
/a: processes: none -> 100
/a: cpus: 0-7 -> 0-3
/a: memory limit: none -> 2 GiB" "$(plan)"
before=$(snapshot "$root")
plan > /dev/null
same "nothing is changed" "$before" "$(snapshot "$root")"
plan --json > "$scratch/json"
json_documented plan "$scratch/json"
contains "for programs" '\{"partition":"/a","what":"memorylimit","from":"none","to":"2GiB"\}' \
    "$(tr -d ' \n' < "$scratch/json")"
set_value cpu a cpu.cfs_quota_us 25000
set_value cpu a cpu.cfs_period_us 50000
set_value pids a pids.max 100
same "half of it" "/a: cpus: 0-7 -> 0-3
/a: memory limit: none -> 2 GiB" "$(plan)"
set_value cpuset a cpuset.cpus 0-3
set_value memory a memory.limit_in_bytes $((2 << 30))
same "all of it" "Nothing would change." "$(plan)"
same "all of it: JSON" '{"changes":[]}' "$(plan --json | tr -d ' \n')"

# ---- another file than the one in force ----

sed 's/100</200</' "$policy" > "$scratch/other.xml"
same "another file" "/a: processes: 100 -> 200" "$(plan "$scratch/other.xml")"
refuse "one that is bad" "^corral: '$scratch/json', line 1: " plan "$scratch/json"
refuse "one that is not there" "^corral: there is no file" plan "$scratch/nowhere"

# ---- what is shared out ----

make_host shared
make_host_group a
make_host_group b
write_policy "<partition name='/a' priority='900'>" \
    "<memtune><min_guarantee unit='GiB'>8</min_guarantee></memtune></partition>" \
    "<partition name='/b' priority='100'/>"
output=$(plan)
contains "a limit for who has a guarantee" $'/a: memory limit: none -> [0-9]' "$output"
contains "and for who has none" $'/b: memory limit: none -> [0-9]' "$output"
contains "who gives way first" '/b: cpu idle: no -> yes' "$output"

finish
