#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Everything that can be tuned of a running guest, on a scope: what belongs to the whole
# guest is systemd's too, what is below it is not, and a reload loses none of it.

. "$(dirname "$0")/host.sh"

# The last one there is.
cpu=$(($(nproc) - 1))

children()
{
    find "$(guest_scope "$1")" -mindepth 1 -type d -printf '%P\n' | sort | paste -s -d ' '
}

# files GUEST: all that can be set of its groups, and is
files()
{
    (
        cd "$(guest_scope "$1")" || exit
        grep -H . cpu.{weight,max} cpuset.{cpus,mems} memory.{min,low,high,max,swap.max} pids.max \
            io.{weight,max} */cpu.max */cpuset.{cpus,mems} 2> /dev/null
        grep -c . cgroup.procs
    )
}

# property GUEST NAME: what systemd says of its scope
property()
{
    systemctl show --value -p "$2" "$(basename "$(guest_scope "$1")")"
}

# told GUEST NAME VALUE: systemd realises it when it comes to it
told()
{
    wait_for 10 is_told "$@" || property "$1" "$2"
}

is_told()
{
    [[ $(property "$1" "$2") == "$3" ]]
}

host_daemon
corral activate > /dev/null
must "libvirtd starts" systemctl start libvirtd
must "it answers" host_answers

truncate -s 8M "$scratch/disk.img" "$scratch/other.img"
disk=$(losetup --show -f "$scratch/disk.img")
other=$(losetup --show -f "$scratch/other.img")
numbers()
{
    stat -L -c '%Hr:%Lr' "$1"
}

must "a guest" host_define g1 --vcpus 1 --max-vcpus 4 --iothreads 1 --partition /production \
    --cputune "<period>100000</period><quota>50000</quota><vcpupin vcpu='1' cpuset='$cpu'/><emulatorpin cpuset='0'/>" \
    --top "<memtune><hard_limit unit='MiB'>900</hard_limit></memtune>
        <numatune><memory mode='restrictive' nodeset='0'/></numatune>" \
    --devices "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='$disk'/>
        <target dev='vda' bus='virtio'/></disk>"
must "it starts" virsh start g1
same "its groups" "emulator iothread1 vcpu0" "$(children g1)"
same "the node" 0 "$(value g1 cpuset.mems.effective)"
same "memory" 943718400 "$(value g1 memory.max)"
same "the ceiling is the vCPU's" "50000 100000" "$(value g1 vcpu0/cpu.max)"

# ---- vCPUs and iothreads that come and go ----

check "two vCPUs more" virsh setvcpus g1 3 --live
same "they have groups" "emulator iothread1 vcpu0 vcpu1 vcpu2" "$(children g1)"
same "everyone is in his" $'CPU0 vcpu0\nCPU1 vcpu1\nCPU2 vcpu2' "$(places g1)"
same "with the ceiling" "50000 100000" "$(value g1 vcpu2/cpu.max)"
same "and the pin" $cpu "$(value g1 vcpu1/cpuset.cpus)"
check "an iothread" virsh iothreadadd g1 7 --live
same "is alone in its group" 1 "$(value g1 iothread7/cgroup.threads | wc -l)"
check "it goes" virsh iothreaddel g1 7 --live
same "with its group" "emulator iothread1 vcpu0 vcpu1 vcpu2" "$(children g1)"

# ---- pins and nodes ----

check "a vCPU is pinned" virsh vcpupin g1 0 0
same "in its group" 0 "$(value g1 vcpu0/cpuset.cpus)"
check "the emulator" virsh emulatorpin g1 $cpu
same "in its group" $cpu "$(value g1 emulator/cpuset.cpus)"
check "the iothread" virsh iothreadpin g1 1 0
same "in its group" 0 "$(value g1 iothread1/cpuset.cpus)"
check "nodes" virsh numatune g1 --nodeset 0 --live

# ---- memory and I/O ----

check "less memory, and swap with it" virsh memtune g1 --hard-limit 819200 --swap-hard-limit 1024000
same "a limit" $((819200 * 1024)) "$(value g1 memory.max)"
same "the rest is swap" $(((1024000 - 819200) * 1024)) "$(value g1 memory.swap.max)"
same "systemd knows" "" "$(told g1 MemoryMax $((819200 * 1024)))"
same "of both" "" "$(told g1 MemorySwapMax $(((1024000 - 819200) * 1024)))"
check "a ceiling for the disk" virsh blkiotune g1 --device-read-bytes-sec "$disk,1048576" \
    --device-write-iops-sec "$disk,100"
contains "of its device" "^$(numbers "$disk") rbps=1048576 wbps=max riops=max wiops=100$" "$(value g1 io.max)"
contains "virsh says so" "device_read_bytes_sec: $disk,1048576" "$(virsh blkiotune g1)"
check "the ceilings of everything" virsh schedinfo g1 --live --set global_period=50000 --set global_quota=200000
same "of the whole guest" "200000 50000" "$(value g1 cpu.max)"
check "shares" virsh schedinfo g1 --live --set cpu_shares=2048
same "of the scope" 200 "$(value g1 cpu.weight)"

# ---- devices ----

refuse "who is not the guest's is not opened" 'deny|not' corral device check g1 "$other"
check "a disk is plugged in" virsh attach-disk g1 "$other" vdb --targetbus virtio --live
check "it may be opened" corral device check g1 "$other"

# ---- what is read ----

contains "the time of all" 'cpu_time +[0-9.]+ seconds' "$(virsh cpu-stats g1 --total)"
contains "statistics of the group" 'cgroup\.memory' "$(virsh domstats g1)"

# ---- and nothing of it is lost ----

before=$(files g1)
systemctl daemon-reload
same "after a reload" "$before" "$(files g1)"
systemctl daemon-reexec
same "after systemd starts anew" "$before" "$(files g1)"
systemctl kill -s KILL libvirtd
must "the daemon comes back" host_answers
same "after a daemon that was killed" "$before" "$(files g1)"
check "the disk may still be opened" corral device check g1 "$other"
check "the guest runs" guest_state g1 running

check "it is suspended" virsh suspend g1
check "and resumed" virsh resume g1
check "saved" virsh managedsave g1
check "without a scope meanwhile" no_scope g1
check "and restored" virsh start g1
same "in its slice" production.slice "$(basename "$(dirname "$(guest_scope g1)")")"
same "with what was saved: the limit" $((819200 * 1024)) "$(value g1 memory.max)"
same "the weight" 200 "$(value g1 cpu.weight)"
same "everyone in his place" $'CPU0 vcpu0\nCPU1 vcpu1\nCPU2 vcpu2' "$(places g1)"
same "the pin" 0 "$(value g1 vcpu0/cpuset.cpus)"
contains "the disk's ceiling" "^$(numbers "$disk") rbps=1048576 wbps=max riops=max wiops=100$" "$(value g1 io.max)"

check "it stops" virsh destroy g1
check "its scope is gone" no_scope g1
host_remove g1
losetup -d "$disk" "$other"
host_leave
finish
