#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients with a guarantee, and a grey partition that has what they leave, where systemd hands out
# the groups, on cgroup v2 alone.  Figures, not a test: tests/bench/bench-grey-host.sh has them
# printed.

. "$(dirname "$0")/host.sh"
. "$test_dir/containers.sh"
. "$test_dir/policy.sh"
. "$test_dir/balloon.sh"
. "$test_dir/../bench/grey.sh"
mkdir -p $container_roots
need_containers

# All is emulated: a line of a record is milliseconds' work, and so is the host's own.
grey_records=$source_dir/out
grey_guests=768 grey_guarantee=512 grey_wants=600 grey_steps=(20 50)
grey_cpus=0.75 grey_rate=16
hog_program=$source_dir/hog

must "there is swap" have_swap 1536
host_daemon
grey_policy
must "corral activate" corral activate
must "libvirtd starts" systemctl restart libvirtd
must "it answers" host_answers
must "the containers" grey_containers
grey_cpu
grey_memory
virsh destroy client > /dev/null
virsh destroy grey > /dev/null
host_leave
finish
