#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the driver costs when there are many guests: a hundred, with KVM where there
# is any, started four at a time, tuned, asked about and stopped, with corral and with
# stock libvirt.
#
# Two laboratories live side by side and take turns at each step.  All guests of both
# are there when they are asked.
#
#   bench-guests.sh [GUESTS]       default 100

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"
. "$bench_dir/answers.sh"

guests=${1:-100}

# ---- in a laboratory -------------------------------------------------------------

# answer_memory: the daemon's share of the memory it uses, KiB
answer_memory()
{
    awk '/^Pss:/ { print $2 }' "/proc/$(daemon_pid)/smaps_rollup"
}

# serve: does what it is told on standard input, one answer a line
serve()
{
    local work=/run/corral-lab
    local type=qemu i

    kvm_works && type=kvm
    {
        daemon_start || exit 1
        for ((i = 0; i < guests; i++)); do
            make_guest "bench$i" --type $type --memory 16 > "$work/guest.xml"
            echo "define $work/guest$i.xml" >> "$work/define"
            mv "$work/guest.xml" "$work/guest$i.xml"
        done
        virsh < "$work/define"
    } > $work/log 2>&1 || { cat $work/log >&2; exit 1; }

    answer_requests
}

[[ ${LAB_MODE:-} ]] && serve

# ---- around the laboratories -------------------------------------------------------

need_root
need_stage
need_program tests/bench/time-guests

. "$bench_dir/servers.sh"
kinds=(stock corral)
start_servers "$guests"

declare -A took=() memory=()
turn=0
for kind in "${kinds[@]}"; do
    request "$kind" memory
    memory[$kind]=$reply
done
for step in start tune query stop; do
    # Whoever goes first finds caches cold: it is the other one's turn each time.
    turn=$((1 - turn))
    for kind in "${kinds[turn]}" "${kinds[1 - turn]}"; do
        request "$kind" $step
        took[$kind.$step]=$reply
    done
    [[ $step == query ]] || continue
    for kind in "${kinds[@]}"; do
        request "$kind" memory
        memory[$kind]=$(((reply - memory[$kind]) / guests))
    done
done

echo "$guests guests: milliseconds for all of them; the daemon's memory (PSS) grown by"
echo
printf '%-8s %10s %10s %10s %10s %14s\n' '' start tune domstats stop 'KiB a guest'
for kind in "${kinds[@]}"; do
    printf '%-8s' "$kind"
    for step in start tune query stop; do
        awk -v us="${took[$kind.$step]}" 'BEGIN { printf " %10.1f", us / 1000 }'
    done
    printf ' %14s\n' "${memory[$kind]}"
done
printf '%-8s' "ratio"
for step in start tune query stop; do
    awk -v a="${took[corral.$step]}" -v b="${took[stock.$step]}" 'BEGIN { printf " %10.2f", a / b }'
done
awk -v a="${memory[corral]}" -v b="${memory[stock]}" 'BEGIN { printf " %14.2f\n", b ? a / b : 0 }'
echo
judge "domstats for all, as a share of stock's time" \
    "$(awk -v a="${took[corral.query]}" -v b="${took[stock.query]}" 'BEGIN { print a / b }')" 0.5
