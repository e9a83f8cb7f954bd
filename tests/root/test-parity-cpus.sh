#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pins, vCPUs and iothreads as stock has them, and the statistics of processors.

. "$(dirname "$0")/parity.sh"

state_files=(
    cpuset:{,emulator/,vcpu0/,vcpu1/,vcpu2/,vcpu3/,iothread1/,iothread2/,iothread9/}cpuset.cpus
    cpuset:{emulator,vcpu0,vcpu2,iothread9}/cpuset.mems
    cpu:{vcpu2,iothread9}/cpu.{shares,cfs_quota_us}
)
state_elements='cputune|vcpu|vcpus|iothreads|iothreadids'
normalise=(
    # Which CPU a vCPU is on at the moment, and whether it has run yet.
    '/^out CPU( time)?(:|$)/d'
    # What only a group can tell comes besides (docs/domstats.md).
    '/^out +cgroup\./d'
    's/cpu_time +[0-9.]+ seconds/cpu_time N/'
    's/(user_time|system_time|vcpu_time) +[0-9.]+ seconds/\1 N/'
    's/^out ( *[a-z][^=]*\.(time|user|system|wait|halted_ns|delay|rss|exits|[a-z_]*\.(cur|max|sum)))=.*/out \1/'
)

pins()
{
    local guest flag value

    for guest in running off transient; do
        for flag in "" --live --config --current; do
            call virsh vcpupin $guest $flag
            call virsh emulatorpin $guest $flag
            call virsh iothreadinfo $guest $flag
            change vcpupin $guest 0 0 $flag
            change vcpupin $guest 1 1 $flag
            change emulatorpin $guest 0 $flag
            change iothreadpin $guest 1 1 $flag
        done
    done
    for value in 0-1 0,1 '0-1,^1' '^0' 7 0-7 99999 r '' abc -1 0-; do
        for flag in --live --config; do
            change vcpupin running 0 "$value" $flag
            change emulatorpin running "$value" $flag
            change iothreadpin running 1 "$value" $flag
        done
    done
    for value in -1 2 4 99 abc; do
        change vcpupin running --vcpu $value --cpulist 0
        change vcpupin running --vcpu $value --cpulist 0 --config
        change iothreadpin running $value 0
    done
    for flag in 0 2 4; do
        for value in 01 00 04 0100 ffffffffffffffffff; do
            api running pin-vcpu $flag 0 $value
            api running pin-emulator $flag $value
            api running pin-iothread $flag 1 $value
        done
        api running pin-vcpu $flag 0 ""
        api running pin-emulator $flag ""
        api running pin-vcpu $flag 77 01
        api running pin-vcpu $flag 3 01
        api running pin-iothread $flag 0 01
        api running pin-iothread $flag 77 01
        api off pin-vcpu $flag 0 01
        api_ask running vcpu-pins $flag 4 1
        api_ask running vcpu-pins $flag 1 16
        api_ask running vcpu-pins $flag 99 1
        api_ask running vcpu-pins $flag 0 1
        api_ask running vcpu-pins $flag 2 0
        api_ask running emulator-pin $flag 1
        api_ask running emulator-pin $flag 0
        api_ask running emulator-pin $flag 9
        api_ask running iothreads $flag
        api_ask off iothreads $flag
    done
    api running pin-vcpu - 0 03
    api off pin-vcpu - 0 03
    api -r running pin-vcpu 0 0 01
    api -r running pin-emulator 0 01
    api -r running pin-iothread 0 1 01
    api_ask -r running vcpu-pins 0 2 1
    events pins
}

vcpus()
{
    local guest flag value

    for guest in running off transient; do
        for flag in "" --live --config --current "--live --config"; do
            call virsh vcpucount $guest
            change setvcpus $guest 3 $flag
            change setvcpus $guest 4 $flag
            change setvcpus $guest 2 $flag
        done
    done
    for value in 0 -1 5 1 99999 abc 4294967296; do
        change setvcpus running $value
        change setvcpus running $value --config
        change setvcpus off $value --maximum --config
    done
    change setvcpus running 4 --maximum
    change setvcpus running 2 --guest
    for flag in --enable --disable; do
        for value in 0 2 2-3 4 0-99 '' abc; do
            change setvcpu running "$value" $flag
            change setvcpu running "$value" $flag --config
            change setvcpu off "$value" $flag
        done
    done
    for flag in - 0 2 4 8; do
        for value in 0 3 5 -1; do
            api running set-vcpus $flag $value
        done
        api_ask running get-vcpus $flag
        api_ask off get-vcpus $flag
        for value in 0 2 x; do
            api running set-vcpu $flag "$value" 1
            api running set-vcpu $flag "$value" 0
        done
        api running set-vcpu $flag 2 2
    done
    api_ask running max-vcpus
    api_ask off max-vcpus
    api -r running set-vcpus 0 2
    api -r running set-vcpu 0 2 1
    events vcpus
}

iothreads()
{
    local guest flag value

    for guest in running off transient; do
        for flag in "" --live --config --current "--live --config"; do
            change iothreadadd $guest 9 $flag
            change iothreadadd $guest 9 $flag
            change iothreadpin $guest 9 0 $flag
            change iothreaddel $guest 9 $flag
            change iothreaddel $guest 9 $flag
        done
    done
    for value in 0 -1 1 4294967296 abc ''; do
        change iothreadadd running "$value"
        change iothreaddel off "$value"
    done
    change iothreadset running 1 --poll-max-ns 1000
    change iothreadset running 7 --poll-max-ns 1000
    for flag in 0 1 2 3 4; do
        for value in 0 1 2 77; do
            api running add-iothread $flag $value
            api running del-iothread $flag $value
        done
        api off add-iothread $flag 2
        api off del-iothread $flag 2
    done
    api -r running add-iothread 0 2
    events iothreads
}

statistics()
{
    local guest flag start room

    for guest in running off transient; do
        calls <<END
cpu-stats $guest
cpu-stats $guest --total
cpu-stats $guest --start 0 --count 1
cpu-stats $guest --start 1
cpu-stats $guest --start 99
cpu-stats $guest --start -1 --count 1
cpu-stats $guest --count 0
domstats $guest
domstats $guest --cpu-total
domstats $guest --vcpu --iothread
domstats $guest --state --balloon --block --interface --perf
-r cpu-stats $guest
-r domstats $guest
vcpuinfo $guest --pretty
END
    done | sed -E 's/^out CPU time: .*/out CPU time/; s/(cpu_time|vcpu_time|user_time|system_time) .*/\1/; s/=[0-9]+$/=N/'
    for flag in 0 1; do
        for room in 0 1 3 4 17; do
            for start in -2 -1 0 1 4096; do
                api_ask running cpu-stats $flag $room $start 1
                api_ask off cpu-stats $flag $room $start 1
            done
            api_ask running cpu-stats $flag $room 0 0
            api_ask running cpu-stats $flag $room 0 2
            api_ask running cpu-stats $flag $room 1 2
            api_ask running cpu-stats $flag $room 0 128
            api_ask running cpu-stats $flag $room -1 2
        done
    done
}

transcript()
{
    daemon_start || exit 1
    parity_guests --vcpus 2 --max-vcpus 4 --iothreads 1
    watch_events || exit 1
    pins
    vcpus
    iothreads
    statistics
    daemon_restart || exit 1
    calls <<'END'
> vcpupin running
> emulatorpin running
> iothreadinfo running
> vcpucount running
> vcpupin transient
> emulatorpin off
END
}

parity cpus
