#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests of systemd's libvirtd: each has the scope that machined makes in the slice of its
# partition, complete before its first instruction, and keeps it whatever becomes of the
# daemon.

. "$(dirname "$0")/host.sh"

# The last one there is, and what is written then: nothing, if there is no other.
cpu=$(($(nproc) - 1))
pinned=${cpu#0}

# unchanged WHEN: all that was tuned of g1
unchanged()
{
    same "$1: shares" 20000 "$(shares g1)"
    same "$1: weight" 1953 "$(value g1 cpu.weight)"
    same "$1: memory" 943718400 "$(value g1 memory.max)"
    same "$1: quota of a vCPU" "50000 100000" "$(value g1 vcpu1/cpu.max)"
    same "$1: pinned" "$pinned" "$(value g1 vcpu0/cpuset.cpus)"
    same "$1: vCPUs in their groups" $'CPU0 vcpu0\nCPU1 vcpu1' "$(places g1)"
    check "$1: it runs" guest_state g1 running
}

# ---- a guest that stock has started ----

host_daemon
must "stock: libvirtd starts" systemctl start libvirtd
must "stock: a guest" host_define old --vcpus 2 --cputune "<shares>2000</shares><quota>80000</quota>"
must "stock: starts" virsh start old
check "stock: has a level of its own" test -d "$(guest_scope old)/libvirt/emulator"

corral activate > /dev/null
must "libvirtd starts with corral" systemctl restart libvirtd
must "it answers" host_answers
check "the old guest goes on" guest_state old running
same "where it was" "CPU0 libvirt/vcpu0 CPU1 libvirt/vcpu1" "$(places old | tr '\n' ' ' | sed 's/ $//')"
same "its shares are kept" 2000 "$(shares old)"
check "it can be tuned" virsh schedinfo old --set cpu_shares=512 --set vcpu_quota=40000
same "the scope has the weight" 50 "$(value old cpu.weight)"
same "the vCPU has the quota" "40000 100000" "$(value old libvirt/vcpu0/cpu.max)"
same "stock's level holds nobody back" "max 100000 max" \
    "$(value old libvirt/cpu.max) $(value old libvirt/memory.max)"
check "it stops" virsh destroy old
check "and its scope is gone" wait_for 10 no_scope old

# ---- corral's own ----

host_define g1 --vcpus 2 --iothreads 1 > /dev/null
host_define g2 --vcpus 2 --iothreads 1 --partition "/production/web 1" > /dev/null
virsh start g2 > /dev/null 2>&1 &
must "two start at once" virsh start g1
wait
check "both run" guest_state g2 running
contains "one in the default slice" '^/sys/fs/cgroup/machine.slice/machine-qemu.x2d[0-9]+.x2dg1.scope$' \
    "$(guest_scope g1)"
contains "the other in its partition's" \
    '^/sys/fs/cgroup/production.slice/production-web.x201.slice/machine-qemu.*g2.scope$' "$(guest_scope g2)"
for guest in g1 g2; do
    same "$guest: vCPUs in their groups" $'CPU0 vcpu0\nCPU1 vcpu1' "$(places $guest)"
    same "$guest: the process is the emulator's" emulator \
        "$(sed -n 's|^0::.*\.scope/||p' "/proc/$(guest_pid $guest)/cgroup")"
    same "$guest: a group for the iothread" 1 "$(wc -l < "$(guest_scope $guest)/iothread1/cgroup.threads")"
    same "$guest: nobody is frozen" 0 "$(value $guest cgroup.freeze)"
    contains "$guest: complete before its first instruction" 'before its first instruction' \
        "$(grep "corral: guest '$guest'" $host_log)"
done
refuse "no group of ours at the root" 'No such file' ls -d $cgroups/machine

check "shares that no unit's weight can be" virsh schedinfo g1 --set cpu_shares=20000
check "memory" virsh memtune g1 --hard-limit 921600
check "a quota" virsh schedinfo g1 --set vcpu_quota=50000
check "a pinned vCPU" virsh vcpupin g1 0 $cpu
unchanged "tuned"

check "systemd has heard" wait_for 10 \
    sh -c "systemctl show -p CPUWeight '$(basename "$(guest_scope g1)")' | grep -q 1953"
systemctl daemon-reload
unchanged "daemon-reload"
systemctl daemon-reexec
unchanged "daemon-reexec"
systemctl restart libvirtd
must "restart: it answers" host_answers
unchanged "restart"
systemctl kill -s KILL libvirtd
must "kill -9: it comes back" host_answers
unchanged "kill -9"

# A daemon that was killed between freezing a guest and letting it go.
setfattr -n trusted.corral.held -v yes "$(guest_scope g1)"
echo 1 > "$(guest_scope g1)/cgroup.freeze"
systemctl kill -s KILL libvirtd
must "held: it comes back" host_answers
same "held: it was let go" 0 "$(value g1 cgroup.freeze)"
unchanged "held"

systemctl set-property --runtime "$(basename "$(guest_scope g1)")" CPUWeight=500
same "what an admin sets is what we read" 5120 "$(shares g1)"

systemd-cgls --no-pager -u machine.slice | grep -v '→'
machinectl --no-pager
systemctl status --no-pager "$(basename "$(guest_scope g1)")"

check "g1 stops" virsh destroy g1
check "its scope is gone when destroy returns" no_scope g1
kill -9 "$(guest_pid g2)"
check "a killed guest leaves no scope" wait_for 20 no_scope g2
check "g2 starts again" virsh start g2
check "and stops" virsh destroy g2

host_remove old g1 g2
host_leave
finish
