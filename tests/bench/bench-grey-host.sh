#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients with a guarantee, and a grey partition that has what they leave (see grey.sh), where
# systemd hands out the groups, on cgroup v2 alone: in the virtual machine, where all is emulated.
#
#   bench-grey-host.sh [DIRECTORY]
#
# Leaves the records, and plots, in DIRECTORY/host (default: the build tree).

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../vm/functions.sh"
test_dir=$bench_dir/../root
. "$bench_dir/grey.sh"

grey_records=$(realpath "${1:-$build_dir/tests/bench}")/host
mkdir -p "$grey_records" || exit 1
grey_hog "$scratch/hog" || skip "a program without libraries cannot be made"
# One processor: two would take turns on one of this host's, and what is idle be counted wrong.
# It ends the script, as a test does.
(
    run_hosts --memory 2560 --with "$scratch/hog" hog --with "$bench_dir" tests/bench \
        --keep "$grey_records" -- host-grey.sh
)
status=$?
((status != 0)) || { grey_plot grey-cpu 1000 && grey_plot grey-memory; }
exit $status
