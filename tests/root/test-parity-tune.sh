#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# memtune, blkiotune and numatune as stock has them.

. "$(dirname "$0")/parity.sh"

memory()
{
    local guest flag name value
    local state_files=(memory:memory.{limit,soft_limit,memsw.limit}_in_bytes)
    local state_elements=memtune

    for guest in running off transient; do
        for flag in "" --live --config --current; do
            call virsh memtune $guest $flag
            change memtune $guest $flag --hard-limit 1048576 --swap-hard-limit 2097152
            change memtune $guest $flag --soft-limit 524288
        done
    done
    for value in -1 0 1 1024 9007199254740990 9007199254740991 9007199254740992 18014398509481983 \
        18446744073709551615 18446744073709551616 abc '' 1G 64MiB 1.5; do
        for name in hard-limit soft-limit swap-hard-limit; do
            change memtune running --$name "$value"
            change memtune running --config --$name "$value"
        done
        virsh memtune running --live --config --swap-hard-limit -1 > /dev/null 2>&1
        virsh memtune running --live --config --hard-limit -1 --soft-limit -1 > /dev/null 2>&1
    done
    calls <<'END'
> memtune running --hard-limit 700000 --swap-hard-limit 800000
> memtune running --hard-limit 900000
> memtune running --swap-hard-limit 600000
> memtune running --hard-limit 900000 --swap-hard-limit 850000
> memtune running --hard-limit 900000 --swap-hard-limit 1000000 --soft-limit 50000
> memtune running --hard-limit 500000 --swap-hard-limit 600000
> memtune running --live --config --hard-limit 510000 --swap-hard-limit 610000
> memtune running --config --hard-limit 710000
> memtune running --hard-limit -1
> memtune running --swap-hard-limit -1
> memtune running --hard-limit -1 --swap-hard-limit -1 --soft-limit -1 --config --live
-r memtune running
-r memtune running --config
-r memtune off
-r memtune running --hard-limit 100000
memtune nobody
api running memory-set 0 min_guarantee:U:1024
END
    for flag in 0 1 2 3 4 8 16; do
        for guest in running off transient; do
            api $guest memory-set $flag hard_limit:U:800000 soft_limit:U:300000
            api_ask $guest memory-get $flag 3
            api $guest memory-set $flag hard_limit:U:9007199254740991 soft_limit:U:9007199254740991
        done
        api running memory-set $flag nonsense:U:1
        api running memory-set $flag hard_limit:U:500000 hard_limit:U:600000
        api running memory-set $flag hard_limit:i:500000
        api running memory-set $flag hard_limit:s:500000
        api running memory-set $flag soft_limit:U:500000 nonsense:U:1
        api running memory-set $flag
    done
    for value in -1 0 1 2 3 4 16 17; do
        for guest in running off; do
            api_ask $guest memory-get 0 $value
            api_ask $guest memory-get 2 $value
        done
    done
    api -r running memory-set 0 hard_limit:U:500000
    api_ask -r running memory-get 0 3
    events memtune
}

blkio()
{
    local guest flag name value
    local state_files=(blkio:blkio.{weight,bfq.weight,weight_device,throttle.{read,write}_{bps,iops}_device})
    local state_elements=blkiotune

    for guest in running off transient; do
        for flag in "" --live --config --current; do
            call virsh blkiotune $guest $flag
            change blkiotune $guest $flag --weight 300
            for name in read-iops write-iops read-bytes write-bytes; do
                change blkiotune $guest $flag --device-$name-sec /dev/loop1,5000
                change blkiotune $guest $flag --device-$name-sec /dev/loop1,6000,/dev/loop2,7000
                change blkiotune $guest $flag --device-$name-sec /dev/loop1,0
            done
            change blkiotune $guest $flag --device-weights /dev/loop1,300
        done
    done
    for value in -1 0 1 9 10 99 100 1000 1001 65536 4294967295 4294967296 abc ''; do
        change blkiotune running --weight "$value"
        change blkiotune running --config --weight "$value"
        change blkiotune off --device-weights "/dev/loop1,$value"
        virsh blkiotune running --weight 500 > /dev/null
    done
    for value in /dev/loop1 /dev/loop1, ,5 /dev/loop1,abc /dev/loop1,-1 /dev/nosuch,100 /dev/null,100 \
        /etc/passwd,100 /dev/loop1,1,/dev/loop1,2 /dev/loop1,18446744073709551615 /dev/loop1,1,2 \
        '' / /dev/loop1,4294967296 loop1,5; do
        for name in read-iops write-bytes; do
            change blkiotune running --device-$name-sec "$value"
            change blkiotune running --config --device-$name-sec "$value"
        done
    done
    for flag in 0 1 2 3 4; do
        for guest in running off; do
            api $guest blkio-set $flag device_read_bytes_sec:s:/dev/loop3,1048576
            api_ask $guest blkio-get $flag 6
            api $guest blkio-set $flag device_read_bytes_sec:s:/dev/loop3,0
        done
        api running blkio-set $flag nonsense:U:1
        api running blkio-set $flag weight:s:500
        api running blkio-set $flag weight:U:500
        api running blkio-set $flag device_weight:u:500
        api running blkio-set $flag device_read_iops_sec:s:/dev/loop3,1 device_read_iops_sec:s:/dev/loop4,1
        api running blkio-set $flag
    done
    for value in -1 0 1 2 6 7 16; do
        api_ask running blkio-get 0 $value
        api_ask running blkio-get 2 $value
        api_ask off blkio-get 0 $value
    done
    api -r running blkio-set 0 device_read_iops_sec:s:/dev/loop3,1
    api_ask -r running blkio-get 0 6
    events blkiotune
}

numa()
{
    local guest flag value
    local state_files=(cpuset:{,emulator/,vcpu0/,vcpu1/,iothread1/}cpuset.mems)
    local state_elements=numatune

    for guest in running off transient; do
        for flag in "" --live --config --current; do
            call virsh numatune $guest $flag
            change numatune $guest $flag --nodeset 0
            for value in strict preferred interleave restrictive 0 3 4 -1 nonsense; do
                change numatune $guest $flag --mode $value
                change numatune $guest $flag --mode $value --nodeset 0
            done
        done
    done
    for value in 1 0-1 7 ^0 0,^0 '' abc 99999 0-99999 0,0 -1 ' 0'; do
        change numatune running --nodeset "$value"
        change numatune off --nodeset "$value"
        api transient numa-set 0 numa_nodeset:s:"$value"
    done
    for flag in 0 1 2 3 4; do
        api running numa-set $flag numa_nodeset:s:0
        api running numa-set $flag numa_mode:i:0
        api running numa-set $flag numa_mode:i:-1
        api running numa-set $flag numa_mode:i:4
        api running numa-set $flag numa_mode:s:strict
        api running numa-set $flag nonsense:i:1
        api running numa-set $flag numa_mode:i:0 numa_mode:i:1
        api running numa-set $flag
        api_ask running numa-get $flag 2
        api_ask off numa-get $flag 2
    done
    for value in -1 0 1 2 3 16; do
        api_ask running numa-get 0 $value
    done
    api -r running numa-set 0 numa_nodeset:s:0
    events numatune
}

transcript()
{
    daemon_start || exit 1
    parity_guests --vcpus 2 --iothreads 1
    watch_events || exit 1
    memory
    blkio
    numa
    # All the same after the daemon has been away.
    virsh memtune running --hard-limit 700000 --swap-hard-limit 800000 > /dev/null
    virsh blkiotune running --device-read-iops-sec /dev/loop1,500 > /dev/null
    daemon_restart || exit 1
    calls <<'END'
> memtune running
> blkiotune running
> numatune running
> memtune transient
> blkiotune transient
> memtune off
> blkiotune off
END
}

parity tune
