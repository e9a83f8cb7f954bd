#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral tree, on real cgroups: on groups made by hand, and on a real guest where
# there is a corral to make its groups.

. "$(dirname "$0")/functions.sh"

if [[ ${CORRAL_STAGE:-} ]]; then
    in_lab v1 hybrid
else
    in_lab --none v1 hybrid
fi

corral=$(type -P corral) || corral=${CORRAL_BUILDDIR:-$source_dir}/corral
[[ -x $corral ]] || skip "there is no '$corral'"
type -P setfattr > /dev/null || skip "setfattr is not installed"

# ---- groups made by hand ----

uuid=9b8ae4d2-5a8e-4e0c-9ef5-3d7a0c2b1f11
name=$'Mail\n(new)'

# make_group PATH: a group in each hierarchy that corral has business in
make_group()
{
    local controller point

    for controller in $own_hierarchies; do
        point=$(controller_mount $controller) || continue
        mkdir -p "$point/$1"
        if [[ $controller == cpuset ]]; then
            fill_cpuset "$point" "$1"
        fi
    done
}

# fill_cpuset POINT PATH: all the levels of PATH get what the root has
fill_cpuset()
{
    local dir=$1
    local file level

    for level in ${2//\// }; do
        for file in cpuset.cpus cpuset.mems; do
            cat "$dir/$file" > "$dir/$level/$file"
        done
        dir+=/$level
    done
}

# label PATH NAME VALUE
label()
{
    local controller point

    for controller in $own_hierarchies; do
        point=$(controller_mount $controller) || continue
        setfattr -n "trusted.corral.$2" -v "$3" "$point/$1"
    done
}

make_group by/hand/mail.qemu.libvirt
label by/hand/mail.qemu.libvirt name "$name"
label by/hand/mail.qemu.libvirt uuid "$uuid"
label by/hand/mail.qemu.libvirt driver qemu
label by/hand/mail.qemu.libvirt owner "system /by/hand/mail.qemu.libvirt"
make_group by/orphan.qemu.libvirt
make_group by/box/machine/inside.qemu.libvirt
label by/box/machine/inside.qemu.libvirt owner "system /machine/inside.qemu.libvirt"

cpu=$(controller_mount cpu)/by/hand/mail.qemu.libvirt
memory=$(controller_mount memory)/by/hand/mail.qemu.libvirt
mkdir "$cpu"/{emulator,vcpu9,vcpu10}
echo 200000 > "$cpu/cpu.cfs_quota_us"
echo 30000 > "$cpu/vcpu10/cpu.cfs_quota_us"
echo 2048 > "$cpu/cpu.shares"
echo 64M > "$memory/memory.limit_in_bytes"

bash -c 'echo $$ > "$0/cgroup.procs"; echo $$ > "$1/cgroup.procs"; exec -a hand sleep 300' \
    "$memory" "$cpu/emulator" &
process=$!
must "a process is in the groups" wait_for $patience grep -qx sleep "/proc/$process/comm"

tree=$("$corral" tree)
contains "the partition" '(^|'$'\n'')/by('$'\n'')' "$tree"
contains "a partition below it" '─ /by/hand('$'\n'')' "$tree"
contains "name and UUID are the labels', and the process is seen" \
    "Mail\\\\x0a\\(new\\) \\(qemu\\), uuid $uuid, process $process"$'\n' "$tree"
contains "shares and ceiling" 'cpu: shares 2048, ceiling 200000 us every 100000 us' "$tree"
contains "memory" 'memory: limit 64 MiB, in use [0-9.]+ [KM]iB' "$tree"
contains "a child, its ceiling and its thread" \
    "emulator: ceiling unlimited"$'\n'"[ │]*└─ $process sleep" "$tree"
contains "vcpu10 after vcpu9" 'vcpu9: ceiling unlimited.*vcpu10: ceiling 30000 us every 100000 us' "$tree"
contains "without labels the group's name serves, and without a process it is an orphan" \
    'orphan \(qemu\), no process: an orphan' "$tree"

same "what a container's libvirt has made is not the host's" "" "$(grep inside <<< "$tree")"

json=$("$corral" tree --json | tr -d ' \n')
contains "the same in JSON" \
    "\"name\":\"Mail\\\\n\\(new\\)\",\"driver\":\"qemu\",\"uuid\":\"$uuid\",\"group\":\"by/hand/mail.qemu.libvirt\",\"orphan\":false,\"processes\":\\[$process\\],\"cpu_shares\":2048,\"cpu_ceiling\":\\{\"quota_us\":200000,\"period_us\":100000\\},\"memory_limit_bytes\":67108864," \
    "$json"

# Others see the groups, but not the labels.
tree=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$corral" tree)
contains "without privileges the group's name serves" "mail \\(qemu\\), process $process" "$tree"

kill "$process"
wait "$process" 2> /dev/null
contains "a guest whose process has ended is an orphan" \
    'Mail.*, no process: an orphan' "$("$corral" tree | grep Mail)"

while read -r point; do
    [[ ! -d $point/by ]] || find "$point/by" -depth -type d -delete
done < <(hierarchies)
contains "no group, no guest" 'There are no guests' "$("$corral" tree)"

# ---- a real guest ----

if [[ $LAB_KIND == corral ]]; then
    "$corral" status > /dev/null
    same "status before libvirtd is started" 3 $?
    must "libvirtd starts" daemon_start
    must "a guest is defined" define_guest web --vcpus 2 --iothreads 1 --partition /production/web
    must "it starts" virsh start web
    pid=$(guest_pid web)
    uuid=$(virsh domuuid web | head -n 1)
    tree=$("$corral" tree)
    contains "the guest" "web \\(qemu\\), uuid $uuid, process $pid"$'\n' "$tree"
    for child in emulator iothread1 vcpu0 vcpu1; do
        contains "$child has threads" "─ $child: ceiling unlimited"$'\n'"[ │]*[├└]─ [0-9]+ " "$tree"
    done
    contains "a vCPU's thread has its name" "vcpu1: [^0-9]*[0-9]+ CPU 1/(KVM|TCG)" "$tree"
    virsh schedinfo web --set cpu_shares=500 > /dev/null
    contains "a change is seen" 'cpu: shares 500,' "$("$corral" tree)"

    status=$("$corral" status)
    same "status with libvirtd running" 0 $?
    contains "it runs in this process" "running +yes, in process $(daemon_pid)" "$status"
    contains "libvirtd answers" 'daemon +libvirt [0-9.]+, running guests: 1' "$status"
    contains "and names the guest" ' web('$'\n''|$)' "$status"
    contains "everything is in place" \
        'modules +on .*libvirtd.service +on .*virtqemud.service +on .*qemu.conf +on ' "$status"

    virsh destroy web > /dev/null
    contains "stopped: it is gone" 'There are no guests' "$("$corral" tree)"
    pid=$(daemon_pid)
    must "libvirtd stops" daemon_stop
    contains "status says so" "running +no: process $pid has ended" "$("$corral" status)"
fi

finish
