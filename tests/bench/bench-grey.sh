#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients with a guarantee, and a grey partition that has what they leave: what it gets of it, and
# how soon the clients have it back.  Two containers; the first part is about processor time, the
# second about memory, in all of which what is not the guests' own has to stay responsive.
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

export CORRAL_BENCH_OUT=${CORRAL_BENCH_OUT:-$(realpath "${1:-$build_dir/tests/bench}")}
if [[ ! ${LAB_MODE:-} ]]; then
    type -P python3 > /dev/null || skip "python3 is not installed"
    have_swap 3072 || swap_is_there || skip "there is no swap, and no zram"
fi
in_lab v1
need_containers

guests=1536     # MiB that the host leaves
guarantee=1024  # of it, for the clients
cpus=$(nproc)

# files OF WHAT...: for watch-groups.py
files()
{
    local dir=$1

    case $dir in
    cpu) echo "clients=$(controller_mount cpuacct)/clients.partition/cpuacct.usage" \
        "grey=$(controller_mount cpuacct)/grey.partition/cpuacct.usage" ;;
    memory) for name in clients grey; do
            dir=$(controller_mount memory)/$name.partition
            echo "$name=$dir/memory.usage_in_bytes ${name}_limit=$dir/memory.limit_in_bytes"
        done ;;
    esac
}

# record NAME MILLISECONDS FILE...: in the background, until record_end
record()
{
    python3 "$bench_dir/watch-groups.py" "$CORRAL_BENCH_OUT/$1.txt" "${@:2}" &
    recorder=$!
}

record_end()
{
    kill $recorder
    wait $recorder 2> /dev/null
}

# plot NAME TITLE: each of the others over the first column
plot()
{
    type -P gnuplot > /dev/null || return 0
    gnuplot -e "name='$CORRAL_BENCH_OUT/$1'" "$bench_dir/$1.gnuplot" &&
        echo "plot: $CORRAL_BENCH_OUT/$1.svg"
}

# hog NAME: a program in the container that holds as much memory as it is told
hog()
{
    local root

    root=$(container_root "$1")
    gcc -static -O2 -I "$build_dir" "$test_dir/memory-hog.c" -o "$root/hog" && mkfifo "$root/orders" &&
        tell_inside "$1" "busybox setsid /hog 0<> /orders > /answers 2>&1 & echo"
}

# hold NAME MIB
hold()
{
    order "$1" "hold $2"
}

# order NAME COMMAND
order()
{
    echo "$2" > "$(container_root "$1")/orders"
}

has_its_guarantee()
{
    (($(partition_has clients.partition usage) >= ((guarantee - 16) << 20) / 100 * 95))
}

held()
{
    [[ $(tail -n 1 "$(container_root "$1")/answers") == "held $2" ]]
}

put_policy "<reserve>$(all_but $guests)</reserve>
<partition name='/clients' priority='800'>
  <cputune><min_guarantee>$cpus</min_guarantee></cputune>
  <memtune><min_guarantee unit='MiB'>$guarantee</min_guarantee></memtune>
</partition>
<partition name='/grey' priority='100'/>"
{
    daemon_start && create_container client --partition /clients --memory 4096 &&
        create_container grey --partition /grey --memory 4096 && hog client && hog grey
} > /run/corral-lab/grey.log 2>&1 || { cat /run/corral-lab/grey.log >&2; exit 1; }

echo "---- processor time: $cpus CPUs, guaranteed to the clients ----"
spin='for i in $(busybox seq COUNT); do (while :; do :; done) & done; busybox sleep SECONDS; kill $(jobs -p)'
record grey-cpu 5 $(files cpu)
before=$(uptime_ms)
sleep 1.5
tell_inside grey "$(sed "s/COUNT/$((2 * cpus))/; s/SECONDS/6/" <<< "$spin")"
grey_ms=$(uptime_ms)
sleep 3
tell_inside client "$(sed "s/COUNT/$cpus/; s/SECONDS/2/" <<< "$spin")"
client_ms=$(uptime_ms)
sleep 1.9
end_ms=$(uptime_ms)
sleep 1
record_end
awk -v from="$grey_ms" 'NR == 1 || $1 >= from' "$CORRAL_BENCH_OUT/grey-cpu.txt" > /run/corral-lab/cpu.txt
python3 "$bench_dir/grey-figures.py" cpu /run/corral-lab/cpu.txt 1 "$cpus" "$client_ms" "$end_ms"
python3 "$bench_dir/grey-figures.py" late "$CORRAL_BENCH_OUT/grey-cpu.txt" \
    "$before" "$grey_ms" "$grey_ms" "$end_ms"
plot grey-cpu
wait_for $patience test -e "$container_roots/grey/said"

echo "---- memory: $guests MiB for guests, $guarantee guaranteed to the clients ----"
record grey-memory 20 $(files memory)
hold grey 1200
wait_for 60 held grey 1200 || echo "grey holds $(tail -n 1 "$(container_root grey)/answers")"
client_ms=$(uptime_ms)
hold client $((guarantee - 16))
# What it has touched it goes on touching: who was too quick for the grey ones may have pushed
# itself out, and is back when all of it is there.
wait_for 120 held client $((guarantee - 16)) || echo "the clients do not get at it"
held_ms=$(uptime_ms)
order client "busy 20000 10"
wait_for 60 has_its_guarantee
sleep 0.5
record_end
order client "busy 0 0"
echo "the clients' program had touched all of it after $(((held_ms - client_ms))) ms"
python3 "$bench_dir/grey-figures.py" memory "$CORRAL_BENCH_OUT/grey-memory.txt" \
    "$client_ms" $(((guarantee - 16) << 20))
python3 "$bench_dir/grey-figures.py" late "$CORRAL_BENCH_OUT/grey-memory.txt" \
    "$client_ms" "$(uptime_ms)"
plot grey-memory
hold grey 100
for name in client grey; do
    [[ $(grep -c ready "$container_roots/$name/answers") == 1 && $(container_starts $name) == 1 &&
        $(inside $name "busybox pidof hog") ]] && echo "$name: alive" || echo "$name: KILLED"
done
lab_log | grep -i "corral" || true
