#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Periods and quotas in a guest's XML: stock libvirt would not start such a guest
# without managing groups itself.  The user sees the XML as it was written, the
# kernel has the values, and the persistent XML is never touched.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

partition=/production/web
tune="
    <shares>2048</shares>
    <period>50000</period>
    <quota>25000</quota>
    <global_period>100000</global_period>
    <global_quota>200000</global_quota>
    <emulator_period>80000</emulator_period>
    <emulator_quota>40000</emulator_quota>
    <iothread_period>90000</iothread_period>
    <iothread_quota>60000</iothread_quota>
  "
own_metadata="<metadata><x:owner xmlns:x='http://example.org/owner'>them &amp; us</x:owner></metadata>"

# bandwidth PART NAME: period and quota in the kernel
bandwidth()
{
    echo "$(group_file cpu $partition "$2" "${1:+$1/}cpu.cfs_period_us")" \
        "$(group_file cpu $partition "$2" "${1:+$1/}cpu.cfs_quota_us")"
}

# in_force WHEN NAME: does the kernel have it, and do users see it?
in_force()
{
    same "$1: shares" 2048 "$(group_file cpu $partition "$2" cpu.shares)"
    same "$1: global" "100000 200000" "$(bandwidth '' "$2")"
    same "$1: vcpu0" "50000 25000" "$(bandwidth vcpu0 "$2")"
    same "$1: vcpu1" "50000 25000" "$(bandwidth vcpu1 "$2")"
    same "$1: emulator" "80000 40000" "$(bandwidth emulator "$2")"
    same "$1: iothread1" "90000 60000" "$(bandwidth iothread1 "$2")"
    same "$1: dumpxml shows what was written" "  <cputune>$tune</cputune>" "$(cputune "$2")"
    contains "$1: dumpxml has the user's metadata" "<x:owner.*them &amp; us" "$(virsh dumpxml "$2")"
    same "$1: dumpxml has nothing of corral's" "" "$(virsh dumpxml "$2" | grep -i corral)"
    contains "$1: schedinfo" "vcpu_quota +: 25000" "$(virsh schedinfo "$2")"
}

must "libvirtd starts" daemon_start
must "a guest with ceilings" define_guest g1 --vcpus 2 --iothreads 1 --partition $partition \
    --cputune "$tune" --top "$own_metadata"
defined=$(virsh dumpxml g1)
file=$(cat /etc/libvirt/qemu/g1.xml)

# A persistent guest.
must "it starts" virsh start g1
in_force "started" g1
same "the persistent XML is untouched" "$defined" "$(virsh dumpxml g1 --inactive)"
same "so is its file" "$file" "$(cat /etc/libvirt/qemu/g1.xml)"
contains "the guest is persistent" 'Persistent: +yes' "$(virsh dominfo g1)"

must "libvirtd starts again" daemon_restart
in_force "after a restart of the daemon" g1
same "the persistent XML is untouched after a restart" "$defined" "$(virsh dumpxml g1 --inactive)"

check "a change" virsh schedinfo g1 --set vcpu_quota=10000
same "the kernel has it" "50000 10000" "$(bandwidth vcpu1 g1)"
contains "dumpxml shows it" "<quota>10000</quota>" "$(cputune g1)"
same "the persistent XML does not" "$defined" "$(virsh dumpxml g1 --inactive)"

check "destroy" virsh destroy g1
same "no group is left" "" "$(guest_groups)"
same "the guest is what it was" "$defined" "$(virsh dumpxml g1)"
same "its file, too" "$file" "$(cat /etc/libvirt/qemu/g1.xml)"

# Saved and restored.
must "it starts again" virsh start g1
check "managedsave" virsh managedsave g1
same "no group is left of the saved guest" "" "$(guest_groups)"
same "the persistent XML is untouched by managedsave" "$defined" "$(virsh dumpxml g1 --inactive)"
must "it starts from the managed save image" virsh start g1
check "the image is used up" test ! -e /var/lib/libvirt/qemu/save/g1.save
in_force "after managedsave" g1

check "save" virsh save g1 /run/corral-lab/g1.save
must "restore" virsh restore /run/corral-lab/g1.save
in_force "after save" g1
same "the persistent XML is untouched by save and restore" "$defined" "$(virsh dumpxml g1 --inactive)"

# Redefined and undefined while it runs.
make_guest g1 --uuid "$(virsh domuuid g1 | head -n 1)" --vcpus 2 --iothreads 1 --partition $partition \
    --cputune "<shares>77</shares><quota>5000</quota>" > /run/corral-lab/new.xml
check "a new definition of the running guest" virsh define /run/corral-lab/new.xml
in_force "after a new definition" g1
contains "the new definition is there" "<shares>77</shares>" "$(cputune g1 --inactive)"
check "undefine the running guest" virsh undefine g1
in_force "after undefine" g1
check "destroy" virsh destroy g1
same "no guest is left" "" "$(virsh list --all --name)"
same "no group is left of it" "" "$(guest_groups)"

# A guest that never was persistent.
must "create" create_guest t1 --vcpus 2 --iothreads 1 --partition $partition --cputune "$tune" \
    --top "$own_metadata"
in_force "transient" t1
contains "the guest is transient" 'Persistent: +no' "$(virsh dominfo t1)"
must "libvirtd starts again" daemon_restart
in_force "transient, after a restart" t1
contains "the guest is still transient" 'Persistent: +no' "$(virsh dominfo t1)"
check "destroy" virsh destroy t1
same "no transient guest is left" "" "$(virsh list --all --name)"
same "no group is left of the transient guest" "" "$(guest_groups)"

# No ceiling is a value, too; and what libvirt refuses stays refused.
must "a guest with quota -1" create_guest t2 --vcpus 2 --partition $partition \
    --cputune "<quota>-1</quota>"
same "has none" "100000 -1" "$(bandwidth vcpu0 t2)"
contains "and says so" "<quota>-1</quota>" "$(cputune t2)"
check "destroy" virsh destroy t2
make_guest t3 --cputune "<quota>999</quota>" > /run/corral-lab/t3.xml
refuse "define with a quota of 999" 'cputune quota|quota.*range' virsh define /run/corral-lab/t3.xml
refuse "create with a quota of 999" 'cputune quota|quota.*range' virsh create /run/corral-lab/t3.xml
make_guest t4 --vcpus 2 --partition $partition \
    --cputune "<global_quota>10000</global_quota><quota>50000</quota>" > /run/corral-lab/t4.xml
refuse "a vCPU cannot have more than the guest" . virsh create /run/corral-lab/t4.xml
same "nothing runs" "" "$(virsh list --all --name)"
same "and no group is left" "" "$(guest_groups)"

finish
