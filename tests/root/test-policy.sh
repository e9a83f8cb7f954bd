#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The operator's policy: what partitions have by it, what the host keeps, and that a file that is
# bad, or a daemon that is killed, changes nothing of it.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/containers.sh"
. "$(dirname "$0")/policy.sh"
in_lab v1
need_containers

mib=$((1 << 20))

# grows NAME BYTES: something in the container takes that much
grows()
{
    tell_inside "$1" "busybox head -c $2 /dev/zero | busybox tail -c $2 | busybox wc -c"
}

said()
{
    [[ -e $container_roots/$1/said ]]
}

# of_qemu COMMAND...: about guests that are no containers
of_qemu()
{
    LIBVIRT_DEFAULT_URI=qemu:///system "$@"
}

# values: what partitions have that this test gives them
values()
{
    local group

    for group in a.partition b.partition; do
        echo "$group limit $(partition_has $group limit) pids $(partition_has $group pids)" \
            "quota $(partition_has $group quota) cpus $(partition_has $group cpus)"
    done
}

# ---- without a file ----

must "libvirtd starts without a policy" daemon_start
same "it says so" none "$(policy_state)"
must "a container" create_container a --partition /a --memory 1000
must "another one" create_container b --partition /b --memory 1000
same "partitions have no limits" "max max" \
    "$(partition_has a.partition limit) $(partition_has b.partition limit)"

# ---- with one ----

first="<reserve>$(all_but 300)</reserve>
<partition name='/a'><cputune><global_quota>150000</global_quota></cputune>
<pids>1000</pids></partition>"
same "a policy comes" "in force" "$(reload_policy "$first")"
same "processes" "1000 max" "$(partition_has a.partition pids) $(partition_has b.partition pids)"
same "processor time" "150000 -1" "$(partition_has a.partition quota) $(partition_has b.partition quota)"
check "what the host leaves is shared out" at_most "$(sum limit a.partition b.partition)" $((300 * mib))
check "and nearly all of it" at_most $((296 * mib)) "$(sum limit a.partition b.partition)"

must "a hog in one" grows a 400000000
must "a hog in the other" grows b 400000000
most=0
SECONDS=0
until ((SECONDS > 4 * patience)) || { said a && said b; }; do
    # What one had before and after the other was looked at, it had both together.
    first=$(partition_has a.partition usage)
    now=$(partition_has b.partition usage)
    last=$(partition_has a.partition usage)
    now=$((now + (first < last ? first : last)))
    ((now > most)) && most=$now
    # Read one after the other while one goes down and the other up: what counts is what stays.
    limits=$(sum limit a.partition b.partition)
    ((limits > 300 * mib && limits == $(sum limit a.partition b.partition))) && break
    limits=0
done
note "together they had $((most / mib)) MiB at most"
check "together they never had more" at_most $most $((300 * mib))
check "nor might they have had" at_most $limits $((300 * mib))
check "but a good part of that" at_most $((120 * mib)) $most
same "the one is alive" alive "$(inside a "echo alive")"
same "the other, too" alive "$(inside b "echo alive")"

# ---- a bad file ----

before=$(values)
same "a bad file is refused" refused "$(reload_policy "<layuot/>")"
contains "with the line" "'$policy_file', line 1: <layuot> is not known" "$(policy_reason)"
contains "in the log as well" "line 1: <layuot> is not known in <corral>: going on" "$(lab_log)"
same "nothing has changed" "$before" "$(values)"
same "one that asks for too much is refused, too" refused \
    "$(reload_policy "<reserve><memory unit='TiB'>100</memory></reserve>")"
contains "with the amounts" "MiB of memory are reserved, and this host has" "$(policy_reason)"
same "each was read once" 1 "$(grep -c '<layuot> is not known in <corral>: going on' "$daemon_log")"
same "nothing has changed" "$before" "$(values)"

must "the daemon is killed" daemon_kill9
must "and starts over the bad file" daemon_start
same "which it says" refused "$(policy_state)"
same "nothing has changed" "$before" "$(values)"
must "a container in a partition that is new" create_container c --partition /c --memory 1000
check "has its share of what the host leaves" \
    at_most "$(sum limit a.partition b.partition c.partition)" $((300 * mib))
check "it goes" virsh destroy c
check "and its partition with it" [ ! -e "$(controller_mount memory)/c.partition" ]

# ---- another good one ----

same "a good file" "in force" "$(reload_policy "<reserve>$(all_but 500)</reserve>
<partition name='/b'><memtune><hard_limit unit='MiB'>100</hard_limit></memtune></partition>")"
same "what is not said any more is undone" "max -1" \
    "$(partition_has a.partition pids) $(partition_has a.partition quota)"
check "a limit" at_most "$(partition_has b.partition limit)" $((100 * mib))
check "others have the rest" at_most $((390 * mib)) "$(partition_has a.partition limit)"
check "and no more" at_most "$(sum limit a.partition b.partition)" $((500 * mib))

# ---- processors ----

pinned_again()
{
    [[ $(group_file cpuset /a q vcpu2/cpuset.cpus) == 0 ]]
}

if (($(nproc) > 1)); then
    all=$(partition_has a.partition cpus)
    must "a QEMU guest with pins" of_qemu define_guest q --partition /a --vcpus 4 \
        --cputune "<vcpupin vcpu='1' cpuset='1'/><vcpupin vcpu='2' cpuset='0'/>
            <vcpupin vcpu='3' cpuset='0'/>"
    must "starts" of_qemu virsh start q
    same "it may run everywhere" "$all" "$(group_file cpuset /a q cpuset.cpus)"
    same "the host keeps a processor" "in force" \
        "$(reload_policy "<reserve><cpus count='1'/></reserve>")"
    rest=$(partition_has a cpus)
    differ "guests have the others" "$all" "$rest"
    same "also containers" "$rest" "$(partition_has a.partition cpus)"
    same "the guest itself" "$rest" "$(group_file cpuset /a q cpuset.cpus)"
    same "its emulator" "$rest" "$(group_file cpuset /a q emulator/cpuset.cpus)"
    same "its vCPU" "$rest" "$(group_file cpuset /a q vcpu0/cpuset.cpus)"
    same "one that was pinned there" 1 "$(group_file cpuset /a q vcpu1/cpuset.cpus)"
    same "one that was not may run where there is something" "$rest" \
        "$(group_file cpuset /a q vcpu2/cpuset.cpus)"
    must "one more of these is pinned to it" of_qemu virsh vcpupin q 3 "$rest"
    must "a guest that starts now" of_qemu create_guest r --partition /b
    same "has no more" "$rest" "$(group_file cpuset /b r cpuset.cpus)"
    same "limits of memory are undone" "max max max" "$(partition_has a limit) $(
        partition_has a.partition limit) $(partition_has b.partition limit)"
    same "it is given back" "in force" "$(reload_policy "")"
    same "to partitions" "$all" "$(partition_has a cpus)"
    same "to guests" "$all" "$(group_file cpuset /a q vcpu0/cpuset.cpus)"
    same "and to pins, which were there before" "1 0" \
        "$(group_file cpuset /a q vcpu1/cpuset.cpus) $(group_file cpuset /a q vcpu2/cpuset.cpus)"
    same "but not to what was pinned meanwhile" "$rest" \
        "$(group_file cpuset /a q vcpu3/cpuset.cpus)"
    same "once more it is taken" "in force" \
        "$(reload_policy "<reserve><cpus count='1'/></reserve>")"
    must "the daemon is killed" daemon_kill9
    must "and started" daemon_start
    same "and given" "in force" "$(reload_policy "")"
    check "also to pins" wait_for $patience pinned_again
else
    note "a single processor: none can be kept"
fi

# ---- no room ----

same "starts that would break the reserve are refused" "in force" \
    "$(reload_policy "<reserve excess='refuse'>$(all_but 300)</reserve>")"
refuse "such a start" "it has 409600 KiB of memory, and of what the host leaves" \
    create_container d --memory 400
check "a smaller one" create_container d --memory 100
refuse "one that would fit if that one used no more than now" "it has 225280 KiB of memory" \
    create_container e --memory 220

# ---- another layout ----

same "guests of no partition are elsewhere" "in force" "$(reload_policy "<layout type='nested'/>
    <reserve>$(all_but 300)</reserve><partition name='/machine'><pids>700</pids></partition>")"
must "such a guest" of_qemu create_guest n
same "has what is said of the default partition" 700 "$(partition_has libvirt pids)"
check "what the host leaves is shared out there, too" at_most \
    "$(sum limit a.partition b.partition libvirt machine)" $((300 * mib))

same "without a file" none "$(rm -f $policy_file; kill -HUP "$(daemon_pid)"
    wait_for $patience eval '[[ $(policy_state) == none ]]'; policy_state)"
same "there are no limits any more" "max max max max" \
    "$(for group in a.partition b.partition machine libvirt; do partition_has $group limit; done | xargs)"

finish
