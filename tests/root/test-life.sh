#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What happens to a guest while it lives, or instead of ending: the group stays
# where it is, the tuning what it is, and in the end nothing is left.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

partition=/production/web
tune="<shares>2048</shares><period>50000</period><quota>25000</quota>"

# is_so WHEN NAME SHARES QUOTA
is_so()
{
    check "$1: in its group" guest_in_place "$2" $partition 2
    same "$1: shares" "$3" "$(group_file cpu $partition "$2" cpu.shares)"
    same "$1: quota" "$4" "$(group_file cpu $partition "$2" vcpu1/cpu.cfs_quota_us)"
    contains "$1: dumpxml shows it" "<quota>$4</quota>" "$(cputune "$2")"
    same "$1: nothing of corral's" "" "$(virsh dumpxml "$2" | grep -i 'corral[:.]')"
    same "$1: no other group" "$(wc -w <<< "$own_hierarchies")" "$(guest_groups | wc -l)"
}

gone()
{
    check "$1: the guest is off" wait_for $patience guest_state "$2" 'shut off'
    check "$1: no group is left" wait_for $patience no_guest_groups
}

not_listed()
{
    ! virsh list --all --name | grep -qx "$1"
}

# raw_disk FILE CODE: a boot sector
raw_disk()
{
    printf "$2" > "$1" && truncate -s 510 "$1" && printf '\x55\xaa' >> "$1" && truncate -s 64K "$1"
}

must "libvirtd starts" daemon_start

# Rebooted: the process stays.
make_boot_disk /run/corral-lab/button.img button
serial=/run/corral-lab/serial
must "a guest with a button" define_guest g1 --vcpus 2 --partition $partition --cputune "$tune" \
    --devices "$(disk_xml /run/corral-lab/button.img)$(serial_xml $serial)"
must "it starts" virsh start g1
pid=$(guest_pid g1)
check "its program runs" wait_for $patience grep -q '!' $serial
check "its tuning changes" virsh schedinfo g1 --live vcpu_quota=12000
: > $serial
check "reboot" virsh reboot g1 --mode acpi
check "its program runs again" wait_for $patience grep -q '!' $serial
same "reboot: the process is the same" "$pid" "$(guest_pid g1)"
is_so "reboot" g1 2048 12000
check "reset" virsh reset g1
is_so "reset" g1 2048 12000

# Defined anew while it runs, elsewhere: that is for the next start.
make_guest g1 --uuid "$(virsh domuuid g1 | head -n 1)" --vcpus 2 --partition /production/shop \
    --cputune "<shares>77</shares><quota>5000</quota>" > /run/corral-lab/new.xml
check "a new definition" virsh define /run/corral-lab/new.xml
is_so "new definition" g1 2048 12000
must "libvirtd starts again" daemon_restart
is_so "new definition, after a restart" g1 2048 12000
refuse "rename while it runs" 'active|running' virsh domrename g1 g2
check "destroy" virsh destroy g1
same "no group is left" "" "$(guest_groups)"
must "start from the new definition" virsh start g1
partition=/production/shop
is_so "started anew" g1 77 5000

# Undefined while it runs, it lives on; defined again, it has a definition again.
check "undefine" virsh undefine g1
is_so "undefined" g1 77 5000
contains "it is transient" 'Persistent: +no' "$(virsh dominfo g1)"
must "libvirtd starts again" daemon_restart
is_so "undefined, after a restart" g1 77 5000
check "define what it is" virsh define <(virsh dumpxml g1)
is_so "defined again" g1 77 5000
contains "with its tuning" "<quota>5000</quota>" "$(cputune g1 --inactive)"
same "and nothing of corral's" "" "$(grep -i 'corral[:.]' /etc/libvirt/qemu/g1.xml)"
check "destroy" virsh destroy g1

# The path follows the name.
check "rename" virsh domrename g1 g2
must "start it" virsh start g2
is_so "renamed" g2 77 5000
check "destroy" virsh destroy g2
same "no group is left" "" "$(guest_groups)"
check "another of the old name" define_guest g1 --vcpus 2 --partition $partition --cputune "$tune"
must "starts" virsh start g1
is_so "old name" g1 2048 25000
check "destroy" virsh destroy g1
check "a saved one" define_guest g3 --vcpus 2 --partition $partition --cputune "$tune"
must "starts" virsh start g3
is_so "to be saved" g3 2048 25000
check "managedsave" virsh managedsave g3
check "its image is removed" virsh managedsave-remove g3
check "and its name changed" virsh domrename g3 g4
must "it starts" virsh start g4
is_so "renamed after managedsave" g4 2048 25000
check "destroy" virsh destroy g4

# Ended with the connection of whoever started it.
mkfifo /run/corral-lab/orders
virsh < /run/corral-lab/orders > /dev/null 2>&1 &
client=$!
exec 7> /run/corral-lab/orders
echo 'start g1 --autodestroy' >&7
check "autodestroy: runs" wait_for $patience guest_state g1 running
is_so "autodestroy" g1 2048 25000
kill -9 $client
gone "autodestroy" g1
exec 7>&-
make_guest t1 --vcpus 2 --partition $partition --cputune "$tune" > /run/corral-lab/t1.xml
check "a transient one, by a client that ends" virsh create --autodestroy /run/corral-lab/t1.xml
check "autodestroy: it is gone" wait_for $patience not_listed t1
check "autodestroy: no group is left" wait_for $patience no_guest_groups

# Crashed.
panic='\xba\xf8\x03\xb0\x21\xee'            # out 0x3f8, '!'
panic+='\xba\x05\x05\xb0\x01\xee\xeb\xfe' # out 0x505, panicked; jmp .
raw_disk /run/corral-lab/panic.img "$panic"
for action in destroy preserve restart; do
    make_guest c1 --vcpus 2 --partition $partition --cputune "$tune" \
        --devices "$(disk_xml /run/corral-lab/panic.img)$(serial_xml $serial)<panic model='isa'/>" |
        sed "s|<on_crash>.*</on_crash>|<on_crash>$action</on_crash>|" > /run/corral-lab/c1.xml
    check "on_crash=$action: define" virsh define /run/corral-lab/c1.xml
    must "on_crash=$action: start" virsh start c1
    pid=$(guest_pid c1)
    case $action in
    destroy)
        check "on_crash=destroy: crashed" wait_for $patience guest_state c1 'shut off'
        check "on_crash=destroy: no group is left" wait_for $patience no_guest_groups
        ;;
    preserve)
        check "on_crash=preserve: crashed" wait_for $patience guest_state c1 crashed
        is_so "on_crash=preserve" c1 2048 25000
        ;;
    restart)
        check "on_crash=restart: crashed, and started over" wait_for $patience grep -q '!!' $serial
        check "on_crash=restart: runs again" wait_for $patience guest_state c1 running
        same "on_crash=restart: the process is the same" "$pid" "$(guest_pid c1)"
        is_so "on_crash=restart" c1 2048 25000
        ;;
    esac
    [[ $action == destroy ]] || check "on_crash=$action: destroy" virsh destroy c1
    check "on_crash=$action: undefine" virsh undefine c1
done
same "no group is left at all" "" "$(guest_groups)"

finish
