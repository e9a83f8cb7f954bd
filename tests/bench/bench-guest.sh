#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the driver costs: the start of a guest with two vCPUs with corral, with stock
# libvirt's groups and with no groups at all.
#
# Three laboratories live side by side, and their starts are interleaved, so that
# whatever else the machine does meets all three alike.  Medians are compared.
# Then each daemon starts one guest more under strace, and the system calls that
# name a path in a cgroup file system are counted.
#
#   bench-guest.sh [ROUNDS]       default 25, at least 15

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"

guest=bench

# ---- in a laboratory -------------------------------------------------------------

# path_calls: counts in strace's output (-y: descriptors with their paths) the
# calls that name a path, absolute or relative to a descriptor, below a cgroup
# mount, or one of the kernel's tables of cgroups in /proc.  A call that strace
# cut in two counts once.
path_calls()
{
    awk '
        / resumed>/ { next }
        /[(, ]"\/proc\/(cgroups|[a-z0-9-]+\/cgroup)"/ { n++; next }
        # openat(12</sys/fs/cgroup/cpu>, "machine", ...): a path of its own, not ""
        /\(([0-9]+|AT_FDCWD)<\/sys\/fs\/cgroup[^>]*>, "[^"]/ { n++; next }
        /[(, ]"\/sys\/fs\/cgroup/ { n++ }
        END { print n + 0 }' "$1"
}

# serve: does what it is told on standard input, one answer a line
serve()
{
    local work=/run/corral-lab
    local request tracer
    local answer

    {
        daemon_start && define_guest $guest --vcpus 2
    } > $work/log 2>&1 || { cat $work/log >&2; exit 1; }

    coproc timer { "$build_dir/tests/bench/time-guest"; }
    while read -r request; do
        case $request in
        start|stop)
            echo "$request $guest" >&"${timer[1]}"
            read -r answer <&"${timer[0]}"
            ;;
        trace)
            # One start under strace; the answer is the number of calls.
            strace -f -y -e trace=%file,mkdirat,unlinkat,openat2 -o $work/trace \
                -p "$(daemon_pid)" 2> $work/strace.err &
            tracer=$!
            wait_for 10 grep -q attached $work/strace.err
            echo "start $guest" >&"${timer[1]}"
            read -r answer <&"${timer[0]}"
            kill -INT $tracer
            wait $tracer
            [[ $answer == failed* ]] || answer=$(path_calls $work/trace)
            ;;
        esac
        echo "$answer"
    done
    exit 0
}

[[ ${LAB_MODE:-} ]] && serve

# ---- around the laboratories -------------------------------------------------------

rounds=${1:-25}
((rounds >= 15)) || { echo "bench-guest.sh: at least 15 rounds, or medians mean nothing" >&2; exit 2; }
need_root
need_stage
need_program tests/bench/time-guest
type -P strace > /dev/null || skip "strace is not installed"

. "$bench_dir/servers.sh"
kinds=(none stock corral)
declare -A calls
start_servers

# The first start of each is not counted: it finds nothing in any cache.
for ((round = 0; round <= rounds; round++)); do
    for turn in 0 1 2; do
        kind=${kinds[(round + turn) % 3]}
        for what in start stop; do
            request "$kind" $what
            ((round)) && echo "$reply" >> "$scratch/$kind.$what"
        done
    done
done

# figures FILE: of microseconds in FILE, median and quartiles in milliseconds
figures()
{
    sort -n "$1" | awk '
        { v[NR] = $1 / 1000 }
        END {
            printf "%.1f (%.1f-%.1f)\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2,
                v[int((NR + 3) / 4)], v[int((3 * NR + 3) / 4)]
        }'
}

# over FILE FILE: the difference, round by round
over()
{
    paste "$1" "$2" | awk '{ print $1 - $2 }'
}

# judge TEXT VALUE GOAL: both are numbers, or begin with one
judge()
{
    awk -v text="$1" -v value="$2" -v goal="$3" -v noise="$noise" 'BEGIN {
        verdict = value + 0 <= goal + 0 ? "holds" : "MISSED"
        if (noise + 0 > 10)
            verdict = "cannot tell: half of the starts without groups are " noise " ms apart"
        printf "%s: %s; goal: at most %s: %s\n", text, value, goal, verdict
    }'
}

for kind in "${kinds[@]}"; do
    request "$kind" trace
    calls[$kind]=$reply
    over "$scratch/$kind.start" "$scratch/none.start" > "$scratch/$kind.over"
done

echo "Start of a guest with 2 vCPUs: milliseconds, medians of n interleaved rounds (quartiles)"
echo
printf '%-8s  %20s  %20s  %20s  %10s  %4s\n' '' start 'over none' stop 'path calls' n
for kind in "${kinds[@]}"; do
    printf '%-8s  %20s  %20s  %20s  %10s  %4s\n' "$kind" "$(figures "$scratch/$kind.start")" \
        "$(figures "$scratch/$kind.over")" "$(figures "$scratch/$kind.stop")" "${calls[$kind]}" "$rounds"
done
echo
echo "path calls: system calls of libvirtd in one more start that name a path of a cgroup"
echo "or a table of them"
echo
corral=$(figures "$scratch/corral.over")
stock=$(figures "$scratch/stock.over")
noise=$(figures "$scratch/none.start" | awk -F '[(-]' '{ printf "%.1f", $3 - $2 }')
judge "corral's part of a start, ms" "$corral" 5
judge "as a share of stock's part" "$(awk -v a="$corral" -v b="$stock" 'BEGIN { printf "%.2f", a / b }')" 0.17
noise=0
judge "path calls" "${calls[corral]}" 50
