#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What it costs to keep guests to their balloons: a hundred, with KVM where there is any,
# that do nothing and are all kept to half their memory, which they have no driver to give back.
#
# Two laboratories live side by side and take turns: with corral, and with stock libvirt, which
# asks the same and leaves it at that.  First what `virsh setmem` takes, down and up again; then
# what processor time the daemon uses while nobody asks it anything.
#
#   bench-balloon.sh [GUESTS [SECONDS]]       default 100, 30

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"
. "$bench_dir/answers.sh"

guests=${1:-100}
seconds=${2:-30}
namespace=https://corral.dev/xmlns/libvirt/domain/1.0

# ---- in a laboratory -------------------------------------------------------------

# answer_cpu: the processor time it has used so far, microseconds
answer_cpu()
{
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000000 / hz) }' \
        "/proc/$(daemon_pid)/stat"
}

# all_kept: with corral, so that what comes then is what it takes to keep them
all_kept()
{
    [[ $(virsh domstats --balloon | grep -cE 'cgroup.balloon.state=(enforced|unreachable)') == "$guests" ]]
}

answer_kept()
{
    wait_for 60 all_kept > /dev/null && echo 0 || echo "not all are kept"
}

# serve: does what it is told on standard input, one answer a line
serve()
{
    local work=/run/corral-lab
    local type=qemu i
    local policy="<corral:limits xmlns:corral='$namespace'><corral:balloon enforce='yes' grace='0'/></corral:limits>"

    kvm_works && type=kvm
    {
        daemon_start || exit 1
        for ((i = 0; i < guests; i++)); do
            make_guest "bench$i" --type $type --memory 64 --balloon "<memballoon model='virtio'/>" \
                --top "<metadata>$policy</metadata>" > "$work/guest$i.xml"
            echo "define $work/guest$i.xml"
        done > "$work/define"
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

declare -A took=() used=()
turn=0
for step in start less more less; do
    # Whoever goes first finds caches cold: it is the other one's turn each time.
    turn=$((1 - turn))
    [[ $step != more ]] || request corral kept
    for kind in "${kinds[turn]}" "${kinds[1 - turn]}"; do
        request "$kind" $step
        took[$kind.$step]=$reply
    done
done

request corral kept
for kind in "${kinds[@]}"; do
    request "$kind" cpu
    used[$kind]=$reply
done
sleep "$seconds"
for kind in "${kinds[@]}"; do
    request "$kind" cpu
    used[$kind]=$((reply - used[$kind]))
done
for kind in "${kinds[@]}"; do
    request "$kind" stop
done

echo "$guests guests: milliseconds for each call; of a processor while nobody asks, over $seconds s"
echo
printf '%-8s %12s %12s %12s\n' '' 'setmem down' 'setmem up' 'processor'
for kind in "${kinds[@]}"; do
    awk -v kind="$kind" -v n="$guests" -v less="${took[$kind.less]}" -v more="${took[$kind.more]}" \
        -v us="${used[$kind]}" -v s="$seconds" 'BEGIN {
        printf "%-8s %12.2f %12.2f %11.2f%%\n", kind, less / n / 1000, more / n / 1000, us / s / 10000
    }'
done
echo
for step in less more; do
    judge "setmem ($step) over stock's time" \
        "$(awk -v a="${took[corral.$step]}" -v b="${took[stock.$step]}" 'BEGIN { print a / b }')" 2
done
judge "of a processor, percent, more than stock's" \
    "$(awk -v a="${used[corral]}" -v b="${used[stock]}" -v s="$seconds" 'BEGIN { print (a - b) / s / 10000 }')" 5
