#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What it costs to have a host shared out while nothing happens: processor time of the planner's
# thread, of the one that watches guests for want of memory, and of the daemon as a whole, with idle
# containers in four partitions.
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

# threads: each of the daemon's by name, and how many nanoseconds it has run; ticks would be too
# coarse
threads()
{
    local task ns

    for task in "/proc/$(daemon_pid)"/task/*; do
        read -r ns _ < "$task/schedstat" && echo "$(< "$task/comm") $ns"
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
threads > /run/corral-lab/before
sleep "$CORRAL_BENCH_SECONDS"
threads > /run/corral-lab/after
awk -v seconds="$CORRAL_BENCH_SECONDS" -v n="$CORRAL_BENCH_CONTAINERS" '
    FNR == NR { ran[$1] -= $2; next }
    { ran[$1] += $2 }
    END {
        for (name in ran)
            all += ran[name]
        planner = ran["corral-planner"] / 1e7 / seconds
        printf "%d idle containers: the planner takes %.3f %% of a CPU; goal: under 0.1: %s\n",
            n, planner, planner < 0.1 ? "holds" : "MISSED"
        printf "beside it: what watches for reactions %.3f %%, the whole daemon %.3f %%\n",
            ran["corral-reaction"] / 1e7 / seconds, all / 1e7 / seconds
    }' /run/corral-lab/before /run/corral-lab/after
