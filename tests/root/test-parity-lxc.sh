#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is tuned of containers, and read of them, as stock has it: schedinfo, memtune,
# setmem, blkiotune, statistics, and the calls that containers do not know.

. "$(dirname "$0")/parity.sh"
. "$test_dir/containers.sh"
need_containers
parity_driver=lxc
guests="running off transient"
normalise=(
    's/^out (CPU time|Id): +.*/out \1/'
    's/^out Used memory: +.*/out Used memory/'
    's/^out (rss|swap_in) [0-9]+$/out \1/'
    's#/dev/pts/[0-9]+#/dev/pts/N#g'
    's/lxc-[0-9]+-/lxc-N-/g'
    's/^out (\s*(cpu_time|user|system|user_time|system_time)) +[0-9.]+ seconds/out \1/'
    's/^([0-9]+|CPU)?(.* (cpu_time|user_time|system_time):? *(ullong)?) [0-9]+/\1\2/'
    's/^out (running|transient)?( (rd|wr)_[a-z]+) [0-9]+/out \1\2/'
)

scheduler()
{
    local guest flag name value
    local state_files=(cpu:cpu.{shares,cfs_period_us,cfs_quota_us})
    local state_elements=cputune

    # Of one that is shut off, stock's schedinfo is in deaths().
    for guest in running transient; do
        for flag in "" --live --config --current "--live --config"; do
            call virsh schedinfo $guest $flag
            change schedinfo $guest $flag --set cpu_shares=600
            change schedinfo $guest $flag --set vcpu_period=60000 --set vcpu_quota=30000
        done
    done
    for name in cpu_shares vcpu_period vcpu_quota; do
        for value in -1 0 1 2 999 1000 262144 262145 1000000 1000001 17592186044415 17592186044416 \
            18446744073709551616 abc ''; do
            change schedinfo running --set "$name=$value"
        done
        virsh schedinfo running --set vcpu_quota=-1 > /dev/null 2>&1
        virsh schedinfo running --set vcpu_period=100000 > /dev/null 2>&1
    done
    calls <<'END'
> schedinfo running --set vcpu_period=5 --set cpu_shares=701
> schedinfo running --set cpu_shares=702 --set vcpu_period=6
> schedinfo running --set cpu_shares=703
> schedinfo running --set emulator_quota=20000
> schedinfo running --set global_quota=20000
> schedinfo running --set iothread_quota=20000
> schedinfo running --set nonsense=1
> schedinfo running --set cpu_shares
> schedinfo running --set cpu_shares=800 --set cpu_shares=900
-r schedinfo running
-r schedinfo running --config
-r schedinfo running --set cpu_shares=700
schedinfo nobody
api_ask running sched-type
api_ask off sched-type
api_ask -r transient sched-type
END
    for flag in 0 1 2 3 4 8; do
        for guest in $guests; do
            api $guest sched-set $flag cpu_shares:U:555 vcpu_quota:l:44444
            api_ask $guest sched-get $flag 1
        done
        api running sched-set $flag nonsense:U:1
        api running sched-set $flag cpu_shares:i:500
        api running sched-set $flag cpu_shares:s:500
        api running sched-set $flag vcpu_quota:U:500
        api running sched-set $flag cpu_shares:U:500 nonsense:U:1
        api running sched-set $flag
        for value in -1 0 1 2 4; do
            api_ask running sched-get $flag $value
        done
    done
    api -r running sched-set 0 cpu_shares:U:700
    events schedinfo
}

memory()
{
    local guest flag name value
    local state_files=(memory:memory.{limit,soft_limit,memsw.limit}_in_bytes)
    local state_elements='memtune|memory|currentMemory'

    for guest in $guests; do
        for flag in "" --live --config --current "--live --config"; do
            call virsh memtune $guest $flag
            change memtune $guest $flag --hard-limit 1048576 --swap-hard-limit 2097152
            change memtune $guest $flag --soft-limit 524288
            change setmem $guest 40M $flag
            change setmaxmem $guest 70M $flag
        done
    done
    for value in -1 0 1024 9007199254740991 9007199254740992 18446744073709551615 abc '' 64MiB; do
        for name in hard-limit soft-limit swap-hard-limit; do
            change memtune running --$name "$value"
        done
        change memtune off --hard-limit "$value"
        virsh memtune running --live --config --swap-hard-limit -1 > /dev/null 2>&1
        virsh memtune running --live --config --hard-limit -1 --soft-limit -1 > /dev/null 2>&1
    done
    for value in 0 24M 65M 1G 99999999999 -1 abc; do
        change setmem running $value
        change setmem running $value --config
        change setmem off $value
        change setmaxmem off $value
        change setmaxmem off 64M
    done
    calls <<'END'
> memtune running --hard-limit 700000 --swap-hard-limit 800000
> memtune running --hard-limit 900000
> memtune running --swap-hard-limit 600000
> memtune running --hard-limit 900000 --swap-hard-limit 1000000 --soft-limit 50000
> memtune running --hard-limit 500000 --swap-hard-limit 600000
> memtune running --live --config --hard-limit 510000 --swap-hard-limit 610000
> memtune running --config --hard-limit 710000
> memtune running --hard-limit -1 --swap-hard-limit -1 --soft-limit -1 --config --live
> memtune running --min-guarantee 1024
-r memtune running
-r memtune off
-r memtune running --hard-limit 100000
memtune nobody
-r setmem running 20M
setmem nobody 20M
setmaxmem nobody 20M
api running memory-set 0 min_guarantee:U:1024
api running memory - 20000
api running memory 4 20000
api running memory 8 20000
api running max-memory 50000
api off max-memory 50000
api off max-memory 65536
api -r running memory - 20000
END
    for flag in 0 1 2 3 4 8; do
        for guest in $guests; do
            api $guest memory-set $flag hard_limit:U:800000 soft_limit:U:300000
            api_ask $guest memory-get $flag 3
            api $guest memory $flag 30000
            api $guest memory-set $flag hard_limit:U:9007199254740991 soft_limit:U:9007199254740991
        done
        api running memory-set $flag nonsense:U:1
        api running memory-set $flag hard_limit:i:500000
        api running memory-set $flag soft_limit:U:500000 nonsense:U:1
        api running memory-set $flag
        for value in -1 0 1 2 4; do
            api_ask running memory-get $flag $value
        done
    done
    api -r running memory-set 0 hard_limit:U:500000
    events memory
}

blkio()
{
    local guest flag name value
    local state_files=(blkio:blkio.{weight,bfq.weight,weight_device,throttle.{read,write}_{bps,iops}_device})
    local state_elements=blkiotune

    for guest in $guests; do
        for flag in "" --live --config --current; do
            call virsh blkiotune $guest $flag
            change blkiotune $guest $flag --weight 300
            change blkiotune $guest $flag --device-read-iops-sec /dev/loop1,6000,/dev/loop2,7000
            change blkiotune $guest $flag --device-write-bytes-sec /dev/loop1,6000,/dev/loop2,7000
            change blkiotune $guest $flag --device-read-iops-sec /dev/loop1,0
            change blkiotune $guest $flag --device-weights /dev/loop1,300
        done
    done
    for value in -1 0 9 10 1000 1001 65536 4294967296 abc ''; do
        change blkiotune running --weight "$value"
        change blkiotune off --device-weights "/dev/loop1,$value"
        virsh blkiotune running --weight 500 > /dev/null 2>&1
    done
    for value in /dev/loop1 /dev/loop1, ,5 /dev/loop1,abc /dev/loop1,-1 /dev/nosuch,100 /dev/null,100 \
        /dev/loop1,1,/dev/loop1,2 /dev/loop1,18446744073709551615 '' /dev/loop1,4294967296 loop1,5; do
        change blkiotune running --device-read-iops-sec "$value"
        change blkiotune running --config --device-write-bytes-sec "$value"
    done
    for flag in 0 1 2 4; do
        api running blkio-set $flag device_read_bytes_sec:s:/dev/loop3,1048576
        api_ask running blkio-get $flag 6
        api running blkio-set $flag device_read_bytes_sec:s:/dev/loop3,0
        api running blkio-set $flag nonsense:U:1
        api running blkio-set $flag weight:s:500
        api running blkio-set $flag
    done
    for value in -1 0 1 6 7 16; do
        api_ask running blkio-get 0 $value
        api_ask off blkio-get 0 $value
    done
    api -r running blkio-set 0 device_read_iops_sec:s:/dev/loop3,1
    api_ask -r running blkio-get 0 6
    events blkiotune
}

statistics()
{
    local guest n

    for guest in $guests nobody; do
        calls <<END
dominfo $guest
domstate $guest --reason
domcontrol $guest
cpu-stats $guest
cpu-stats $guest --total
cpu-stats $guest --start 0 --count 1
cpu-stats $guest --start 9999
cpu-stats $guest --count 0
dommemstat $guest
dommemstat $guest --live
dommemstat $guest --config
dommemstat $guest --period 5 --live
domblkstat $guest
domblkstat $guest --human
domblkstat $guest sda
domblkstat $guest /
domblklist $guest
domblkinfo $guest /
domblkerror $guest
domiflist $guest
domifstat $guest vnet0
domifaddr $guest
domiftune $guest vnet0
domstats $guest
domhostname $guest
domfsinfo $guest
domtime $guest
domjobinfo $guest
domdisplay $guest
ttyconsole $guest
perf $guest
END
    done
    for n in -1 0 1 2 3 4 16; do
        api_ask running cpu-stats 0 $n -1 1
        api_ask running cpu-stats 0 $n 0 1
        api_ask off cpu-stats 0 $n -1 1
    done
    calls <<'END'
api_ask running cpu-stats 1 3 -1 1
api_ask running cpu-stats 0 3 -1 2
api_ask running cpu-stats 0 1 0 9999
api_ask running cpu-stats 0 1 9999 1
api_ask -r running cpu-stats 0 3 -1 1
domstats
-r dominfo running
-r dommemstat running
-r cpu-stats running --total
-r domblkstat running
END
    events statistics
}

# What libvirt has no answer to where it is about containers.
unknown()
{
    local guest

    for guest in running off; do
        calls <<END
numatune $guest
numatune $guest --nodeset 0
numatune $guest --config --mode strict
vcpupin $guest
vcpupin $guest 0 0
emulatorpin $guest
emulatorpin $guest 0
iothreadinfo $guest
iothreadadd $guest 1
iothreadpin $guest 1 0
vcpucount $guest
vcpuinfo $guest
setvcpus $guest 2
setvcpus $guest 2 --config
guestvcpus $guest
blkdeviotune $guest sda
managedsave $guest
managedsave-remove $guest
save $guest /run/corral-lab/image
restore /run/corral-lab/image
dump $guest /run/corral-lab/core
snapshot-create $guest
snapshot-list $guest
checkpoint-list $guest
inject-nmi $guest
reset $guest
sendkey $guest KEY_A
screenshot $guest
migrate $guest lxc:///system
domrename $guest other
blockresize $guest sda 1M
blockcopy $guest sda /run/corral-lab/copy
qemu-monitor-command $guest info
set-user-password $guest me you
domfstrim $guest
detach-device-alias $guest net0
domlaunchsecinfo $guest
dompmsuspend $guest mem
api_ask $guest numa-get 0 2
api_ask $guest vcpu-pins 0 1 1
api_ask $guest emulator-pin 0 1
api_ask $guest get-vcpus 0
api_ask $guest max-vcpus
api_ask $guest iothreads 0
END
    done
    calls <<'END'
domxml-to-native lxc-tools --domain off
domcapabilities
maxvcpus
END
    events unknown
}

# What stock libvirt dies of.
deaths()
{
    deadly schedinfo off
    deadly schedinfo off --config
    deadly schedinfo off --set cpu_shares=900
    deadly -r schedinfo off --live
    virsh dumpxml off | grep -A 4 '<cputune>'
}

transcript()
{
    daemon_start || exit 1
    parity_guests --cputune "<shares>700</shares>"
    watch_events || exit 1
    statistics
    scheduler
    memory
    blkio
    unknown
    # All the same after the daemon has been away.
    virsh memtune running --hard-limit 700000 > /dev/null
    virsh schedinfo running --live --set vcpu_quota=33333 > /dev/null
    daemon_restart || exit 1
    state_files=(cpu:cpu.{shares,cfs_period_us,cfs_quota_us} memory:memory.{limit,soft_limit}_in_bytes)
    state_elements='cputune|memtune|memory|currentMemory'
    calls <<'END'
> schedinfo running
> memtune running
> blkiotune running
> schedinfo transient
> memtune transient
> blkiotune transient
> memtune off
> blkiotune off
END
    deaths
}

parity lxc
