#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest's life as stock has it: start and stop, suspend, save, snapshots, XML,
# definitions, memory.

. "$(dirname "$0")/parity.sh"

state_files=(
    cpu:{,emulator/,vcpu0/}cpu.{shares,cfs_period_us,cfs_quota_us}
    memory:memory.limit_in_bytes
)
state_elements='cputune|memtune|memory|currentMemory|description|title|on_crash|metadata'
normalise=(
    # Only what took a measurable time has a rate, and a reset firmware may reset once more.
    '/^event 	memory_bps/d'
    "/^event event 'reboot'/d"
    's/ PATH=[^ ]*//'
    's/^(event 	(time_elapsed|downtime|setup_time|memory_bps|memory_[a-z_]*|data_[a-z]*|disk_bps)): .*/\1/'
    's/(of process) [0-9]+/\1 N/'
    "s/ id='[0-9]+'//"
    's/^(out )?(Id|OS Type|CPU time|Security.*): +.*/\1\2/'
    's/^out CPU time: .*/out CPU time/'
    's/^out ( *(rss|actual|last_update|usable|available|unused|swap_in|swap_out|major_fault|minor_fault)) [0-9]+/out \1/'
    's/^out (Id: +).*/out \1/'
    's/qemu-[0-9]+-/qemu-N-/g; s/domain-[0-9]+-/domain-N-/g'
    's/^(out .*Time elapsed:).*/\1/'
    's#/dev/pts/[0-9]+#/dev/pts/N#'
    's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}( [-+][0-9]{4})?/TIME/g'
    's#<creationTime>[0-9]+#<creationTime>N#'
    's/^out ([0-9]+|-) +(running|off|transient|other|beacon)/out N \2/'
    's/^out  ([0-9]+|-) +(running|off|transient|other|beacon)/out N \2/'
)

xml()
{
    local guest option

    for guest in running off transient; do
        for option in "" --inactive --security-info --update-cpu --migratable "--inactive --migratable"; do
            call virsh dumpxml $guest $option
        done
        for option in 0 1 2 4 8 16 32 3 15; do
            api_ask $guest xml $option
            api_ask -r $guest xml $option
        done
    done
    call virsh -r dumpxml running
    call virsh -r dumpxml running --security-info
    call virsh domxml-to-native qemu-argv --domain off
}

states()
{
    calls <<'END'
dominfo running
dominfo off
domstate running --reason
domcontrol running
dommemstat running
dommemstat off
domjobinfo running
schedinfo transient
> suspend running
domstate running --reason
> suspend running
> suspend off
> resume running
> resume running
> resume off
> setmem running 24M
> setmem running 24M --config
> setmem running 1G
> setmem running 0
> setmem off 24M
> setmem off 24M --live
> setmaxmem running 64M
> setmaxmem running 64M --config
> setmaxmem running 64M --live
> setmaxmem off 64M
> setmaxmem off 0
> setmem running abc
> dommemstat running --period 5 --live
api running memory - 20000
api running memory 4 20000
api running memory 8 20000
api running max-memory 50000
api -r running memory - 20000
api -r running suspend
api -r running start 0
api -r running destroy 0
api -r running undefine 0
> start running
> start transient
> start nobody
api running start 1
api off start 4
api off start 64
api off start 1024
> desc running
> desc running --live new description
> desc running --config other description
> desc running --title --live a title
> desc running --title --config "two
> desc off --new-desc text
> metadata running --uri http://example.org/1 --key one --set "<a b='c'/>" --live
> metadata running --uri http://example.org/1 --key one --set "<a b='d'/>" --config
> metadata running --uri http://example.org/1
> metadata running --uri http://example.org/1 --config
> metadata running --uri http://example.org/1 --remove --live --config
> metadata running --uri http://example.org/1
> metadata running --uri http://example.org/1 --key one --set "<a"
> metadata off --uri http://example.org/1 --key one --set "<a/>"
> metadata transient --uri http://example.org/1 --key one --set "<a/>"
autostart off
autostart off --disable
autostart transient
autostart running
dominfo running
autostart running --disable
api -r off autostart 1
domid off
domuuid running
domname 7a5d8e5c-7ac5-4b1b-9b4e-000000000001
list --all --name
END
    events states
}

limits()
{
    local uri=https://corral.dev/xmlns/libvirt

    calls <<END
> metadata running --uri $uri/domain/1.0 --key c --set "<limits><pids>300</pids></limits>" --config
> metadata running --uri $uri/domain/1.0 --remove --config
metadata running --uri $uri/domain/1.0 --key c --set "<limits"
metadata nobody --uri $uri/domain/1.0 --key c --set "<limits/>"
metadata running --uri $uri/domain/1.0 --key c --set "<limits><pids>many</pids></limits>" --config
metadata running --uri $uri/held/1.0 --key c --set "<held/>" --config
metadata running --uri $uri/held/1.0 --remove --config
> metadata running --uri $uri/domain/1.0 --remove --config
END
    events limits
}

definitions()
{
    local xml=/run/corral-lab/other.xml value

    for value in "<shares>1</shares>" "<shares>262145</shares>" "<shares>2</shares>" "<period>999</period>" \
        "<quota>999</quota>" "<quota>-5</quota>" "<global_quota>1000</global_quota>" \
        "<emulator_period>1000001</emulator_period>" "<shares>abc</shares>" "<shares>5</shares><shares>6</shares>" \
        "<iothread_quota>17592186044416</iothread_quota>" "<nonsense/>" "<vcpupin vcpu='9' cpuset='0'/>"; do
        make_guest other --uuid 7a5d8e5c-7ac5-4b1b-9b4e-000000000009 --vcpus 1 --cputune "$value" > $xml
        echo "@ next: $value"
        call virsh define $xml
        change start other
        change destroy other
        call virsh undefine other
        change create $xml
        change destroy other
    done
    for value in /production /machine / '' nested/x /a/../b; do
        make_guest other --uuid 7a5d8e5c-7ac5-4b1b-9b4e-000000000009 \
            --top "<resource><partition>$value</partition></resource>" > $xml
        echo "@ next: partition $value"
        call virsh define $xml
        call virsh undefine other
    done
    calls <<'END'
domrename off away
domrename away off
domrename running other
domrename off running
domrename off off
domrename off "a/b"
domrename off ""
domrename transient other
api off rename 1 x
> start off
> schedinfo off --live --set cpu_shares=321
domrename off away
undefine off
schedinfo off
list --all --name
> destroy off
domstate off
define /run/corral-lab/off.xml
undefine off --managed-save --snapshots-metadata
undefine off
define /run/corral-lab/off.xml
undefine transient
undefine nobody
api running undefine 128
define /run/corral-lab/running.xml
> dominfo running
END
    events definitions
}

save()
{
    local image=/run/corral-lab/image

    calls <<END
> schedinfo running --set cpu_shares=777 --set vcpu_quota=33333 --live
> memtune running --soft-limit 700000 --live
save running $image
domstate running --reason
save-image-dumpxml $image
restore $image
> domstate running --reason
schedinfo running
memtune running
save running $image --paused
restore $image --running
> domstate running
restore $image
restore /nonexistent
save off $image
managedsave running
dominfo running
domstate running --reason
managedsave running
start running
> schedinfo running
managedsave running --paused
managedsave-dumpxml running
managedsave-remove running
dominfo running
> start running
schedinfo running
managedsave off
managedsave-remove off
> schedinfo running --set cpu_shares=555 --config --live
> reset running
> reboot running
> destroy running --graceful
> destroy running
> destroy off
start running --paused
> domstate running
> resume running
dump running /run/corral-lab/core --memory-only
dump running /nonexistent/core
> inject-nmi running
> sendkey running KEY_A
END
    events save
}

transcript()
{
    daemon_start || exit 1
    parity_guests --vcpus 2 --iothreads 1 --cputune "<shares>700</shares>"
    watch_events || exit 1
    xml
    states
    limits
    definitions
    save
}

parity life
