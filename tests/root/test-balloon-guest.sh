#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a balloon does to a guest that has a driver for it and to one that has not, with nobody
# to enforce anything: a target is a request.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"
[[ ${LAB_MODE:-} ]] || need_linux_guest
in_lab v1

with=g1
without=g2
trap 'linux_guests_end $with $without' EXIT

must "libvirtd starts" daemon_start
must "a guest with a driver" define_linux_guest $with
must "one without" define_linux_guest $without --driver never
must "the first boots" start_linux_guest $with
must "the second too" start_linux_guest $without
check "both have all they were promised" balloon_is $with 512
check "the other too" balloon_is $without 512

before=$(group_usage $with)
must "the first uses memory" guest_holds $with 300
must "the second too" guest_holds $without 300
check "which is its group's usage" usage_between $with $((before + 200)) $((before + 340))
check "of which most is no file's" test "$(group_anonymous $with)" -ge 300
contains "it gets at its memory" "^pulse [0-9]+ 0 0$" "$(guest_say $with pulse)"

check "asked for half of it" virsh setmem $with 256M
check "the other as well, which says yes" virsh setmem $without 256M
must "the hog lets go" guest_holds $with 20
check "the balloon gets there" wait_for $patience balloon_is $with 256
check "what was in it is the host's" wait_for $patience usage_between $with 0 $((before + 150))

check "it can use what is left" guest_holds $with 100
check "the guest without a driver keeps all of it" balloon_is $without 512
check "nothing has become of its memory" test "$(group_anonymous $without)" -ge 300
check "it is content" guest_say $without pulse

check "it gets a driver" guest_say $without "run insmod /virtio_balloon.ko"
check "and lets go" guest_holds $without 0
check "the target has waited for it" wait_for $patience balloon_is $without 256

check "back up" virsh setmem $with 512M
check "at once" wait_for $patience balloon_is $with 512
must "all of it can be used" guest_holds $with 300
check "kept busy" guest_say $with "busy 100 10"
busy()
{
    guest_say $with pulse | grep -E '^pulse [0-9]+ [1-9][0-9]* [1-9][0-9]*$'
}
check "it is" wait_for $patience busy

finish
