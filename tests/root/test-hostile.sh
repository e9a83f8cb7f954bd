#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A client that means harm, read-only and pretending not to be, and one that may
# write: the daemon lives, and guests are as they were.  What stock libvirt makes of
# the same is told, not judged.

. "$(dirname "$0")/functions.sh"
. "$test_dir/hostile.sh"

# guests_now: what a client that may not write must not have changed
guests_now()
{
    local guest

    for guest in g1 g2 off; do
        virsh dumpxml $guest --inactive
        virsh domstate $guest
    done
    virsh list --all --name | sort
    for guest in g1 g2; do
        guest_pid $guest
        virsh dumpxml $guest
        virsh schedinfo $guest
    done
}

prepare()
{
    daemon_start &&
        define_guest g1 --vcpus 2 --max-vcpus 4 --iothreads 1 &&
        create_guest g2 --vcpus 1 &&
        define_guest off &&
        virsh start g1
}

in_lab_with_harm prepare

must "a daemon and guests" prepare
pid=$(daemon_pid)
before=$(guests_now)
hostile "read-only" "$pid"
same "nothing has changed" "$before" "$(guests_now)"

qemus="$(guest_pid g1) $(guest_pid g2)"
hostile "read-write" "$pid" -w
same "the guests live" "$qemus" "$(guest_pid g1) $(guest_pid g2)"
for guest in g1 g2; do
    check "$guest runs" guest_state $guest running
    check "the daemon answers for $guest" virsh schedinfo $guest --set cpu_shares=900
    same "and does it" 900 "$(group_file cpu /machine $guest cpu.shares)"
done
# One that the client has had no say in: a definition that it changed may well not start.
check "the daemon starts another guest" create_guest untouched
check "and comes back" daemon_restart
check "with the guests" guest_state g1 running

finish
