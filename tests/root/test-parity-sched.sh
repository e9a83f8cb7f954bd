#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# schedinfo as stock has it.

. "$(dirname "$0")/parity.sh"

state_files=(cpu:{,emulator/,vcpu0/,vcpu1/,iothread1/}cpu.{shares,cfs_period_us,cfs_quota_us})
state_elements=cputune
normalise=(
    # The live XML is read from the kernel, which does not know whether what is usual
    # there was asked for.  Stock libvirt shows it once it was.
    's/^live <(shares>1024|[a-z_]*period>100000|[a-z_]*quota>-[0-9]+)<.*//'
    '/^live <\/?cputune>$/d'
)

# set_and_look GUEST ARGUMENT...
set_and_look()
{
    change schedinfo "$@"
}

everything_read()
{
    local guest flag

    for guest in running off transient; do
        for flag in "" --live --config --current; do
            call virsh schedinfo $guest $flag
        done
        api $guest sched-type
    done
}

transcript()
{
    local guest flag name value type
    local live=1 config=2

    daemon_start || exit 1
    parity_guests --vcpus 2 --iothreads 1
    watch_events || exit 1

    everything_read

    # Every parameter, every way of saying which XML is meant, every kind of guest.
    for guest in running off transient; do
        for flag in "" --live --config --current "--live --config" "--current --live"; do
            set_and_look $guest $flag --set cpu_shares=500
            for name in vcpu global emulator iothread; do
                set_and_look $guest $flag --set ${name}_period=50000 --set ${name}_quota=60000
            done
        done
    done

    # Back to where nothing is limited, else one ceiling forbids the other.
    unlimited()
    {
        for name in vcpu emulator iothread global; do
            set_and_look running --live --config --set ${name}_quota=-1 --set ${name}_period=100000
        done
    }
    unlimited

    # The edges of every range.
    for value in -1 0 1 2 3 1024 262143 262144 262145 4294967296 9223372036854775808 \
        18446744073709551615 18446744073709551616 abc '' 1.5 ' 7' 0x10; do
        set_and_look running --set "cpu_shares=$value"
        set_and_look running --config --set "cpu_shares=$value"
    done
    for name in vcpu global emulator iothread; do
        for value in -1 0 1 999 1000 1001 999999 1000000 1000001 18446744073709551615; do
            set_and_look running --set ${name}_period=$value
            [[ $name == vcpu ]] && set_and_look running --config --set ${name}_period=$value
        done
        set_and_look running --set ${name}_period=100000
        for value in -2 -1 0 1 999 1000 1001 17592186044414 17592186044415 17592186044416 \
            -9223372036854775808 9223372036854775807 9223372036854775808; do
            set_and_look running --set ${name}_quota=$value
            [[ $name == vcpu ]] && set_and_look running --config --set ${name}_quota=$value
        done
        set_and_look running --set ${name}_quota=-1
    done
    unlimited

    # One ceiling above another that the kernel does not allow.
    set_and_look running --set global_quota=20000
    set_and_look running --set vcpu_quota=50000
    set_and_look running --set vcpu_quota=10000
    set_and_look running --set global_quota=5000
    set_and_look running --set global_quota=5000 --config
    # Several at once, of which a later one is refused: what stays of the earlier?
    set_and_look running --set cpu_shares=700 --set vcpu_quota=9000 --set emulator_period=1
    set_and_look running --live --config --set cpu_shares=701 --set vcpu_quota=9001 --set iothread_quota=7
    virsh schedinfo running --live --set cpu_shares=702 > /dev/null
    unlimited

    # What virsh itself finds wrong.
    set_and_look running --set nonsense=1
    set_and_look running --set cpu_shares
    set_and_look running --set cpu_shares=100 --set cpu_shares=200
    set_and_look running --weight 5 --cap 5
    call virsh schedinfo nobody
    call virsh -r schedinfo running
    call virsh -r schedinfo running --config
    call virsh -r schedinfo running --set cpu_shares=600
    state running

    # What only the daemon can find wrong.
    for flag in - 0 $live $config 3 4 8; do
        for guest in running off transient; do
            api $guest sched-set $flag cpu_shares:U:800
            api $guest sched-get $flag 9
        done
        api running sched-set $flag nonsense:U:1
        api running sched-set $flag cpu_shares:U:300 cpu_shares:U:400
        api running sched-set $flag cpu_shares:i:300
        api running sched-set $flag cpu_shares:s:300
        api running sched-set $flag vcpu_quota:U:3000
        api running sched-set $flag vcpu_period:l:3000
        api running sched-set $flag cpu_shares:U:301 nonsense:U:1
        api running sched-set $flag
    done
    for value in 0 1 2 3 5 8 9 10 20; do
        for guest in running off; do
            api $guest sched-get 0 $value
            api $guest sched-get - $value
            api $guest sched-get 2 $value
        done
    done
    api -r running sched-get 0 9
    api -r running sched-set 0 cpu_shares:U:900
    api -r running sched-set - cpu_shares:U:900
    api -r off sched-type

    # All the same after the daemon has been away.
    virsh schedinfo running --live --set cpu_shares=1111 --set vcpu_quota=22222 > /dev/null
    virsh schedinfo running --config --set cpu_shares=3333 --set emulator_quota=44444 > /dev/null
    virsh schedinfo transient --set cpu_shares=555 > /dev/null
    everything_read
    events "all of them"
    daemon_restart || exit 1
    echo "@ restart"
    everything_read
    set_and_look running --set cpu_shares=1212 --live --config
    virsh destroy running > /dev/null
    everything_read
    # The persistent XML has a quota now, and the guest starts with it.
    call virsh start running
    everything_read
}

parity sched
