#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container's life as stock has it: XML, start and stop, suspend, signals,
# definitions, devices.

. "$(dirname "$0")/parity.sh"
. "$test_dir/containers.sh"
need_containers
parity_driver=lxc
guests="running off transient"
state_files=(
    cpu:cpu.{shares,cfs_period_us,cfs_quota_us}
    memory:memory.limit_in_bytes
    freezer:freezer.state
)
state_elements='cputune|memory|currentMemory|description|title|metadata|disk|hostdev|interface|partition'
normalise=(
    's/^(out )?(Id|CPU time|Used memory): +.*/\1\2/'
    's/^out +([0-9]+|-) +(running|off|transient|other|beacon)/out N \2/'
    's/(of process) [0-9]+/\1 N/'
    "s/ id='[0-9]+'//"
    's/lxc-[0-9]+-/lxc-N-/g; s/(Initializing container|init process|init pid|PID) [0-9]+/\1 N/'
    's/^out (\s*(cpu_time|user_time|system_time)) +[0-9.]+ seconds/out \1/'
    's/Child process \([0-9]+\)/Child process/'
    # Whether libvirt sees the end before it has dealt with the call is a matter of luck.
    "/^event event 'lifecycle'.* Stopped Failed/d"
    's#/dev/pts/[0-9]+#/dev/pts/N#g'
    's/(mac address=).*/\1/'
    's/(veth|vnet)[0-9]+/\1N/g'
    's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12}( ?[-+][0-9]{4})?/TIME/g'
)

xml()
{
    local guest option

    for guest in $guests; do
        for option in "" --inactive --security-info --update-cpu --migratable; do
            call virsh dumpxml $guest $option
        done
        for option in 0 1 2 3 8 16 32; do
            api_ask $guest xml $option
            api_ask -r $guest xml $option
        done
    done
}

# ended GUEST: it takes a moment
ended()
{
    wait_for $patience guest_state "$1" "shut off" || echo "$1 has not ended"
}

# know_init: libvirt may miss which process is the init of a container, and then goes by
# none, or by that of an earlier life; and stock does not hear of the container's end
know_init()
{
    wait_for 60 init_is_known running || echo "the init of running stays unknown"
    events "until init is known" > /dev/null
}

states()
{
    know_init
    calls <<'END'
domstate running --reason
> suspend running
domstate running --reason
dominfo running
> suspend running
> schedinfo running --live --set cpu_shares=640
> setmem running 50M --live
memtune running
cpu-stats running --total
> start running
dumpxml running
> resume running
domstate running --reason
> resume running
> suspend off
> resume off
suspend nobody
resume nobody
-r suspend running
-r resume running
> suspend transient
> resume transient
> suspend running
> shutdown running
> reboot running
send-process-signal running 1 term
> destroy running
domstate running --reason
> resume running
> start running
dominfo running
> start running
> start transient
> start nobody
> start running --paused
> start off --paused
> start off --force-boot
api running start 1
api off start 4
api off start 64
api off start 1024
api -r off start 0
api -r running destroy 0
api -r running suspend
api -r off undefine 0
api running destroy 1
> start running
api running destroy 2
> start running
api running destroy 4
> destroy running --graceful
> start running
> destroy off
destroy nobody
> start off
> destroy off
domstate off --reason
END
    call virsh start off --autodestroy
    ended off
    call virsh domstate off --reason
    events states
}

ends()
{
    know_init
    calls <<'END'
> shutdown running
> shutdown running --mode signal
> shutdown running --mode initctl
> shutdown running --mode acpi
> shutdown running --mode agent
> shutdown running --mode initctl,signal
shutdown off
shutdown nobody
-r shutdown running
> reboot running --mode signal
> reboot running --mode initctl
> reboot running --mode initctl,signal
> reboot running --mode acpi
reboot off
reboot nobody
-r reboot running
send-process-signal running 1 term
send-process-signal running 1 nonsense
send-process-signal running 1 0
send-process-signal running 1 99
send-process-signal running 2 term
send-process-signal running 0 term
send-process-signal running -1 term
send-process-signal off 1 term
send-process-signal nobody 1 term
-r send-process-signal running 1 term
lxc-enter-namespace running --noseclabel -- /bin/busybox echo hello
lxc-enter-namespace running -- /bin/busybox echo hello
lxc-enter-namespace running --noseclabel -- /bin/nothing
lxc-enter-namespace running --noseclabel -- /bin/busybox false
lxc-enter-namespace off --noseclabel -- /bin/busybox true
-r lxc-enter-namespace running --noseclabel -- /bin/busybox true
console running
console off
END
    call virsh send-process-signal running 1 kill
    ended running
    call virsh domstate running --reason
    calls <<'END'
> start running
END
    know_init
    call inside running 'busybox hostname; busybox id -u'
    tell_inside running 'busybox poweroff -f'
    ended running
    calls <<'END'
domstate running --reason
> start running
schedinfo running
END
    know_init
    tell_inside running 'reboot -f'
    wait_for $patience started_times running "$(($(container_starts running) + 1))"
    wait_for $patience guest_state running running
    calls <<'END'
domstate running
schedinfo running
> schedinfo running --set vcpu_quota=22222 --live
END
    events ends
}

definitions()
{
    local xml=/run/corral-lab/other.xml uuid=7a5d8e5c-7ac5-4b1b-9b4e-000000000009 value name

    for value in "<shares>1</shares>" "<shares>262145</shares>" "<shares>2</shares>" "<period>999</period>" \
        "<quota>999</quota>" "<quota>-5</quota>" "<shares>abc</shares>" "<global_quota>1000</global_quota>" \
        "<emulator_quota>20000</emulator_quota>" "<vcpupin vcpu='0' cpuset='0'/>" "<nonsense/>"; do
        name=other
        [[ $value != *-5* ]] || name=endless
        make_container $name --uuid $uuid --cputune "$value" > $xml
        echo "@ next: $value"
        call virsh define $xml
        change start $name
        change destroy $name
        call virsh undefine $name
        change create $xml
        change destroy $name
    done
    # With "/", stock's start would never return.
    for value in /machine /production '' nested/x; do
        case $value in
        /production) name=elsewhere ;;
        nested/x) name=nowhere ;;
        *) name=other ;;
        esac
        make_container $name --uuid $uuid --partition "$value" > $xml
        echo "@ next: partition '$value'"
        call virsh define $xml
        change start $name
        change destroy $name
        call virsh undefine $name
    done
    for value in "<memtune><hard_limit unit='MiB'>50</hard_limit></memtune>" \
        "<blkiotune><weight>300</weight></blkiotune>" "<numatune><memory mode='strict' nodeset='0'/></numatune>" \
        "<numatune><memory mode='strict' nodeset='9'/></numatune>" "<features><privnet/></features>" \
        "<on_reboot>destroy</on_reboot>" "<nonsense/>"; do
        make_container other --uuid $uuid --top "$value" > $xml
        echo "@ next: $value"
        call virsh define $xml
        change start other
        call virsh dumpxml other
        change destroy other
        call virsh undefine other
    done
    make_container other --uuid $uuid > $xml
    calls <<END
> create $xml
> create $xml
> define $xml
> undefine other
> destroy other
create $xml --autodestroy
create $xml --paused
create $xml --validate
define $xml --validate
undefine other
destroy other
define /nonexistent
create /nonexistent
-r define $xml
-r create $xml
> desc running
> desc running --live new description
> desc running --config other description
> desc running --title --live a title
> desc off --new-desc text
> metadata running --uri http://example.org/1 --key one --set "<a b='c'/>" --live
> metadata running --uri http://example.org/1 --key one --set "<a b='d'/>" --config
> metadata running --uri http://example.org/1
> metadata running --uri http://example.org/1 --config
> metadata running --uri http://example.org/1 --remove --live --config
> metadata running --uri http://example.org/1
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
list --all
list --all --name
list --inactive --name
list --transient --name
undefine transient
undefine nobody
undefine off --managed-save
undefine off
define /run/corral-lab/off.xml
undefine running
> domblklist running
define /run/corral-lab/running.xml
END
    events definitions
}

device()
{
    cat > "/run/corral-lab/$1.xml"
}

make_devices()
{
    local dir=/run/corral-lab
    local n

    for n in 1 2; do
        mknod $dir/loop$n b 7 $n || exit 1
    done
    mknod $dir/zero c 1 5 || exit 1
    truncate -s 1M $dir/file.img
    device disk <<< "<disk type='block' device='disk'><source dev='$dir/loop1'/><target dev='sda' bus='scsi'/></disk>"
    device disk-again <<< "<disk type='block' device='disk'><source dev='$dir/loop1'/><target dev='sdb' bus='scsi'/></disk>"
    device disk-read-only <<< "<disk type='block' device='disk'><source dev='$dir/loop2'/><target dev='sdc' bus='scsi'/><readonly/></disk>"
    device disk-file <<< "<disk type='file' device='disk'><source file='$dir/file.img'/><target dev='sdd' bus='scsi'/></disk>"
    device disk-missing <<< "<disk type='block' device='disk'><source dev='/dev/nosuch'/><target dev='sde' bus='scsi'/></disk>"
    device disk-not-block <<< "<disk type='block' device='disk'><source dev='/dev/null'/><target dev='sdf' bus='scsi'/></disk>"
    device misc <<< "<hostdev mode='capabilities' type='misc'><source><char>$dir/zero</char></source></hostdev>"
    device misc-missing <<< "<hostdev mode='capabilities' type='misc'><source><char>/dev/nosuch</char></source></hostdev>"
    device storage <<< "<hostdev mode='capabilities' type='storage'><source><block>$dir/loop2</block></source></hostdev>"
    device storage-missing <<< "<hostdev mode='capabilities' type='storage'><source><block>/dev/nosuch</block></source></hostdev>"
    device usb <<< "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>"
    device pci <<< "<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x00' slot='0x1f' function='0x7'/></source></hostdev>"
    device bridge <<< "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='nobridge'/></interface>"
    device network <<< "<interface type='network'><mac address='52:54:00:00:00:02'/><source network='none'/></interface>"
    device filesystem <<< "<filesystem type='mount'><source dir='/tmp'/><target dir='/tmp'/></filesystem>"
    device rng <<< "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
    device nonsense <<< "<nonsense/>"
    device broken <<< "<disk"
}

# What state() says here, too: the kernel's list, in whatever order it is.
devices_state()
{
    local pid

    read -r pid 2> /dev/null < /run/libvirt/lxc/running.pid || return
    parity_group "$pid" devices && sort "$group/devices.list" | sed 's/^/kernel devices.list /'
}

devices()
{
    local name flag guest

    know_init
    for name in disk disk-again disk-read-only disk-file disk-missing disk-not-block misc misc-missing \
        storage storage-missing usb pci bridge network filesystem rng nonsense broken; do
        change attach-device running /run/corral-lab/$name.xml --live
        devices_state
        change attach-device running /run/corral-lab/$name.xml --live
        devices_state
        change attach-device off /run/corral-lab/$name.xml --config
    done
    for name in disk disk-again disk-read-only disk-file misc storage usb bridge filesystem rng nonsense; do
        change update-device running /run/corral-lab/$name.xml --live
        change detach-device running /run/corral-lab/$name.xml --live
        devices_state
        change detach-device running /run/corral-lab/$name.xml --live
        devices_state
        change detach-device off /run/corral-lab/$name.xml --config
    done
    for guest in running transient; do
        for flag in "" --config --current --persistent "--live --config"; do
            change attach-device $guest /run/corral-lab/disk.xml $flag
            change detach-device $guest /run/corral-lab/disk.xml $flag
        done
    done
    for flag in 0 1 2 3 4 8; do
        api running attach $flag "$(< /run/corral-lab/misc.xml)"
        devices_state
        api running detach $flag "$(< /run/corral-lab/misc.xml)"
        devices_state
        api off attach $flag "$(< /run/corral-lab/disk.xml)"
        api off detach $flag "$(< /run/corral-lab/disk.xml)"
    done
    call virsh suspend running
    change attach-device running /run/corral-lab/disk.xml --live
    change detach-device running /run/corral-lab/disk.xml --live
    call virsh resume running
    calls <<'END'
> attach-disk running /run/corral-lab/loop2 sdh --sourcetype block
> detach-disk running sdh
> detach-disk running nosuch
-r attach-device running /run/corral-lab/disk.xml
-r detach-device running /run/corral-lab/disk.xml
attach-device nobody /run/corral-lab/disk.xml
END
    events devices
}

transcript()
{
    daemon_start || exit 1
    make_devices
    parity_guests --cputune "<shares>700</shares>"
    watch_events || exit 1
    xml
    states
    ends
    definitions
    devices
}

parity lxc-life
