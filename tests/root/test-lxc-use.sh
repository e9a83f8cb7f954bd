#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How much a container may have, and what it uses: memory, CPUs, disks, processes.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
. "$test_dir/devices.sh"
need_containers
in_lab v1 hybrid

# definition NAME ELEMENT [OPTION]: a number in the XML
definition()
{
    virsh dumpxml "$1" ${3:+"$3"} | sed -n "s,.*<$2[^>]*>\([-0-9]*\)</$2>.*,\1,p"
}

limit()
{
    container_has "$1" hard_limit
}

# stat_of NAME FIELD [OPTION]...: a figure of domstats
stat_of()
{
    local name=$1
    local field=$2

    shift 2
    virsh domstats "$name" "$@" | sed -n "s/^  $field=//p"
}

uses_more()
{
    (($(container_has web usage) > $1))
}

has_swap_accounting()
{
    [[ $(container_has web swap) ]]
}

must "libvirtd starts" daemon_start
make_loops first second
limits="<metadata><corral:limits xmlns:corral='https://corral.dev/xmlns/libvirt/domain/1.0'>
<corral:pids>60</corral:pids></corral:limits></metadata>"
must "a container is defined" define_container web --partition /production --memory 128 \
    --current 64 --top "$limits<numatune><memory mode='strict' nodeset='0'/></numatune>" \
    --cputune "<emulatorpin cpuset='0'/>" --devices "<disk type='block' device='disk'>
        <source dev='$first'/><target dev='sda' bus='scsi'/></disk>
        <disk type='block' device='disk'><source dev='$second'/><target dev='sdb'/></disk>"
same "what it may have at first is in its definition" 65536 "$(definition web currentMemory)"

# ---- at the start ----

must "it starts" virsh start web
wait_for $patience started_times web 1
same "it may have what it has at first" "$((64 << 20))" "$(limit web)"
same "that is shown" 65536 "$(definition web currentMemory)"
same "as no limit besides" "" "$(definition web hard_limit)"
same "it runs where its emulator would" 0 "$(container_file cpuset web cpuset.cpus)"
same "its memory is that of its nodes" 0 "$(container_has web nodes)"
same "it may have so many processes" 60 "$(container_file pids web pids.max)"
define_container narrow --cpuset 1 --cputune "<emulatorpin cpuset='0'/>" > /dev/null
virsh start narrow > /dev/null
same "the CPUs of <vcpu> count more" 1 "$(container_file cpuset narrow cpuset.cpus)"
virsh destroy narrow > /dev/null
define_container odd --top "${limits//60/none}" > /dev/null
refuse "what is no number of processes" "<pids>: 'none'" virsh start odd
check "nothing is left of that" bash -c "[[ ! \$(find /sys/fs/cgroup -name '*-odd.libvirt-lxc') ]]"

# ---- memory ----

check "more" virsh setmem web 100M --live
same "is in force" "$((100 << 20))" "$(limit web)"
same "is shown" $((100 << 10)) "$(definition web currentMemory)"
same "is not defined" 65536 "$(definition web currentMemory --inactive)"
check "both" virsh setmem web 90M --live --config
same "in force" "$((90 << 20))" "$(limit web)"
same "defined" $((90 << 10)) "$(definition web currentMemory --inactive)"
check "the definition alone" virsh setmem web 64M --config
same "the limit is as it was" "$((90 << 20))" "$(limit web)"
same "it is defined" 65536 "$(definition web currentMemory --inactive)"
refuse "more than there is" "Cannot set memory higher than max memory" virsh setmem web 129M --live
same "the limit is as it was" "$((90 << 20))" "$(limit web)"
refuse "the most cannot change while it runs" "Cannot resize the max memory on an active domain" \
    virsh setmaxmem web 256M --live
if has_swap_accounting; then
    check "memory and swap are limited" virsh memtune web --live \
        --hard-limit $((90 << 10)) --swap-hard-limit $((95 << 10))
    refuse "more memory than both" "Failed to set memory for domain" virsh setmem web 100M --live
    same "the limit is as it was" "$((90 << 20))" "$(limit web)"
    same "so is what is shown" $((90 << 10)) "$(definition web currentMemory)"
fi
daemon=$(daemon_pid)

# 40 MiB that cannot be had back, in a file that is nowhere else
check "it has a tmpfs" inside web 'busybox mount -t tmpfs none /tmp'
check "it uses memory" inside web 'dd if=/dev/zero of=/tmp/much bs=1M count=40'
check "so the kernel says" uses_more "$((40 << 20))"
if ! has_swap_accounting || (($(awk '/SwapTotal/ { print $2 }' /proc/meminfo) == 0)); then
    refuse "less than it uses" "Failed to set memory for domain.*(busy|more)" \
        virsh setmem web 20M --live
    same "the limit is as it was" "$((90 << 20))" "$(limit web)"
    same "so is what is shown" $((90 << 10)) "$(definition web currentMemory)"
    refuse "nor with its definition" "Failed to set memory for domain" \
        virsh setmem web 20M --live --config
    same "that is as it was" 65536 "$(definition web currentMemory --inactive)"
fi
usage=$(virsh dommemstat web | sed -n 's/^rss //p')
check "what it uses is told" test "$usage" -gt $((40 << 10)) -a "$usage" -lt $((90 << 10))
same "what it may have, too" $((90 << 10)) "$(virsh dommemstat web | sed -n 's/^actual //p')"
if has_swap_accounting; then
    swap=$(virsh dommemstat web | sed -n 's/^swap_in //p')
    check "swap is not memory and swap" test "$swap" -lt $((30 << 10))
else
    same "swap is not told where nobody counts it" "" \
        "$(virsh dommemstat web | sed -n 's/^swap_in //p')"
fi
contains "dominfo, too" "Used memory: *[45][0-9]{4} KiB" "$(virsh dominfo web)"
inside web 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done' > /dev/null
check "its processor time is told" test "$(virsh dominfo web | sed -n 's/^CPU time: *//p')" != 0.0s

# ---- a definition that cannot be written ----

virsh schedinfo web --live --config cpu_shares=512 > /dev/null
mount --bind /etc/libvirt/lxc /etc/libvirt/lxc && mount -o remount,bind,ro /etc/libvirt/lxc
refuse "memory, and the definition cannot be written" "[Ff]ailed|cannot|Read-only" \
    virsh setmem web 70M --live --config
same "the limit is as it was" "$((90 << 20))" "$(limit web)"
same "so is what is shown" $((90 << 10)) "$(definition web currentMemory)"
refuse "shares, likewise" "[Ff]ailed|cannot|Read-only" \
    virsh schedinfo web --live --config cpu_shares=700
same "they are as they were" 512 "$(container_has web shares)"
same "so is what is shown" 512 "$(definition web shares)"
umount /etc/libvirt/lxc

# ---- a limit of processes ----

put_bomb web
tell_inside web /bomb
check "a fork bomb goes off" wait_for 40 bomb_at_limit web
check "and stays inside" wait_for $patience eval '(($(container_file pids web pids.current) <= 60))'
check "the host can fork" bash -c 'for i in {1..50}; do /bin/true & done; wait'
check "it is told how many there are" wait_for $patience eval \
    '(($(stat_of web cgroup.pids.current) <= 60))'
check "it is destroyed" timeout $patience virsh destroy web
check "nothing is left" no_container_groups
check "of the disks, neither" losetup "$first"

# ---- disks ----

virsh start web > /dev/null
wait_for $patience started_times web 2
same "its memory is as it is defined" "$((64 << 20))" "$(limit web)"
# Where the kernel counts only what is limited, it is.
virsh blkiotune web --live --device-write-bytes-sec "$first,1073741824,$second,1073741824" > /dev/null
check "it writes to a disk" inside web 'dd if=/dev/zero of=/dev/sda bs=64k count=4 conv=fsync'
wrote()
{
    (($(virsh domblkstat web "$1" | sed -n 's/.* wr_bytes //p') == $2))
}
check "that is told of this one" wait_for $patience wrote sda $((256 << 10))
check "and by its path" wrote "$first" $((256 << 10))
check "not of the other" wrote sdb 0
check "and of all" wrote '' $((256 << 10))
refuse "no disk" "invalid path" virsh domblkstat web sdx

# ---- domstats ----

same "what it is" "1 1" "$(stat_of web state.state) $(stat_of web state.reason)"
same "its memory" "65536 131072" "$(stat_of web balloon.current) $(stat_of web balloon.maximum)"
check "what it uses of it" test "$(stat_of web balloon.rss)" -gt 0
same "its limit" "$((64 << 20))" "$(stat_of web cgroup.memory.limit)"
check "its processor time" test "$(stat_of web cpu.time)" -gt 0
same "its disks" "2 sda $first" \
    "$(stat_of web block.count) $(stat_of web block.0.name) $(stat_of web block.0.path)"
same "what was written" "$((256 << 10))" "$(stat_of web block.0.wr.bytes)"
same "the vCPUs" 1 "$(stat_of web vcpu.current)"
same "only what is asked for" "" "$(stat_of web balloon.current --state)"
same "no processor time, neither" "" "$(stat_of web cpu.time --state)"
refuse "what containers have not, if that is asked for" "Stats types bits" \
    virsh domstats web --iothread --enforce
same "all of them" "narrow odd web" "$(virsh domstats --state |
    sed -n "s/^Domain: '\(.*\)'/\1/p" | sort | tr '\n' ' ' | sed 's/ $//')"
same "those that run" web "$(virsh domstats --state --list-running |
    sed -n "s/^Domain: '\(.*\)'/\1/p")"
same "of one that does not, nothing of what it uses" "" "$(stat_of odd cpu.time)"
virsh suspend web > /dev/null
same "one that stands still" "3 1" "$(stat_of web state.state) $(stat_of web state.reason)"
virsh resume web > /dev/null

# ---- the daemon's end ----

virsh setmem web 80M --live > /dev/null
same "libvirtd is the same" "$daemon" "$(daemon_pid)"
must "the daemon is killed" daemon_kill9
must "and started" daemon_start
same "the limit is as it was" "$((80 << 20))" "$(limit web)"
same "and what is shown" $((80 << 10)) "$(definition web currentMemory)"
same "its processes are limited" 60 "$(container_file pids web pids.max)"
check "it is destroyed" virsh destroy web
refuse "of one that does not run nothing is told" "domain is not running" virsh dommemstat web
refuse "nor of its disks" "domain is not running" virsh domblkstat web sda
check "nothing is left" no_container_groups

finish
