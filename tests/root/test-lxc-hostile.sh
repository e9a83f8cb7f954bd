#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container that means harm: it takes all the processor time and memory that
# it can get, and opens every device of which it can make a node.  What its
# neighbour gets done is counted before and meanwhile.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1

seconds=3
memory=$((64 << 10)) # KiB
first_id=100000      # whom root in a user namespace is outside

# Both want the same processor, so it does not matter how many there are.
processor=$(cd "$(controller_mount cpuset)" &&
    sed 's/[-,].*//' "$(unified_alone && echo cpuset.cpus.effective || echo cpuset.cpus)")

# count NAME: how far its counter has come
count()
{
    cat "$(container_root "$1")/count" 2> /dev/null || echo 0
}

start_counting()
{
    tell_inside "$1" 'i=0; while :; do i=$((i+1)); echo $i > /count.new; busybox mv /count.new /count; done &' &&
        wait_for $patience test -s "$(container_root "$1")/count"
}

# measure: a line of what was done meanwhile: the neighbour's count per second; milliseconds
# of processor time of the neighbour and of the other one, and of the clock
measure()
{
    local clock=$(uptime_ms)
    local counted=$(count neighbour)
    local good=$(container_has neighbour used)
    local bad=$(container_has hostile used)

    wait_for "$seconds" false
    good=$((($(container_has neighbour used) - good) / 1000000))
    bad=$((($(container_has hostile used) - bad) / 1000000))
    clock=$(($(uptime_ms) - clock))
    echo $((($(count neighbour) - counted) * 1000 / clock)) $good $bad $clock
}

# report TITLE COUNT GOOD BAD CLOCK
report()
{
    note "$1: neighbour counts $2/s, has $(($3 * 100 / $5))% of the processor, the other $(($4 * 100 / $5))%"
}

counts()
{
    local before

    before=$(count neighbour)
    wait_for $patience bash -c "[[ \$(cat '$(container_root neighbour)/count') != '$before' ]]"
}

memory_limits="<memtune><hard_limit>$memory</hard_limit>"
! unified_alone && [[ ! -e $(controller_mount memory)/memory.memsw.limit_in_bytes ]] ||
    memory_limits+="<swap_hard_limit>$memory</swap_hard_limit>"
memory_limits+="</memtune>"

must "libvirtd starts" daemon_start
# It forks all the time, and a busy kernel takes seconds to get back what each has had of it.
must "a container is defined" define_container neighbour --cpuset "$processor" --memory 512
must "and one that means harm" define_container hostile --cpuset "$processor" \
    --top "$memory_limits<features><capabilities policy='allow'><mknod state='on'/></capabilities></features>"
for name in neighbour hostile; do
    must "$name starts" virsh start $name
    wait_for $patience started_times $name 1
done
daemon=$(daemon_pid)
must "the neighbour works" start_counting neighbour
read -r -a before < <(measure)
report "alone" "${before[@]}"

# ---- processor time ----

must "twelve processes that never rest" \
    tell_inside hostile 'i=0; while [ $i -lt 12 ]; do (while :; do :; done) & i=$((i+1)); done'
wait_for $patience test -e "$(container_root hostile)/said"
read -r -a during < <(measure)
report "with the same shares" "${during[@]}"
# As much as the other one: the bound is for the rounding of a busy machine.
check "one process has as much as all of them" test $((during[1] * 10)) -ge $((during[2] * 7))

check "the neighbour is promised four times as much" virsh schedinfo neighbour --live cpu_shares=4096
read -r -a during < <(measure)
report "with four times the shares" "${during[@]}"
check "it has more than twice as much" test "${during[1]}" -ge $((during[2] * 2))

check "the other one gets a ceiling of a tenth" \
    virsh schedinfo hostile --live vcpu_period=100000 vcpu_quota=10000
read -r -a during < <(measure)
report "with a ceiling" "${during[@]}"
check "it keeps to it" test $((during[2] * 100)) -le $((during[3] * 15))

# ---- memory ----

limit=$(container_has hostile hard_limit)
same "its memory is limited" $((memory << 10)) "$limit"
inside hostile 'kill -9 -1' > /dev/null
virsh schedinfo hostile --live vcpu_quota=-1 > /dev/null
members=$(container_file pids neighbour cgroup.procs | sort -n | head -n 3)
hog='for i in 1 2 3; do busybox tail /dev/zero; echo ended $?; done'
check "it takes memory without end" tell_inside hostile "$hog"
read -r -a during < <(measure)
report "meanwhile" "${during[@]}"
check "whoever does is killed" wait_for 60 test -e "$(container_root hostile)/said"
same "each of them" "$(printf 'ended 137\n%.0s' 1 2 3)" "$(grep ended "$(container_root hostile)/said")"
# The kernel lets through a few pages that cannot wait.
check "it never had more" test "$(container_has hostile peak)" -le $((limit + (256 << 10)))
check "though it tried" test "$(container_has hostile peak)" -ge $((limit / 10 * 9))
same "the limit is what it was" "$limit" "$(container_has hostile hard_limit)"
same "nobody else was killed" "$members" \
    "$(container_file pids neighbour cgroup.procs | sort -n | head -n 3)"
check "the neighbour goes on" counts
same "so does libvirtd" "$daemon" "$(daemon_pid)"
check "and the other one, with what is left of it" inside hostile 'echo here'

# ---- devices ----

# Each device of the machine, if it can make a node of it.
(cd /sys/dev && for kind in block char; do
    ls $kind | sed "s/:/ /; s/^/${kind:0:1} /"
done) > "$(container_root hostile)/devices"
cat > "$(container_root hostile)/probe" <<'END'
#!/bin/sh
mkdir -p /nodes
while read -r kind major minor; do
    mknod /nodes/$kind:$major:$minor $kind $major $minor || continue
    for how in '<' '>>'; do
        said=$(busybox timeout 5 sh -c "exec 5$how /nodes/$kind:$major:$minor" 2>&1)
        case $said in
        *'Operation not permitted'*) echo $kind $major:$minor >> /refused ;;
        *) echo $kind $major:$minor >> /opened ;;
        esac
    done
done < /devices
END
tell_inside hostile 'sh /probe'
check "it tries every device" wait_for 240 test -e "$(container_root hostile)/said"
same "it could make a node of each" "" "$(cat "$(container_root hostile)/said")"
note "$(wc -l < "$(container_root hostile)/devices") devices, $(sort -u "$(container_root hostile)/opened" | wc -l) open"
differ "most of them are refused" "" "$(cat "$(container_root hostile)/refused")"
same "what opens is in the default list" "" "$(sort -u "$(container_root hostile)/opened" |
    grep -vxE 'c (1:[35789]|5:[02]|10:229)')"
check "the neighbour goes on" counts
check "the other one is destroyed" timeout 60 virsh destroy hostile
check "its group is gone" test -z "$(groups_of 'lxc-*-hostile.libvirt-lxc')"
check "the neighbour goes on" counts

# ---- root in a user namespace ----

make_root mapped
mkdir -p "$(container_root mapped)/tmp"
chown -R $first_id:$first_id "$(container_root mapped)"
chmod 755 /run/corral-lab "$container_roots"
must "one whose root is nobody outside" create_container mapped --top \
    "<features><privnet/></features><idmap><uid start='0' target='$first_id' count='1000'/><gid start='0' target='$first_id' count='1000'/></idmap>"
must "its init runs" wait_for $patience started_times mapped 1
same "it is root inside" 0 "$(inside mapped 'busybox id -u')"
same "and nobody outside" "$first_id" \
    "$(stat -c %u "/proc/$(container_file memory mapped cgroup.procs | sort -n | tail -n 1)")"
if unified_alone; then
    files="cpu/cpu.weight memory/memory.max freezer/cgroup.freeze pids/pids.max cpu/cgroup.procs"
else
    files="cpu/cpu.shares memory/memory.limit_in_bytes freezer/freezer.state devices/devices.deny"
    group=$(controller_mount devices)$(container_group mapped)
    list=$(container_file devices mapped devices.list)
    for rule in a 'b *:* rwm' 'c 10:237 rw'; do
        inside mapped "echo '$rule' > $group/devices.allow" > /dev/null
    done
    same "it cannot allow itself a device" "$list" "$(container_file devices mapped devices.list)"
fi
neighbour=$(container_group neighbour)
for file in $files; do
    value=$(container_file "${file%/*}" neighbour "${file#*/}" 2> /dev/null | head -n 1)
    refuse "it cannot write to the neighbour's $file" "Permission denied|not permitted" \
        inside mapped "echo ${value:-a} > $(controller_mount "${file%/*}")$neighbour/${file#*/}"
done
refuse "it cannot make a node" "Operation not permitted" inside mapped 'mknod /tmp/loop b 7 0'
check "the neighbour goes on" counts
check "it is destroyed" virsh destroy mapped
check "so is the neighbour" virsh destroy neighbour
check "nothing is left" no_container_groups

finish
