#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# schedinfo as stock has it, word by word.
#
# The same calls are made in two laboratories, one with stock libvirt and its
# groups, one with corral.  After each call comes what was answered (output,
# error, exit status) and what is so now: the kernel's files, <cputune> in the
# live and in the persistent XML.  The two transcripts are then compared, call by
# call.  What differs on purpose is listed below, with the reason.

. "$(dirname "$0")/functions.sh"

# A pattern for the call and why it may differ.  An entry that no longer differs
# is a failure, too.
intended_differences=(
    'running --set cpu_shares=700 .*emulator_period=1$ -- all or nothing: stock leaves the first two'
    '--config --set cpu_shares=701 .*iothread_quota=7$ -- all or nothing: stock leaves the first two'
    'running --set vcpu_quota=50000$ -- what the kernel refuses is told with the guest and the file'
    'running --set global_quota=5000$ -- what the kernel refuses is told with the guest and the file'
    '^@ events$ -- no tunable event yet'
)

# A message that names the function it comes from has another name with us.
function='s/^(.* unsupported flags .* in function) .*/\1/'
# The live XML is read from the kernel, which does not know whether what is usual
# there was asked for.  Stock libvirt shows it once it was.
usual='s/^live <(shares>1024|[a-z_]*period>100000|[a-z_]*quota>-[0-9]+)<.*//'

# ---- in the laboratory ---------------------------------------------------------

# A call: its line is the key by which the transcripts are compared.
call()
{
    local status line

    printf '@ %s\n' "$*"
    "$@" > /run/corral-lab/out 2> /run/corral-lab/err
    status=$?
    while IFS= read -r line; do
        printf 'out %s\n' "$line"
    done < /run/corral-lab/out
    while IFS= read -r line; do
        printf 'err %s\n' "$line"
    done < /run/corral-lab/err
    echo "exit $status"
}

# cpu_group PID: the guest's group, above emulator and its like
cpu_group()
{
    local line

    while IFS= read -r line; do
        if [[ $line =~ ^[0-9]+:cpu:(.*)/emulator$ ]]; then
            cpu_group=$cpu_root${BASH_REMATCH[1]}
        fi
    done < "/proc/$1/cgroup"
}

# state GUEST: what a call may have changed
state()
{
    local pidfile=/run/libvirt/qemu/$1.pid
    local file value

    if [[ -e $pidfile ]]; then
        cpu_group=
        cpu_group "$(< "$pidfile")"
        for file in {,emulator/,vcpu0/,vcpu1/,iothread1/}cpu.{shares,cfs_period_us,cfs_quota_us}; do
            value=
            read -r value < "$cpu_group/$file"
            echo "kernel $file $value"
        done
    fi
    # A transient guest has no other XML than its live one.
    virsh "dumpxml $1; echo persistent; dumpxml $1 --inactive" | awk -v transient="$1" '
        BEGIN { which = "live" }
        /^persistent$/ && transient != "transient" { which = "persistent" }
        /<cputune>/, /<\/cputune>/ { print which, $0 }'
}

# set_and_look GUEST ARGUMENT...
set_and_look()
{
    call virsh schedinfo "$@"
    state "$1"
}

api()
{
    call call-scheduler "$@"
    if [[ $1 == -r ]]; then
        state "$2"
    else
        state "$1"
    fi
}

everything_read()
{
    local guest flag

    for guest in running off transient; do
        for flag in "" --live --config --current; do
            call virsh schedinfo $guest $flag
        done
        api $guest type
        state $guest
    done
}

# watch_events: starts to write down events, and waits until it does.  A change of
# the description is an event that stock libvirt takes care of in any case.
watch_events()
{
    virsh event --all --loop >> /run/corral-lab/events 2> /dev/null &
    wait_for 5 event_arrives
}

event_arrives()
{
    virsh desc running --live something
    grep -q metadata /run/corral-lab/events
}

# tunable_events: those until now; a last other event shows that all have arrived
tunable_events()
{
    virsh desc transient --live something > /dev/null
    wait_for 5 grep -q "metadata.*transient" /run/corral-lab/events || return 1
    awk '/^event/ { wanted = / .tunable. / } wanted && NF { print "event", $0 }' /run/corral-lab/events
}

transcript()
{
    local guest flag name value type
    local live=1 config=2

    cpu_root=$(controller_mount cpu)
    daemon_start || exit 1
    PATH=$build_dir/tests/root:$PATH
    for guest in running off; do
        define_guest $guest --vcpus 2 --iothreads 1 > /dev/null || exit 1
    done
    create_guest transient --vcpus 2 --iothreads 1 > /dev/null || exit 1
    virsh start running > /dev/null || exit 1
    watch_events || exit 1

    everything_read

    # Every parameter, every way of saying which XML is meant, every kind of guest.
    for guest in running off transient; do
        for flag in "" --live --config --current "--live --config" "--current --live"; do
            set_and_look $guest $flag --set cpu_shares=500
            for name in vcpu global emulator iothread; do
                set_and_look $guest $flag --set ${name}_period=50000 --set ${name}_quota=60000
            done
        done
    done

    # Back to where nothing is limited, else one ceiling forbids the other.
    unlimited()
    {
        for name in vcpu emulator iothread global; do
            set_and_look running --live --config --set ${name}_quota=-1 --set ${name}_period=100000
        done
    }
    unlimited

    # The edges of every range.
    for value in -1 0 1 2 3 1024 262143 262144 262145 4294967296 9223372036854775808 \
        18446744073709551615 18446744073709551616 abc '' 1.5 ' 7' 0x10; do
        set_and_look running --set "cpu_shares=$value"
        set_and_look running --config --set "cpu_shares=$value"
    done
    for name in vcpu global emulator iothread; do
        for value in -1 0 1 999 1000 1001 999999 1000000 1000001 18446744073709551615; do
            set_and_look running --set ${name}_period=$value
            [[ $name == vcpu ]] && set_and_look running --config --set ${name}_period=$value
        done
        set_and_look running --set ${name}_period=100000
        for value in -2 -1 0 1 999 1000 1001 17592186044414 17592186044415 17592186044416 \
            -9223372036854775808 9223372036854775807 9223372036854775808; do
            set_and_look running --set ${name}_quota=$value
            [[ $name == vcpu ]] && set_and_look running --config --set ${name}_quota=$value
        done
        set_and_look running --set ${name}_quota=-1
    done
    unlimited

    # One ceiling above another that the kernel does not allow.
    set_and_look running --set global_quota=20000
    set_and_look running --set vcpu_quota=50000
    set_and_look running --set vcpu_quota=10000
    set_and_look running --set global_quota=5000
    set_and_look running --set global_quota=5000 --config
    # Several at once, of which a later one is refused: what stays of the earlier?
    set_and_look running --set cpu_shares=700 --set vcpu_quota=9000 --set emulator_period=1
    set_and_look running --live --config --set cpu_shares=701 --set vcpu_quota=9001 --set iothread_quota=7
    virsh schedinfo running --live --set cpu_shares=702 > /dev/null
    unlimited

    # What virsh itself finds wrong.
    set_and_look running --set nonsense=1
    set_and_look running --set cpu_shares
    set_and_look running --set cpu_shares=100 --set cpu_shares=200
    set_and_look running --weight 5 --cap 5
    call virsh schedinfo nobody
    call virsh -r schedinfo running
    call virsh -r schedinfo running --config
    call virsh -r schedinfo running --set cpu_shares=600
    state running

    # What only the daemon can find wrong.
    for flag in - 0 $live $config 3 4 8; do
        for guest in running off transient; do
            api $guest set $flag cpu_shares:U:800
            api $guest get $flag 9
        done
        api running set $flag nonsense:U:1
        api running set $flag cpu_shares:U:300 cpu_shares:U:400
        api running set $flag cpu_shares:i:300
        api running set $flag cpu_shares:s:300
        api running set $flag vcpu_quota:U:3000
        api running set $flag vcpu_period:l:3000
        api running set $flag cpu_shares:U:301 nonsense:U:1
        api running set $flag
    done
    for value in 0 1 2 3 5 8 9 10 20; do
        for guest in running off; do
            api $guest get 0 $value
            api $guest get - $value
            api $guest get 2 $value
        done
    done
    api -r running get 0 9
    api -r running set 0 cpu_shares:U:900
    api -r running set - cpu_shares:U:900
    api -r off type

    # All the same after the daemon has been away.
    virsh schedinfo running --live --set cpu_shares=1111 --set vcpu_quota=22222 > /dev/null
    virsh schedinfo running --config --set cpu_shares=3333 --set emulator_quota=44444 > /dev/null
    virsh schedinfo transient --set cpu_shares=555 > /dev/null
    everything_read
    echo "@ events"
    tunable_events || exit 1
    daemon_restart || exit 1
    echo "@ restart"
    everything_read
    set_and_look running --set cpu_shares=1212 --live --config
    virsh destroy running > /dev/null
    everything_read
    # The persistent XML has a quota now, and the guest starts with it.
    call virsh start running
    everything_read
}

if [[ ${LAB_MODE:-} ]]; then
    transcript
    exit 0
fi

# ---- around the laboratories -----------------------------------------------------

need_root
need_stage
need_program tests/root/call-scheduler

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# split FILE PREFIX: each call with all that follows it in a file of its own
split_calls()
{
    mkdir "$2"
    sed -E -e 's/^(live|persistent) +/\1 /' -e "$function" -e "$usual" -e '/^live <\/?cputune>$/d' -e '/^$/d' "$1" |
        awk -v dir="$2" '/^@ / { close(file); file = sprintf("%s/%05d", dir, ++n) } n { print > file }'
}

intended()
{
    local entry

    for entry in "${!intended_differences[@]}"; do
        if [[ $1 =~ ${intended_differences[entry]%% -- *} ]]; then
            seen[$entry]=1
            return 0
        fi
    done
    return 1
}

compare()
{
    local calls differences=0 part line entry change
    local -A seen=() shown=()

    split_calls "$scratch/stock" "$scratch/stock.d"
    split_calls "$scratch/corral" "$scratch/corral.d"
    same "the same calls were made" \
        "$(grep '^@' "$scratch/stock")" "$(grep '^@' "$scratch/corral")"
    calls=$(ls "$scratch/stock.d" | wc -l)
    for part in $(ls "$scratch/stock.d"); do
        cmp -s "$scratch/stock.d/$part" "$scratch/corral.d/$part" && continue
        line=$(head -n 1 "$scratch/stock.d/$part")
        intended "$line" && continue
        differences=$((differences + 1))
        # What was once changed differently is seen after every later call as well.
        change=$(diff "$scratch/stock.d/$part" "$scratch/corral.d/$part" | grep '^[<>]')
        [[ ${shown[$change]+x} ]] && continue
        shown[$change]=1
        ((${#shown[@]} <= 20)) && fail "$line" \
            "$(diff -u --label stock --label corral "$scratch/stock.d/$part" "$scratch/corral.d/$part")"
    done
    same "of $calls calls differ" 0 $differences
    for entry in "${!intended_differences[@]}"; do
        same "${intended_differences[entry]}" 1 "${seen[$entry]:-0}"
    done
}

# The scheduler's parameters are the cpu controller's, which is a v1 hierarchy in
# a hybrid laboratory as well.
"$test_dir/lab" v1 --stock -- "$(realpath "$0")" > "$scratch/stock" 2> "$scratch/stock.err" &
stock=$!
"$test_dir/lab" v1 -- "$(realpath "$0")" > "$scratch/corral" 2> "$scratch/corral.err"
same "the laboratory with corral ends well" 0 $?
wait $stock
same "the laboratory with stock libvirt ends well" 0 $?
same "no complaints" "$(cat "$scratch/stock.err")" "$(cat "$scratch/corral.err")"
compare
finish
