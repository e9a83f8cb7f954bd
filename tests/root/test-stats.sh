#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpu-stats and domstats: what they say is what the kernel says, for few guests
# and for many, across guests that come and go and the death of the daemon.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

guest=s1

# stat FIELD [OPTION]...: of the guest, as domstats has it
stat_of()
{
    local field=$1

    shift
    virsh domstats $guest "$@" | sed -n "s/^  $field=//p"
}

# sampler_files: descriptors that the daemon has in guests' groups
sampler_files()
{
    ls -l "/proc/$(daemon_pid)/fd" | grep -c "$guest.qemu.libvirt/"
}

must "libvirtd starts" daemon_start
must "a guest" create_guest $guest --vcpus 2
before=$(group_file cpuacct /machine $guest cpuacct.usage)
total=$(virsh cpu-stats $guest --total | awk '$1 == "cpu_time" { printf "%.0f", $2 * 1e9 }')
stats=$(stat_of cpu.time)
after=$(group_file cpuacct /machine $guest cpuacct.usage)
check "cpu-stats tells the group's time" between "$before" "$total" "$after"
check "domstats does" between "$before" "$stats" "$after"
contains "user and system too" "user_time.*system_time" "$(virsh cpu-stats $guest --total | xargs)"

cpus=$(virsh cpu-stats $guest | grep -c '^CPU')
same "each CPU of the machine" "$(($(sed 's/.*-//' /sys/devices/system/cpu/present) + 1))" "$cpus"
each=$(virsh cpu-stats $guest | awk '/^Total/ { exit } $1 == "cpu_time" { sum += $2 } END { printf "%.0f", sum * 1e9 }')
check "they add up" between "$before" "$each" "$(group_file cpuacct /machine $guest cpuacct.usage)"
same "vCPUs have a figure of their own" "$cpus" "$(virsh cpu-stats $guest | grep -c '^[[:space:]]*vcpu_time')"
refuse "a CPU the machine does not have" "1000 is out of range" \
    virsh cpu-stats $guest --start 1000 --count 1

check "a ceiling" virsh schedinfo $guest --set global_quota=5000
check "and a limit" virsh memtune $guest --hard-limit 200000 --swap-hard-limit 300000
throttled()
{
    (($(stat_of cgroup.cpu.nr_throttled) > 0 && $(stat_of cgroup.cpu.throttled_time) > 0))
}
# Once it has work to do; a firmware that waits has none.
wait_for 5 throttled || note "the guest never reached its ceiling"
same "periods are told" 1 "$(virsh domstats $guest --cpu-total | grep -c 'cgroup.cpu.nr_periods=')"
same "the limit" $((200000 << 10)) "$(stat_of cgroup.memory.limit)"
same "what is left for swap" $((100000 << 10)) "$(stat_of cgroup.swap.limit)"
low=$(group_file memory /machine $guest memory.usage_in_bytes)
now=$(stat_of cgroup.memory.current)
check "memory" between $((low / 2)) "$now" $((low * 2))
# told CONTROLLER FILE NAME: as the kernel has it, which may change between two looks
told()
{
    local has=$(group_file "$1" /machine $guest "$2")
    local says=$(stat_of "$3")

    [[ $has == "$says" ]] || { echo "$2: $has; $3: $says"; return 1; }
}
check "the peak" wait_for $patience told memory memory.max_usage_in_bytes cgroup.memory.peak
check "processes and threads" wait_for $patience told pids pids.current cgroup.pids.current
same "out of memory never" 0 "$(stat_of cgroup.memory.events.oom_kill)"
same "nothing of it where other things are asked for" "" \
    "$(virsh domstats $guest --state --vcpu --interface | grep cgroup)"
same "memory with balloon alone" "" "$(virsh domstats $guest --balloon --raw | grep -E 'cgroup\.(cpu|io)')"
check "enforced" virsh domstats $guest --cpu-total --balloon --block --enforce
same "a reader may ask" "$(stat_of cgroup.memory.limit)" \
    "$(virsh -r domstats $guest | sed -n 's/^  cgroup.memory.limit=//p')"

check "files are kept open" test "$(sampler_files)" -gt 0
kept=$(sampler_files)
stat_of cpu.time > /dev/null
same "and not opened again" "$kept" "$(sampler_files)"
check "destroyed" virsh destroy $guest
same "they are closed" 0 "$(sampler_files)"
refuse "cpu-stats of one that is gone" "failed to get domain" virsh cpu-stats $guest

must "the same guest again" create_guest $guest
check "new figures" between 0 "$(stat_of cpu.time)" "$(group_file cpuacct /machine $guest cpuacct.usage)"
must "the daemon is killed" daemon_kill9
must "and comes again" daemon_start
check "it still tells" between 1 "$(stat_of cpu.time)" "$(group_file cpuacct /machine $guest cpuacct.usage)"

# Several threads ask for many.
for i in {1..11}; do
    create_guest many$i --memory 16 > /dev/null || fail "guest many$i"
done
define_guest off > /dev/null
same "each is told of once" "$(virsh list --all --name | sed '/^$/d' | sort)" \
    "$(virsh domstats --state | sed -n "s/^Domain: '\(.*\)'/\1/p" | sort)"
same "those that run" "$(virsh list --name | sed '/^$/d' | sort)" \
    "$(virsh domstats --list-running --cpu-total | sed -n "s/^Domain: '\(.*\)'/\1/p" | sort)"
same "all with a group" 12 "$(virsh domstats | grep -c 'cgroup.memory.current=')"
same "in the order asked for" "many9 many2 off many11 many5 many1 s1 many3" \
    "$(virsh domstats many9 many2 off many11 many5 many1 s1 many3 | sed -n "s/^Domain: '\(.*\)'/\1/p" | xargs)"

# While guests come and go nobody is told of wrongly, and nothing falls over.
for i in {1..6}; do
    virsh domstats > /dev/null 2>> /run/corral-lab/domstats.err &
    virsh destroy many$i > /dev/null
done
wait
check "the daemon lives" virsh list
same "six are left" 6 "$(virsh domstats | grep -c 'cgroup.memory.current=')"

finish
