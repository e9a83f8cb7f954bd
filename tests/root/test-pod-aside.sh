#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers in which corral is not: a program has its guest by itself, nothing is left to the
# container, or somebody else is in its group.

. "$(dirname "$0")/functions.sh"
. "$test_dir/pod.sh"
in_lab v1

uuid=11111111-2222-4333-8444-555555555555

# embedded: the guest's process, of a program's own libvirt
embedded()
{
    pgrep -f '^/usr/bin/qemu-system.*guest=twin.*/run/embed/'
}

no_embedded()
{
    ! embedded
}

in_machine()
{
    [[ $(where_is "$1" cpu) == */machine/* ]]
}

# A program with libvirt in itself, which is stock's, in a pod
run_embedded()
{
    local program group file=cpu.shares

    note "a program in the pod has a guest"
    unified_alone && file=cpu.weight
    must "a pod begins" begin_pod pod namespace
    must "its processes are not in the way" clear_pod_root pod
    in_pod pod mkdir -p /run/embed/etc
    printf '%s\n' 'stdio_handler = "file"' 'security_driver = "none"' 'user = "root"' \
        'group = "root"' | in_pod pod tee /run/embed/etc/qemu.conf > /dev/null
    make_guest twin --uuid $uuid --cputune '<shares>2048</shares>' |
        in_pod pod tee /run/twin.xml > /dev/null
    in_pod pod virt-qemu-run --root /run/embed /run/twin.xml > /run/corral-lab/embed.log 2>&1 &
    program=$!
    check "a guest starts" wait_for 60 embedded || note "$(cat /run/corral-lab/embed.log)"
    wait_for $patience in_machine "$(embedded)"
    group=$(where_is "$(embedded)" cpu)
    contains "its group is below the pod's, as stock libvirt makes it" \
        '^/box/pod/machine/qemu-embed-.*\.libvirt-qemu' "$group"
    group=$(controller_mount cpu)${group%%.libvirt-qemu*}.libvirt-qemu
    same "with what was said of it" 2048 "$(cat "$group/$file")"
    : > $daemon_log
    check "the host's libvirtd starts again" daemon_restart
    check "the guest is there" embedded
    same "as it was" 2048 "$(cat "$group/$file")"
    same "nobody complains" "" "$(complaints $daemon_log)"
    check "the program ends" in_pod pod pkill -INT -f '^virt-qemu-run'
    wait $program
    check "with its guest" wait_for $patience no_embedded
    check "and its group" wait_for $patience test ! -d "$group"
    check "so does the pod" end_pod pod
    check "its groups can be removed" wait_for $patience remove_pod_groups pod
}

# stand_aside PATTERN [STRANGER]: the pod's libvirtd runs without corral, and why; nobody is moved
stand_aside()
{
    must "its libvirtd starts" pod_run pod daemon_start
    contains "and tells why it is without corral" "$1" "$(pod_status)"
    contains "which stands aside" 'state=aside' "$(pod_status)"
    check "a guest is defined" in_pod pod virsh define /dev/stdin < /run/corral-lab/twin.xml
    check "and starts" in_pod pod virsh start twin
    check "without a group" no_guest_groups
    check "it ends" in_pod pod virsh destroy twin
    if [[ ${2:-} ]]; then
        same "who is in the way is where he was" "0::/box/pod" "$(cat "/proc/$2/cgroup")"
        kill "$2"
    fi
    end_daemon_and_pod
}

# With nothing left to it
run_read_only()
{
    note "the pod's groups are for reading only"
    must "a pod begins" begin_pod pod read-only
    stand_aside "reason=no groups can be made here: cannot make group .*Read-only"
}

# With somebody in its group who is not in the pod, and is not to be moved about by it
run_crowded()
{
    local dir=$(controller_mount unified)
    local stranger

    note "somebody else is in the pod's group"
    must "a pod begins" begin_pod pod namespace
    sleep 1000 &
    stranger=$!
    echo $stranger > "$dir/box/pod/cgroup.procs"
    stand_aside "reason=no groups can be made here: .*which is of another container" $stranger
}

must "libvirtd starts" daemon_start
make_guest twin --uuid $uuid > /run/corral-lab/twin.xml
run_embedded
run_read_only
! unified_alone || run_crowded
check "no guest's group is left" no_guest_groups
finish
