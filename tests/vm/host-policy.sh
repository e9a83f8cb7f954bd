#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The operator's policy where systemd hands out the groups, on cgroup v2 alone: a partition is a
# slice, whatever guests are in it, and systemd agrees to what it is given.

. "$(dirname "$0")/host.sh"
. "$test_dir/containers.sh"
. "$test_dir/policy.sh"
mkdir -p $container_roots
need_containers

mib=$((1 << 20))

# follows XML STATE: the service reads the file anew
follows()
{
    put_policy "$1"
    touch -d @0 /run/libvirt/corral/policy.status
    systemctl reload libvirtd && wait_for $patience changed_since_then /run/libvirt/corral/policy.status &&
        same "$3" "$2" "$(policy_state)"
}

# unit_has SLICE PROPERTY
unit_has()
{
    systemctl show -P "$2" "$1"
}

# protected NAME MIB: as much as it has, and QEMU's own
protected()
{
    at_most $(($2 * mib)) "$(text "$(guest_scope "$1")/memory.low")"
}

values()
{
    local slice what

    for slice in a.slice b.slice; do
        for what in limit low pids quota shares idle; do
            echo "$slice $what $(partition_has $slice $what)"
        done
    done
}

host_daemon
put_policy "<reserve>$(all_but 300)</reserve>
<partition name='/a' priority='800'><pids>1000</pids>
<cputune><global_quota>90000</global_quota><min_guarantee>1</min_guarantee></cputune>
<memtune><min_guarantee unit='MiB'>100</min_guarantee></memtune></partition>
<partition name='/b' priority='100'/>"
must "corral activate" corral activate
must "libvirtd starts" systemctl restart libvirtd
must "it answers" host_answers
same "the policy is in force" "in force" "$(policy_state)"
must "a container" create_container a --partition /a --memory 1000
must "another one" create_container b --partition /b --memory 1000

same "processes" 1000 "$(partition_has a.slice pids)"
same "processor time" 90000 "$(partition_has a.slice quota)"
same "what is guaranteed is protected" $((100 * mib)) "$(partition_has a.slice low)"
same "who has no guarantee has what is left of processor time" "0 1" \
    "$(partition_has a.slice idle) $(partition_has b.slice idle)"
check "what the host leaves is shared out" at_most "$(sum limit a.slice b.slice)" $((300 * mib))
same "systemd knows the limit" "$(partition_has a.slice limit)" "$(unit_has a.slice MemoryMax)"
same "and the rest" "1000 $((100 * mib))" "$(unit_has a.slice TasksMax) $(unit_has a.slice MemoryLow)"

before=$(values)
check "systemd reads its units anew" systemctl daemon-reload
same "and keeps it" "$before" "$(values)"
follows "<layuot/>" refused "a bad file is refused"
same "nothing has changed" "$before" "$(values)"

# In the partition that has a processor: who looks leaves nothing to the other.
tell_inside a "busybox head -c 400000000 /dev/zero | busybox tail -c 400000000 | busybox wc -c"
most=0
until [[ -e $container_roots/a/said ]]; do
    now=$(sum usage a.slice b.slice)
    ((now > most)) && most=$now
    sleep 0.2
done
note "together they had $((most / mib)) MiB at most"
check "together they never had more" at_most $most $((300 * mib))
same "the one is alive" alive "$(inside a "echo alive")"
same "the other, too" alive "$(inside b "echo alive")"

make_guest q --partition /a > "$scratch/q.xml"
must "a QEMU guest" virsh -c qemu:///system create "$scratch/q.xml"
check "what it was promised is protected" wait_for $patience protected q 32
refuse "it is not moved" "^corral: .*systemd keeps a guest's scope in the slice" \
    corral partition move q /b
same "and says so" /a "$(LIBVIRT_DEFAULT_URI=qemu:///system shown_partition q)"
check "it goes" virsh -c qemu:///system destroy q

follows "" "in force" "a file that says nothing"
same "undoes it all" "max 0 max -1 1024 0" "$(partition_has a.slice limit) $(partition_has a.slice low) $(
    partition_has a.slice pids) $(partition_has a.slice quota) $(partition_has a.slice shares) $(
    partition_has b.slice idle)"
same "for systemd as well" "infinity 0" "$(unit_has a.slice MemoryMax) $(unit_has a.slice MemoryLow)"

virsh destroy a > /dev/null
virsh destroy b > /dev/null
host_leave
finish
