#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A partition that has to give way asks its guests by their balloons first, never below their
# floors, before anything is taken into swap, and gives it back when it can; what their users have
# asked for stays what it was.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"
. "$test_dir/containers.sh"
. "$test_dir/policy.sh"
if [[ ! ${LAB_MODE:-} ]]; then
    need_linux_guest
    # Without swap nothing would be lent.
    have_swap 1024 || swap_is_there || skip "there is no swap, and no zram"
fi
in_lab v1
need_containers
export LIBVIRT_DEFAULT_URI=qemu:///system

guest=g1
mib=$((1 << 20))
trap 'linux_guests_end $guest' EXIT

memory_dir()
{
    group_dir memory /grey "$1"
}

# of_lxc COMMAND...: about containers
of_lxc()
{
    LIBVIRT_DEFAULT_URI=lxc:///system "$@"
}

asked_for_less()
{
    (($(balloon_mib $guest) < 512))
}

# client_holds MIB: with what went into swap while it had to wait
client_holds()
{
    of_lxc inside client "busybox cat /tmp/x > /dev/null; echo"
    (($(partition_has clients.partition usage) >= $1 * mib))
}

put_policy "<reserve>$(all_but 900)</reserve>
<partition name='/clients' priority='800'>
  <memtune><min_guarantee unit='MiB'>700</min_guarantee></memtune></partition>
<partition name='/grey' priority='100'/>"
must "libvirtd starts" daemon_start
must "a grey guest" define_linux_guest $guest --partition /grey \
    --top "$(balloon_metadata "" "<corral:floor unit='MiB'>160</corral:floor>")"
must "boots" start_linux_guest $guest
must "and has used its memory, once" guest_holds $guest 330
must "and let go of it" guest_holds $guest 20
check "it was lent more than nobody is promised" test "$(group_usage $guest)" -gt 300
must "a client" of_lxc create_container client --partition /clients --memory 2000
check "nobody has to give way" balloon_is $guest 512

must "the client wants its memory" of_lxc inside client \
    "busybox mount -t tmpfs -o size=700m none /tmp; dd if=/dev/zero of=/tmp/x bs=1M count=560 2> /dev/null; echo"
check "the guest is asked to give way" wait_for $patience asked_for_less
check "the client has it" wait_for 60 client_holds 550
note "the clients use $(($(partition_has clients.partition usage) / mib)) of" \
    "$(($(partition_has clients.partition limit) / mib)) MiB"
check "not below the guest's floor" test "$(balloon_mib $guest)" -ge 160
note "the balloon is at $(balloon_mib $guest) MiB; the guest uses $(group_usage $guest) MiB," \
    "$(group_swapped $guest) MiB are in swap"
same "the client lives" alive "$(of_lxc inside client "echo alive")"
check "so does the guest" guest_say $guest pulse
same "what its user had asked for is kept" 524288 \
    "$(virsh dumpxml --inactive $guest | sed -n "s/.*<currentMemory unit='KiB'>\([0-9]*\)<.*/\1/p")"

must "the daemon is killed meanwhile" daemon_kill9
must "and starts" daemon_start
must "the client lets go" of_lxc inside client "rm /tmp/x; echo"
check "the guest has all of its memory back" wait_for 120 balloon_is $guest 512
check "and can use it" guest_holds $guest 330

finish
