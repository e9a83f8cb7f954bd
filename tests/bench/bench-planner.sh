#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What it costs to have a host shared out while nothing happens: processor time of the planner's
# thread, and of the daemon as a whole, with idle containers in four partitions.
#
#   bench-planner.sh [CONTAINERS [SECONDS]]       default 200, 30

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"
test_dir=$bench_dir/../root
. "$test_dir/containers.sh"
. "$test_dir/policy.sh"

export CORRAL_BENCH_CONTAINERS=${CORRAL_BENCH_CONTAINERS:-${1:-200}}
export CORRAL_BENCH_SECONDS=${CORRAL_BENCH_SECONDS:-${2:-30}}
in_lab v1
need_containers

partitions=(gold silver bronze grey)

# One root for all: nobody writes to it.
one_root()
{
    make_root shared
    container_root()
    {
        echo "$container_roots/shared"
    }
}

# used FILE...: ticks, of all of them
used()
{
    cat "$@" | sed 's/.*) //' | awk '{ sum += $12 + $13 } END { print sum }'
}

# planner_ns: that its thread has run; ticks would be too coarse
planner_ns()
{
    local task ns

    for task in "/proc/$(daemon_pid)"/task/*; do
        [[ $(< "$task/comm") == corral-planner ]] && read -r ns _ < "$task/schedstat" && echo "$ns"
    done
}

policy="<reserve>$(all_but 4096)</reserve>"
priority=800
for name in "${partitions[@]}"; do
    policy+="<partition name='/$name' priority='$priority'><memtune>
        <min_guarantee unit='MiB'>$priority</min_guarantee></memtune></partition>"
    priority=$((priority - 200))
done
put_policy "$policy"
one_root
{
    daemon_start || exit 1
    for ((i = 0; i < CORRAL_BENCH_CONTAINERS; i++)); do
        create_container "c$i" --partition "/${partitions[i % 4]}" || exit 1
    done
} > /run/corral-lab/planner.log 2>&1 || { tail -n 20 /run/corral-lab/planner.log >&2; exit 1; }

sleep 5
before=$(planner_ns)
daemon_before=$(used "/proc/$(daemon_pid)/stat")
sleep "$CORRAL_BENCH_SECONDS"
planner=$(($(planner_ns) - before))
daemon_ticks=$(($(used "/proc/$(daemon_pid)/stat") - daemon_before))
awk -v planner=$planner -v all=$daemon_ticks -v hz="$(getconf CLK_TCK)" -v seconds="$CORRAL_BENCH_SECONDS" \
    -v n="$CORRAL_BENCH_CONTAINERS" 'BEGIN {
    percent = planner / 1e7 / seconds
    printf "%d idle containers: the planner takes %.3f %% of a CPU, the daemon %.3f; goal: under 0.1: %s\n",
        n, percent, all * 100 / hz / seconds, percent < 0.1 ? "holds" : "MISSED"
}'
