#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A libvirtd in a container to which a group was left, beside the host's: its guests are below
# that group, and neither of the two takes what is the other's for its own.

. "$(dirname "$0")/functions.sh"
. "$test_dir/pod.sh"
in_lab v1

uuid=11111111-2222-4333-8444-555555555555
below=box/pod/machine

# make_by_hand GROUP [OWNER]: an empty group of a guest's, everywhere
make_by_hand()
{
    local hierarchy point

    for hierarchy in $own_hierarchies; do
        point=$(controller_mount $hierarchy)
        mkdir -p "$point/$1" || return 1
        [[ ! ${2:-} ]] || python3 -c 'import os, sys
os.setxattr(sys.argv[1], "trusted.corral.owner", sys.argv[2].encode())' "$point/$1" "$2" || return 1
    done
}

# shares NAME [COMMAND...]: as virsh tells them, there
shares()
{
    "${@:2}" virsh schedinfo "$1" | awk '$1 == "cpu_shares" { print $3 }'
}

# live_shares PARTITION NAME: in the kernel, as cpu_shares has it
live_shares()
{
    if unified_alone; then
        group_file cpu "$1" "$2" cpu.weight
    else
        group_file cpu "$1" "$2" cpu.shares
    fi
}

# of SHARES: what the file says for them
of()
{
    unified_alone && echo $((($1 * 100 + 512) / 1024)) || echo "$1"
}

# have_moved: is nobody right in the pod's group, and its first process right below?
have_moved()
{
    local dir=$(controller_mount unified)/box/pod

    [[ ! $(cat "$dir/cgroup.procs") ]] && grep -qx "$(pod_init pod)" "$dir/_libvirtd/cgroup.procs"
}

run_pod()
{
    local view=$1

    note "the pod's group is its root by $view"
    : > $daemon_log
    must "a pod begins" begin_pod pod "$view"
    must "its libvirtd starts" pod_run pod daemon_start
    contains "with corral" 'state=stacked' "$(pod_status)"
    if unified_alone; then
        check "who was in the way has made room" have_moved
        differ "so that the controllers are handed down" "" \
            "$(cat "$(controller_mount unified)/box/pod/cgroup.subtree_control")"
    fi
    make_guest twin --uuid $uuid > /run/corral-lab/twin.xml
    check "a guest is defined there" in_pod pod virsh define /dev/stdin < /run/corral-lab/twin.xml
    check "it starts" in_pod pod virsh start twin
    check "its group is below the pod's" exists $below/twin.qemu.libvirt
    check "and nothing of it elsewhere" gone machine/twin.qemu.libvirt
    check "it is tuned there" in_pod pod virsh schedinfo twin --live --set cpu_shares=2048
    same "in the kernel" "$(of 2048)" "$(live_shares /$below twin)"

    check "the host starts the same guest" virsh start twin
    same "in a group of its own" /machine/twin.qemu.libvirt/emulator \
        "$(where_is "$(guest_pid twin)" cpu)"
    check "which is tuned" virsh schedinfo twin --live --set cpu_shares=512
    same "each has what it was given" "$(of 2048) $(of 512)" \
        "$(live_shares /$below twin) $(live_shares /machine twin)"

    check "what was made by hand" make_by_hand $below/made.qemu.libvirt \
        'system /machine/made.qemu.libvirt'
    check "is there" make_by_hand left/over.qemu.libvirt 'system /left/over.qemu.libvirt'
    check "the host's libvirtd starts again" daemon_restart
    check "what is left over is removed" wait_for $patience gone left/over.qemu.libvirt
    check "what is the pod's is not" exists $below/made.qemu.libvirt
    same "it knows its own guest" 512 "$(shares twin)"
    same "nobody complains" "" "$(complaints $daemon_log)"
    check "it ends" virsh destroy twin
    check "and its group" wait_for $patience gone machine/twin.qemu.libvirt
    check "the host's libvirtd starts without a guest" daemon_restart
    check "the pod's has its group" exists $below/twin.qemu.libvirt
    same "in the kernel nothing has changed" "$(of 2048)" "$(live_shares /$below twin)"

    check "the pod's libvirtd starts again" pod_run pod daemon_restart
    same "and knows its guest" 2048 "$(shares twin in_pod pod)"
    check "and what was left over there" wait_for $patience gone $below/made.qemu.libvirt
    check "the guest is tuned again" in_pod pod virsh schedinfo twin --live --set cpu_shares=1024
    same "in the kernel, too" "$(of 1024)" "$(live_shares /$below twin)"
    same "nobody complains there" "" "$(in_pod pod cat $daemon_log | complaints -)"
    check "it ends" in_pod pod virsh destroy twin
    check "nothing is left of it" wait_for $patience gone $below/twin.qemu.libvirt
    end_daemon_and_pod
}

# The rest is the same.
run_again()
{
    note "the pod's group is its root by $1"
    must "a pod begins" begin_pod pod "$1"
    must "its libvirtd starts" pod_run pod daemon_start
    contains "with corral" 'state=stacked' "$(pod_status)"
    check "a guest is defined there" in_pod pod virsh define /dev/stdin < /run/corral-lab/twin.xml
    check "it starts" in_pod pod virsh start twin
    check "its group is below the pod's" exists $below/twin.qemu.libvirt
    check "it is tuned there" in_pod pod virsh schedinfo twin --live --set cpu_shares=2048
    same "in the kernel" "$(of 2048)" "$(live_shares /$below twin)"
    check "the pod's libvirtd starts again" pod_run pod daemon_restart
    same "and knows its guest" 2048 "$(shares twin in_pod pod)"
    same "nobody complains there" "" "$(in_pod pod cat $daemon_log | complaints -)"
    check "it ends" in_pod pod virsh destroy twin
    check "nothing is left of it" wait_for $patience gone $below/twin.qemu.libvirt
    end_daemon_and_pod
}

must "libvirtd starts" daemon_start
check "the host has a guest" define_guest twin --uuid $uuid
run_pod namespace
# Under cgroup v2 that takes a namespace (docs/delegation.md).
unified_alone || run_again bind
check "no guest's group is left" no_guest_groups
finish
