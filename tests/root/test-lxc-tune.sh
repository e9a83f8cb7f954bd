#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What virsh can tune of containers, and read of them.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1 hybrid

# sched NAME [OPTION]...: schedinfo as one line
sched()
{
    virsh schedinfo "$@" | sed -n 's/^\([a-z_]*\) *: \(.*\)$/\1=\2/p' | tr '\n' ' '
}

# definition NAME ELEMENT [OPTION]: a number in the XML
definition()
{
    virsh dumpxml "$1" ${3:+"$3"} | sed -n "s,.*<$2[^>]*>\([-0-9]*\)</$2>.*,\1,p"
}

must "libvirtd starts" daemon_start
must "a container is defined" define_container web --memory 96 \
    --cputune '<shares>2048</shares><period>50000</period><quota>40000</quota>'
define_container bare > /dev/null
daemon=$(daemon_pid)

# ---- a container that is shut off ----

same "schedinfo of one that is shut off" "cpu_shares=2048 vcpu_period=50000 vcpu_quota=40000 " \
    "$(sched web)"
same "the same by name of its definition" "cpu_shares=2048 vcpu_period=50000 vcpu_quota=40000 " \
    "$(sched web --config)"
same "of one with no tuning" "cpu_shares=0 vcpu_period=0 vcpu_quota=0 " "$(sched bare)"
refuse "of the live one" "domain is not running" virsh schedinfo web --live
check "it is changed" virsh schedinfo web --config vcpu_quota=45000
same "as asked" "cpu_shares=2048 vcpu_period=50000 vcpu_quota=45000 " "$(sched web)"
same "libvirtd is the same" "$daemon" "$(daemon_pid)"

# ---- scheduler parameters of one that runs ----

must "it starts" virsh start web
wait_for $patience started_times web 1
same "all is in force" "2048 50000 45000" \
    "$(container_has web shares) $(container_has web period) $(container_has web quota)"
same "and read" "cpu_shares=2048 vcpu_period=50000 vcpu_quota=45000 " "$(sched web)"
same "the definition, too" "cpu_shares=2048 vcpu_period=50000 vcpu_quota=45000 " \
    "$(sched web --config)"

virsh event --event tunable --loop > /run/corral-lab/events 2>&1 &
listener=$!
wait_for $patience bash -c 'virsh -c lxc:///system list > /dev/null; [[ -e /proc/'$listener'/fd ]]'
event_comes()
{
    virsh schedinfo web --live vcpu_quota=30000 > /dev/null &&
        grep -q 'cputune.vcpu_quota: 30000' /run/corral-lab/events
}
check "who listens hears of a change, with its value" wait_for $patience event_comes
kill "$listener"
same "it is in force" 30000 "$(container_has web quota)"
same "the definition is as it was" 45000 "$(definition web quota --inactive)"
same "the live one has it" 30000 "$(definition web quota)"
check "both at once" virsh schedinfo web --live --config cpu_shares=512
same "in force" 512 "$(container_has web shares)"
same "defined" 512 "$(definition web shares --inactive)"
refuse "too many shares" "must be in range" virsh schedinfo web --live cpu_shares=300000
refuse "one wrong number of two" "cfs_period .5. must be in range" \
    virsh schedinfo web --live cpu_shares=700 vcpu_period=5
same "and the other is not in force" 512 "$(container_has web shares)"
refuse "what containers do not have" "not supported|invalid scheduler option" \
    virsh schedinfo web --live emulator_quota=20000
check "no ceiling" virsh schedinfo web --live vcpu_quota=-1
same "is none" -1 "$(container_has web quota)"
virsh schedinfo web --live vcpu_quota=30000 > /dev/null

# ---- memory ----

same "memory parameters" "$((96 * 1024))" "$(virsh memtune web | sed -n 's/^hard_limit *: //p')"
check "a hard limit" virsh memtune web --live --hard-limit 65536
same "is in force" "$((64 << 20))" "$(container_has web hard_limit)"
same "is read" 65536 "$(virsh memtune web | sed -n 's/^hard_limit *: //p')"
same "is in the live definition" 65536 "$(definition web hard_limit)"
same "and not in the persistent one" "" "$(definition web hard_limit --inactive)"
check "both" virsh memtune web --live --config --soft-limit 32768
same "a soft limit is in force" "$((32 << 20))" \
    "$(container_has web soft_limit)"
same "and defined" 32768 "$(definition web soft_limit --inactive)"
if [[ -e $(controller_mount memory)/memory.memsw.limit_in_bytes ]] || unified_alone; then
    refuse "less memory and swap than memory" "must be lower" \
        virsh memtune web --live --swap-hard-limit 1024
fi
refuse "no guarantee" "not supported" virsh memtune web --live --min-guarantee 1024
check "less memory" virsh setmem web 40M --live
same "is in force" "$((40 << 20))" "$(container_has web hard_limit)"
same "and what memtune reads" 40960 "$(virsh memtune web | sed -n 's/^hard_limit *: //p')"

# ---- block I/O ----

check "block I/O is read" virsh blkiotune web
device=$(lsblk -dno NAME,TYPE 2> /dev/null | awk '$2 == "disk" { print "/dev/" $1; exit }')
if [[ -b $device ]]; then
    number=$(stat -c '%Hr:%Lr' "$device")
    check "a device is limited" virsh blkiotune web --live --device-read-bytes-sec "$device,1048576"
    if unified_alone; then
        contains "it is in force" "$number rbps=1048576" "$(container_file io web io.max)"
    else
        contains "it is in force" "$number 1048576" \
            "$(container_file blkio web blkio.throttle.read_bps_device)"
    fi
    contains "it is read" "$device,1048576" "$(virsh blkiotune web)"
fi
refuse "no device" "No such file|not a block device|cannot" \
    virsh blkiotune web --live --device-read-bytes-sec /dev/none,1

# ---- what it has used ----

inside web 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done' > /dev/null
total=$(virsh cpu-stats web --total | sed -n 's/.*cpu_time *\([0-9]*\)\.\([0-9]*\) .*/\1\2/p')
used=$(container_has web used)
check "processor time" test "$((10#$total))" -gt 0 -a "$((10#$total))" -le "$used"
same "per CPU there is no vcpu_time" "" "$(virsh cpu-stats web | grep vcpu_time)"
check "dominfo" virsh dominfo web

# ---- a reboot from inside ----

# What is set of it and what is defined are the same: which of the two it begins with is libvirt's
# business, and has not always been the same.
check "its ceiling is what is defined" virsh schedinfo web --live vcpu_quota=45000
check "it boots anew" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 2
check "schedinfo knows" wait_for $patience bash -c \
    '[[ $(virsh -c lxc:///system schedinfo web) == *cpu_shares*512*vcpu_quota*45000* ]]'
same "so does the kernel" 45000 "$(container_has web quota)"
same "its soft limit is what it was" "$((32 << 20))" \
    "$(container_has web soft_limit)"
check "it is changed" virsh schedinfo web --live vcpu_quota=30000
same "in force" 30000 "$(container_has web quota)"

# ---- a restart of the daemon ----

must "the daemon is killed" daemon_kill9
must "and started" daemon_start
same "nothing has changed" "cpu_shares=512 vcpu_period=50000 vcpu_quota=30000 " "$(sched web)"
check "it is changed" virsh schedinfo web --live vcpu_quota=20000
same "in force" 20000 "$(container_has web quota)"
check "it is destroyed" virsh destroy web
same "it is as defined" "cpu_shares=512 vcpu_period=50000 vcpu_quota=45000 " "$(sched web)"
check "nothing is left" no_container_groups

finish
