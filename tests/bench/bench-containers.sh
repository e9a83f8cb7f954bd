#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the driver costs when there are many containers: two hundred, started four at a
# time, tuned, asked about, found again by a daemon that comes back after it was
# killed, and stopped, with corral and with stock libvirt.  Afterwards nothing may be
# left of them.
#
# Two laboratories live side by side and take turns at each step.  All containers of
# both are there when they are asked.
#
#   bench-containers.sh [CONTAINERS]       default 200

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"
. "$bench_dir/answers.sh"
. "$test_dir/containers.sh"
need_containers

containers=${1:-200}

# ---- in a laboratory -------------------------------------------------------------

# One root for all: they have nothing to do in it.
container_root()
{
    echo "$container_roots/all"
}

# answer_memory: what the daemon has that nobody shares, KiB
answer_memory()
{
    awk '/^Anonymous:/ { print $2 }' "/proc/$(daemon_pid)/smaps_rollup"
}

all_listed()
{
    (($(virsh list --name | grep -c .) == containers))
}

# answer_return: microseconds until a daemon that was killed has its containers again, the
# median of three times
answer_return()
{
    local begin i

    for i in 1 2 3; do
        daemon_kill9 || return 1
        begin=$(date +%s%N)
        daemon_start && wait_for 60 all_listed || return 1
        echo $((($(date +%s%N) - begin) / 1000))
    done | sort -n | sed -n 2p
}

# answer_left: groups, processes and files; but libvirt leaves empty mount points and a socket
answer_left()
{
    {
        container_groups
        groups_of 'starting.*'
        pgrep -x libvirt_lxc
        find /run/libvirt/lxc -name 'bench*.xml' -o -name 'bench*.pid'
    } | wc -l
}

# make_init: one that ends when it is asked to, and does not wait to be killed
make_init()
{
    make_root all || return 1
    cat > "$(container_root)/init" <<'END'
#!/bin/sh
trap exit TERM
exec 3<> /command
while :; do read -r line <&3; done
END
}

# serve: does what it is told on standard input, one answer a line
serve()
{
    local work=/run/corral-lab
    local i

    {
        daemon_start && make_init || exit 1
        for ((i = 0; i < containers; i++)); do
            make_container "bench$i" --memory 16 > "$work/bench$i.xml" || exit 1
            echo "define $work/bench$i.xml" >> "$work/define"
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
start_servers "$containers"

steps=(start tune info return read stop)
declare -A took=() memory=()
turn=0
for kind in "${kinds[@]}"; do
    request "$kind" memory
    memory[$kind]=$reply
done
for step in "${steps[@]}"; do
    # Whoever goes first finds caches cold: it is the other one's turn each time.
    turn=$((1 - turn))
    for kind in "${kinds[turn]}" "${kinds[1 - turn]}"; do
        request "$kind" $step
        took[$kind.$step]=$reply
    done
    [[ $step == info ]] || continue
    # Stock has no answer to that for containers.
    echo query >&"${ask[corral]}"
    read -r -t 200 statistics <&"${answer[corral]}"
    for kind in "${kinds[@]}"; do
        request "$kind" memory
        memory[$kind]=$(((reply - memory[$kind]) / containers))
    done
done

left=0
for kind in "${kinds[@]}"; do
    request "$kind" left
    if ((reply)) && [[ $kind == corral ]]; then
        echo "bench-containers.sh: $reply groups, processes or files are left" >&2
        left=1
    fi
done

# ratio STEP: corral's time as a multiple of stock's
ratio()
{
    awk -v a="${took[corral.$1]}" -v b="${took[stock.$1]}" 'BEGIN { print a / b }'
}

echo "$containers containers: milliseconds for all of them; the daemon's memory grown by"
echo
printf '%-8s' ''
printf ' %10s' "${steps[@]}"
printf ' %18s\n' 'KiB a container'
for kind in "${kinds[@]}"; do
    printf '%-8s' "$kind"
    for step in "${steps[@]}"; do
        awk -v us="${took[$kind.$step]}" 'BEGIN { printf " %10.1f", us / 1000 }'
    done
    printf ' %18s\n' "${memory[$kind]}"
done
printf '%-8s' "ratio"
for step in "${steps[@]}"; do
    printf ' %10.2f' "$(ratio "$step")"
done
awk -v a="${memory[corral]}" -v b="${memory[stock]}" 'BEGIN { printf " %18.2f\n", b ? a / b : 0 }'
echo
[[ $statistics =~ ^[0-9]+$ ]] &&
    judge "domstats for all, as a multiple of the time that stock takes for dominfo" \
        "$(awk -v a="$statistics" -v b="${took[stock.info]}" 'BEGIN { print a / b }')" 1
judge "starts, as a multiple of stock's time" "$(ratio start)" 1.25
judge "seconds more than stock's until a killed daemon has them again" \
    "$(awk -v a="${took[corral.return]}" -v b="${took[stock.return]}" 'BEGIN { print (a - b) / 1e6 }')" 1

exit $left
