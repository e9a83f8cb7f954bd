# SPDX-License-Identifier: LGPL-2.1-or-later
#
# grey.sh - clients with a guarantee, and a grey partition that has what they leave: what it gets
# of it, and how soon the clients have it back
#
# After functions.sh, containers.sh and policy.sh of tests/root.  Two containers; first about
# processor time, then about memory, in all of which what is not the guests' own has to stay
# responsive.  Who calls it has a daemon started (grey_daemon), and says:

grey_records=       # the directory where records are left
grey_guests=1536    # MiB that the host leaves
grey_guarantee=1024 # of it, for the clients
grey_wants=1200     # MiB that the grey ones take when nobody wants them
# Guaranteed to the clients: the host, and who measures, need the rest.
grey_cpus=$(awk -v cpus="$(nproc)" 'BEGIN { print cpus - 0.25 }')
grey_rate=64        # MiB in a second that they should come back by
grey_steps=(5 20)   # milliseconds between two lines of the records of processor time, and memory
hog_program=        # tests/root/memory-hog.c, without libraries
cpus=$(nproc)
grey_dir=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

# group_of NAME: a partition's, as the host has it
group_of()
{
    [[ -d $(controller_mount memory)/$1.slice ]] && echo "$1.slice" || echo "$1.partition"
}

# files WHAT: for watch-groups.py
files()
{
    local name dir limit=memory.limit_in_bytes usage=memory.usage_in_bytes

    ! unified_alone || { limit=memory.max; usage=memory.current; }
    for name in clients grey; do
        if [[ $1 == memory ]]; then
            dir=$(controller_mount memory)/$(group_of $name)
            echo "$name=$dir/$usage ${name}_limit=$dir/$limit"
        elif unified_alone; then
            echo "$name=$(controller_mount cpu)/$(group_of $name)/cpu.stat"
        else
            echo "$name=$(controller_mount cpuacct)/$(group_of $name)/cpuacct.usage"
        fi
    done
    [[ $1 == memory ]] || echo idle=/proc/stat:4
}

# record NAME MILLISECONDS FILE...: in the background, until record_end
record()
{
    python3 "$grey_dir/watch-groups.py" "$grey_records/$1.txt" "${@:2}" &
    recorder=$!
}

record_end()
{
    kill $recorder
    wait $recorder 2> /dev/null
}

figures()
{
    python3 "$grey_dir/grey-figures.py" "$@"
}

# hog NAME: a program in the container that holds as much memory as it is told
hog()
{
    local root

    root=$(container_root "$1")
    cp "$hog_program" "$root/hog" && mkfifo "$root/orders" &&
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
    (($(partition_has "$(group_of clients)" usage) >= ((grey_guarantee - 16) << 20) / 100 * 95))
}

held()
{
    [[ $(tail -n 1 "$(container_root "$1")/answers") == "held $2" ]]
}

# grey_policy: what the operator says
grey_policy()
{
    put_policy "<reserve>$(all_but $grey_guests)</reserve>
<partition name='/clients' priority='800'>
  <cputune><min_guarantee>$grey_cpus</min_guarantee></cputune>
  <memtune><min_guarantee unit='MiB'>$grey_guarantee</min_guarantee></memtune>
</partition>
<partition name='/grey' priority='100'/>"
}

grey_containers()
{
    local memory=$((4 * grey_guarantee))

    create_container client --partition /clients --memory $memory &&
        create_container grey --partition /grey --memory $memory && hog client && hog grey
}

# rest SECONDS: without a process, which would have some of the processor
rest()
{
    [[ ${nothing:-} ]] || exec {nothing}<> <(:)
    read -r -t "$1" -u "$nothing"
}

# order_now NAME COMMAND: as tell_inside, without a process; $ordered_ms is when that was
order_now()
{
    local uptime pipe

    rm -f "$(container_root "$1")/said"
    exec {pipe}<> "$(container_root "$1")/command"
    rest 0.3
    read -r uptime _ < /proc/uptime
    echo "$2" >&"$pipe"
    ordered_ms=$((10#${uptime/./} * 10))
    exec {pipe}>&-
}

# grey_cpu: the records' unit is the file's, 1 or 1000 ns
grey_cpu()
{
    local spin='for i in $(busybox seq COUNT); do (while :; do :; done) & done; busybox sleep SECONDS; kill $(jobs -p)'
    local unit=1 before grey_ms client_ms end_ms grey_spin client_spin

    ! unified_alone || unit=1000
    echo "---- processor time: $grey_cpus of $cpus CPUs are guaranteed to the clients ----"
    record grey-cpu "${grey_steps[0]}" $(files cpu)
    grey_spin=${spin/COUNT/$((2 * cpus))}
    client_spin=${spin/COUNT/$cpus}
    before=$(uptime_ms)
    rest 1.5
    order_now grey "${grey_spin/SECONDS/6}"
    grey_ms=$ordered_ms
    rest 3
    order_now client "${client_spin/SECONDS/2}"
    client_ms=$ordered_ms
    rest 1.9
    end_ms=$((client_ms + 1900))
    rest 1
    record_end
    awk -v from="$grey_ms" 'NR == 1 || $1 >= from' "$grey_records/grey-cpu.txt" \
        > "$grey_records/grey-cpu.part"
    figures cpu "$grey_records/grey-cpu.part" $unit \
        $((1000000000 / $(getconf CLK_TCK))) "$grey_cpus" "$client_ms" "$end_ms"
    rm "$grey_records/grey-cpu.part"
    figures late "$grey_records/grey-cpu.txt" "$before" "$grey_ms" "$grey_ms" "$end_ms"
    wait_for $patience test -e "$container_roots/grey/said"
}

grey_memory()
{
    local mine=$((grey_guarantee - 16))
    local client_ms held_ms name

    echo "---- memory: $grey_guests MiB for guests, $grey_guarantee guaranteed to the clients ----"
    record grey-memory "${grey_steps[1]}" $(files memory)
    hold grey $grey_wants
    wait_for 60 held grey $grey_wants || echo "grey holds $(tail -n 1 "$(container_root grey)/answers")"
    client_ms=$(uptime_ms)
    hold client $mine
    # What it has touched it goes on touching: who was too quick for the grey ones may have pushed
    # itself out, and is back when all of it is there.
    wait_for 120 held client $mine || echo "the clients do not get at it"
    held_ms=$(uptime_ms)
    order client "busy 20000 10"
    wait_for 60 has_its_guarantee
    sleep 0.5
    record_end
    order client "busy 0 0"
    echo "the clients' program had touched all of it after $((held_ms - client_ms)) ms"
    figures memory "$grey_records/grey-memory.txt" "$client_ms" $((mine << 20)) $grey_rate
    figures late "$grey_records/grey-memory.txt" "$client_ms" "$(uptime_ms)"
    hold grey 100
    for name in client grey; do
        [[ $(grep -c ready "$container_roots/$name/answers") == 1 &&
            $(container_starts $name) == 1 && $(inside $name "busybox pidof hog") ]] &&
            echo "$name: alive" || echo "$name: KILLED"
    done
}

# grey_plot NAME [UNIT]: of what was recorded; UNIT: of grey_cpu
grey_plot()
{
    type -P gnuplot > /dev/null || return 0
    gnuplot -e "name='$grey_records/$1'" -e "unit=${2:-1}" "$grey_dir/$1.gnuplot" &&
        echo "plot: $grey_records/$1.svg"
}

# grey_hog FILE: makes $hog_program
grey_hog()
{
    gcc -static -O2 -I "$build_dir" "$grey_dir/../root/memory-hog.c" -o "$1" && hog_program=$1
}
