#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whatever else happens on the host, and under load, a guest keeps all that was set for it with
# corral; but for what an administrator changes, which counts and is told.  What stock libvirt
# loses on the same host is printed before (docs/systemd.md).

. "$(dirname "$0")/host.sh"

disk=$(findmnt -no SOURCE / | sed 's/p\?[0-9]*$//')
# Corral looks once in 30 seconds.
round=60

# set_all NAME: all that can be set for the whole guest and for its parts, in odd numbers
set_all()
{
    local call

    while read -r call; do
        virsh ${call/ / $1 } > "$scratch/call" 2>&1 || note "refused: $call"
    done <<END
schedinfo --live --set cpu_shares=1337 --set global_period=50000 --set global_quota=61234
schedinfo --live --set vcpu_period=50000 --set vcpu_quota=33333
schedinfo --live --set emulator_period=20000 --set emulator_quota=17777
schedinfo --live --set iothread_period=30000 --set iothread_quota=12345
memtune --live --hard-limit 900004
memtune --live --soft-limit 700004
blkiotune --live --weight 321
blkiotune --live --device-read-bytes-sec $disk,1000003 --device-write-iops-sec $disk,777
vcpupin 0 0
emulatorpin 0
iothreadpin 1 0
numatune --live --nodeset 0
END
}

# values: what is in force in the guest's groups, one value a line
values()
{
    local files=(cpu.weight cpu.max cpuset.cpus cpuset.mems memory.max memory.high memory.swap.max
        io.max io.weight pids.max)

    (cd "$(guest_scope kept)" && grep -r . "${files[@]/#/--include=}" . | sed 's|^\./||' | sort)
}

all_there()
{
    values | diff "$scratch/set" -
}

# a_unit: somebody comes and goes beside the guest
a_unit()
{
    systemd-run --quiet --slice=machine.slice --unit=other --property=Delegate=yes true
    systemctl stop other 2> /dev/null
}

# property NAME=VALUE: of the guest's unit
property()
{
    systemctl set-property --runtime "$(basename "$(guest_scope kept)")" "$1"
}

# happen COMMAND...: done when systemd has written what it has to
happen()
{
    "$@" > /dev/null 2>&1
    systemctl show -P Version > /dev/null
}

# loses COMMAND...
loses()
{
    happen "$@"
    note "stock, $*: $(all_there | grep '^[<>]' | tr '\n' ' ')"
    values > "$scratch/set"
}

# keeps COMMAND...
keeps()
{
    happen "$@"
    check "all is there after $*" wait_for $round all_there
}

# told TEXT: of the guest, once
told()
{
    [[ $(grep -c "guest 'kept': somebody else.*$1" $host_log) == 1 ]]
}

host_daemon
must "libvirtd starts" systemctl start libvirtd
must "a guest" host_define kept --vcpus 2 --iothreads 1
nice -n 19 sh -c 'while :; do :; done' &
load=$!

must "it starts with stock" virsh start kept
set_all kept
values > "$scratch/set"
loses systemctl daemon-reload
loses systemctl daemon-reexec
loses a_unit
loses property TasksMax=9999
loses property MemoryLow=4096
check "it stops" virsh destroy kept

corral activate > /dev/null
must "libvirtd starts with corral" host_restart
must "it starts with corral" virsh start kept
set_all kept
values > "$scratch/set"
sed 's/^/      /' "$scratch/set"
keeps systemctl daemon-reload
keeps systemctl daemon-reexec
keeps a_unit
keeps property MemoryLow=4096
keeps host_restart

happen property CPUWeight=77
check "an administrator's change is told" wait_for $round told 'cpu.weight is "77", not "131"'
same "and is what libvirt says" 788 "$(shares kept)"
sed -i 's/^cpu.weight:131$/cpu.weight:77/' "$scratch/set"
check "and is all that has changed" wait_for $round all_there
systemctl stop libvirtd libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket 2> /dev/null
happen property TasksMax=9999
sed -i 's/^pids.max:.*/pids.max:9999/' "$scratch/set"
must "libvirtd starts again" systemctl start libvirtd
must "it answers" host_answers
check "what was changed meanwhile is told, too" wait_for $round told 'pids.max is "9999"'
check "and nothing else has changed" all_there
check "libvirt has the last word" virsh schedinfo kept --live --set cpu_shares=1337
same "which nobody reports" 131 "$(value kept cpu.weight)"

kill $load
host_remove kept
host_leave
finish
