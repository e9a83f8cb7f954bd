#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A partition that has to give way asks its guests by their balloons first, never below their
# floors, and gives it back when it can; what their users have asked for stays what it was.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"
. "$test_dir/containers.sh"
. "$test_dir/policy.sh"
[[ ${LAB_MODE:-} ]] || need_linux_guest
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

client_holds()
{
    (($(partition_has clients.partition usage) >= $1 * mib))
}

# has_room MIB: the client's partition may have so much more than it uses
has_room()
{
    (($(partition_has clients.partition limit) - $(partition_has clients.partition usage) >= $1 * mib))
}

! swap_is_there || skip "there is swap here, and no guest has to be asked"

put_policy "<reserve>$(all_but 950)</reserve>
<partition name='/clients' priority='800'>
  <memtune><min_guarantee unit='MiB'>500</min_guarantee></memtune></partition>
<partition name='/grey' priority='100'/>"
must "libvirtd starts" daemon_start
must "a grey guest" define_linux_guest $guest --partition /grey \
    --top "$(balloon_metadata "" "<corral:floor unit='MiB'>300</corral:floor>")"
must "boots" start_linux_guest $guest
must "and has used its memory, once" guest_holds $guest 300
must "and let go of it" guest_holds $guest 20
must "a client" of_lxc create_container client --partition /clients --memory 2000
check "nobody has to give way" balloon_is $guest 512

# With nothing but balloons to give way a client must not be faster than they are
# (docs/rescaling.md); so it takes a step when there is room for it.
must "the client wants its memory" of_lxc inside client \
    "busybox mount -t tmpfs -o size=600m none /tmp; echo"
for ((step = 1; step <= 22; step++)); do
    wait_for 60 has_room 40 || break
    of_lxc inside client "dd if=/dev/zero of=/tmp/x$step bs=1M count=20 2> /dev/null; echo" > /dev/null
done
same "it is never kept waiting for long" 23 $step
check "the guest is asked to give way" wait_for $patience asked_for_less
check "not below its floor" test "$(balloon_mib $guest)" -ge 300
check "the client has it" wait_for 60 client_holds 430
same "and lives" alive "$(of_lxc inside client "echo alive")"
check "so does the guest" guest_say $guest pulse
same "what its user had asked for is kept" 524288 \
    "$(virsh dumpxml --inactive $guest | sed -n "s/.*<currentMemory unit='KiB'>\([0-9]*\)<.*/\1/p")"

must "the daemon is killed meanwhile" daemon_kill9
must "and starts" daemon_start
must "the client lets go" of_lxc inside client "rm /tmp/x*; echo"
check "the guest has all of its memory back" wait_for 120 balloon_is $guest 512
check "and can use it" guest_holds $guest 300

finish
