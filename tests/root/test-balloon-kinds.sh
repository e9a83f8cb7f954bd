#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests whose memory is not like others' and who are asked for some of it: it is plugged in, told of
# when it is free, taken back when they run out, or saved and restored.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"
[[ ${LAB_MODE:-} ]] || need_linux_guest
in_lab v1

guest=g1
trap 'linux_guests_end $guest' EXIT
wish=$(balloon_metadata "enforce='yes' grace='2'")

# begin OPTION...: the guest, with these, boots
begin()
{
    must "a guest" define_linux_guest $guest "$@"
    must "boots" start_linux_guest $guest
}

# field_is FIELD MIB: of its balloon, as the governor has it
field_is()
{
    local got=$(balloon_field $guest "$1")

    [[ $got == $(($2 << 20)) ]] || { echo "$1 is $got"; return 1; }
}

# kills: that the kernel has done in its group
kills()
{
    virsh domstats --balloon $guest | sed -n 's/^ *cgroup.memory.events.oom_kill=//p'
}

answers()
{
    same "it lives" running "$(virsh domstate $guest | head -n 1)"
    check "and answers" guest_say $guest pulse
}

leave()
{
    check "it ends" virsh destroy $guest
    virsh undefine $guest > /dev/null
}

must "libvirtd starts" daemon_start

# ---- memory that is plugged in ----

note "memory that is plugged in"
begin --top "<maxMemory slots='2' unit='MiB'>1024</maxMemory>
    <cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu>$wish"
check "it is asked for half" virsh setmem $guest 256M
check "and held to it" wait_for $patience balloon_state_is $guest enforced
echo "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>" \
    > /run/corral-lab/dimm.xml
check "it is given 128 MiB more" virsh attach-device $guest /run/corral-lab/dimm.xml --live
check "that is on top of what it was asked for" wait_for $patience field_is target 384
check "and its limit, too" wait_for $patience eval \
    '[[ $(group_limit $guest) != max && $(group_limit $guest) -ge $((384 << 20)) ]]'
# Of 256 MiB the kernel leaves 150.
check "it uses it" guest_holds $guest 200
answers
check "all it has" virsh setmem $guest 640M
same "there is no limit" max "$(group_limit $guest)"
leave

# ---- memory that it takes back ----

note "a balloon that gives back when the guest runs out"
begin --top "$wish" --balloon "<memballoon model='virtio' autodeflate='on'/>"
must "it has no swap to turn to" never_swaps "$(memory_dir $guest)"
check "it is asked for much" virsh setmem $guest 160M
check "it gives it" wait_for $patience balloon_is $guest 160
check "what it can take back cannot be had" wait_for $patience balloon_state_is $guest unreachable no-swap
check "it takes back more" guest_holds $guest 300
check "which is seen" wait_for $patience eval '! field_is actual 160'
answers
same "nobody was killed" 0 "$(kills)"
leave

# ---- memory that it says is free ----

note "a guest that says what it does not use"
begin --top "$wish" --balloon "<memballoon model='virtio' freePageReporting='on'/>"
check "it uses memory" guest_holds $guest 300
check "and does not any more" guest_holds $guest 0
check "the host has it back" wait_for $patience eval '(($(group_usage $guest) < 300))'
check "it is asked for half" virsh setmem $guest 256M
check "and held to it" wait_for $patience balloon_state_is $guest enforced
answers
leave

# ---- saved and restored ----

note "a guest that is saved"
begin --top "$wish"
check "it is asked for half" virsh setmem $guest 256M
check "and held to it" wait_for $patience balloon_state_is $guest enforced
check "it is saved" virsh managedsave $guest
check "and restored" virsh start $guest
check "it is held again" wait_for $patience balloon_state_is $guest enforced
check "to the same" field_is target 256
answers
check "back up" virsh setmem $guest 512M
same "there is no limit" max "$(group_limit $guest)"
check "the balloon follows" wait_for $patience balloon_is $guest 512
leave

finish
