#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients with a guarantee, and a grey partition that has what they leave (see grey.sh), on this
# host, by cgroup v1.
#
#   bench-grey.sh [DIRECTORY]
#
# Leaves the records there (default: the build tree) and, where gnuplot is installed, a plot
# of each (grey-cpu.svg, grey-memory.svg).

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"
test_dir=$bench_dir/../root
. "$test_dir/containers.sh"
. "$test_dir/policy.sh"
. "$test_dir/balloon.sh"
. "$bench_dir/grey.sh"

export CORRAL_BENCH_OUT=${CORRAL_BENCH_OUT:-$(realpath "${1:-$build_dir/tests/bench}")}
if [[ ! ${LAB_MODE:-} ]]; then
    type -P python3 > /dev/null || skip "python3 is not installed"
    have_swap 3072 || swap_is_there || skip "there is no swap, and no zram"
fi
in_lab v1
need_containers

grey_records=$CORRAL_BENCH_OUT
grey_policy
{
    grey_hog /run/corral-lab/hog && daemon_start && grey_containers
} > /run/corral-lab/grey.log 2>&1 || { cat /run/corral-lab/grey.log >&2; exit 1; }
grey_cpu
grey_plot grey-cpu
grey_memory
grey_plot grey-memory
lab_log | grep -i "corral" || true
