# SPDX-License-Identifier: LGPL-2.1-or-later
#
# parity.sh - as stock libvirt has it, word by word
#
# The same calls are made in two laboratories, one with stock libvirt and its
# groups, one with corral.  After each call comes what was answered (output,
# error, exit status) and what is so now: the kernel's files, the live and the
# persistent XML; after each chapter, the events it led to.  The two transcripts
# are then compared, call by call.  What differs on purpose is listed in
# docs/differences.md, with the reason; an entry there that no longer differs is
# a failure, too.
#
# A test sources this file, defines transcript(), which makes the calls, and ends
# with "parity AREA".  It may say what its calls are about:
#
#   state_files      kernel files, as CONTROLLER:FILE, below the guest's group
#   state_elements   elements of the domain XML, as an extended regular expression
#   normalise        sed expressions for what moves, or what is known to be the same
#
# and, where it is about containers, sources containers.sh and says
# "parity_driver=lxc".

. "$(dirname "${BASH_SOURCE[0]}")/functions.sh"

state_files=()
state_elements=
normalise=()
parity_driver=qemu

# ---- in the laboratory ---------------------------------------------------------

# call COMMAND...: its line is the key by which the transcripts are compared
call()
{
    local status line

    printf '@ %s\n' "${*//$'\n'/ }"
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

# parity_group PID CONTROLLER: the guest's group, above emulator and its like
parity_group()
{
    local line

    group=
    while IFS= read -r line; do
        if [[ $line =~ ^[0-9]+:([^:]*,)?$2(,[^:]*)?:(.*)$ ]]; then
            group=${BASH_REMATCH[3]%/emulator}
        fi
    done 2> /dev/null < "/proc/$1/cgroup"
    [[ $group ]] || return 1
    if [[ ! ${parity_mounts[$2]:-} ]]; then
        parity_mounts[$2]=$(controller_mount "$2")
    fi
    group=${parity_mounts[$2]}$group
}

# kernel_state GUEST: what is in state_files
kernel_state()
{
    local pidfile=/run/libvirt/$parity_driver/$1.pid
    local file controller known= group line pid

    [[ -e $pidfile ]] || return
    read -r pid < "$pidfile"
    for file in "${state_files[@]}"; do
        controller=${file%%:*}
        file=${file#*:}
        if [[ $controller != "$known" ]]; then
            parity_group "$pid" "$controller"
            known=$controller
        fi
        if [[ ! -e $group/$file ]]; then
            echo "kernel $file is not there"
            continue
        fi
        while IFS= read -r line; do
            echo "kernel $file $line"
        done < "$group/$file"
    done
}

# xml_state GUEST: what state_elements are in the live and in the persistent XML
xml_state()
{
    [[ $state_elements ]] || return
    # A transient guest has no other XML than its live one.
    virsh "dumpxml $1; echo persistent; dumpxml $1 --inactive" 2> /dev/null |
        awk -v transient="$1" -v elements="$state_elements" '
            BEGIN { which = "live"; begin = "^ *<(" elements ")[ >/]" }
            /^persistent$/ && transient == "transient" { exit }
            /^persistent$/ { which = "persistent"; next }
            !inside && $0 ~ begin {
                print which, $0
                name = $1
                gsub(/[<>\/].*/, "", name)
                match($0, /<[A-Za-z_:]+/)
                name = substr($0, RSTART + 1, RLENGTH - 1)
                if ($0 !~ /\/>$/ && $0 !~ ("</" name ">"))
                    inside = "</" name ">"
                next
            }
            inside {
                print which, $0
                if (index($0, inside))
                    inside = ""
            }'
}

# state GUEST: what a call may have changed
state()
{
    kernel_state "$1"
    xml_state "$1"
}

# change COMMAND GUEST ARGUMENT...: of virsh, and what is so afterwards
change()
{
    call virsh "$@"
    state "$2"
}

# api [-r] GUEST VERB...: the same of what virsh cannot say
api()
{
    local guest=$1

    [[ $1 == -r ]] && guest=$2
    call call-api "$@"
    state "$guest"
}

# api_ask [-r] GUEST VERB...: of what changes nothing
api_ask()
{
    call call-api "$@"
}

# calls: what is on standard input, a line each; "> " before a line wants the state,
# "# " is for the reader
calls()
{
    local line words

    while IFS= read -r line; do
        case $line in
        '' | '#'*) ;;
        '> '*)
            eval "words=(${line#> })"
            change "${words[@]}"
            ;;
        'api '* | 'api_ask '*) eval "$line" ;;
        *)
            eval "words=($line)"
            call virsh "${words[@]}"
            ;;
        esac
    done
}

# watch_events: starts to write down events, and waits until it does.  A change of
# the description is an event that stock libvirt takes care of in any case.
watch_events()
{
    virsh event --all --loop >> /run/corral-lab/events 2> /dev/null &
    wait_for $patience event_arrives
    virsh desc beacon --live done > /dev/null
    events_seen=0
    events "the watch begins" > /dev/null
}

event_arrives()
{
    virsh desc beacon --live something
    grep -q metadata /run/corral-lab/events
}

# events TITLE: those since the last time.  A last other event of a guest that does
# nothing else shows that all have arrived.
events()
{
    local beacons

    beacons=$(grep -c "metadata.*beacon" /run/corral-lab/events)
    virsh desc beacon --live something > /dev/null
    wait_for $patience beacons_are $((beacons + 1)) || echo "no end of events"
    echo "@ events: $1"
    tail -n +$((events_seen + 1)) /run/corral-lab/events |
        awk '/^event/ { wanted = !/beacon|^events received/ } wanted && NF { print "event", $0 }'
    events_seen=$(wc -l < /run/corral-lab/events)
}

beacons_are()
{
    [[ $(grep -c "metadata.*beacon" /run/corral-lab/events) -ge $1 ]]
}

# deadly COMMAND...: of virsh, where a daemon may die of it; then there is another one
deadly()
{
    local pid

    pid=$(daemon_pid)
    call virsh "$@"
    virsh uri > /dev/null 2>&1 && return
    echo "the daemon has died"
    wait_for $patience daemon_gone "$pid"
    daemon_start || exit 1
}

# init_is_known NAME: libvirt may miss which process is the init of a container, as stock's does
# on a busy machine; then it starts once more
init_is_known()
{
    wait_for 2 virsh send-process-signal "$1" 1 0 && return
    virsh destroy "$1"
    virsh start "$1" || virsh create "/run/corral-lab/$1.xml"
    false
}

# parity_guests [OPTION VALUE]...: "running", "off", and "transient", which runs, of the
# options of make_guest or make_container, in which @NAME@ is the guest's; "beacon" is
# there for events
parity_guests()
{
    local make=make_guest create=create_guest
    local guest n=0

    [[ $parity_driver == lxc ]] && make=make_container create=create_container
    $create beacon --memory 16 > /dev/null || exit 1
    for guest in running off transient; do
        n=$((n + 1))
        $make $guest --uuid 7a5d8e5c-7ac5-4b1b-9b4e-00000000000$n "$@" > /run/corral-lab/$guest.xml || exit 1
        sed -i "s/@NAME@/$guest/g" /run/corral-lab/$guest.xml
    done
    virsh define /run/corral-lab/running.xml > /dev/null || exit 1
    virsh define /run/corral-lab/off.xml > /dev/null || exit 1
    virsh start running > /dev/null || exit 1
    virsh create /run/corral-lab/transient.xml > /dev/null || exit 1
    [[ $parity_driver == lxc ]] || return 0
    for guest in running transient; do
        wait_for 60 init_is_known $guest || exit 1
    done
}

# ---- around the laboratories -----------------------------------------------------

# read_intended AREA: "    AREA: PATTERN" of docs/differences.md, and the heading above
read_intended()
{
    local line heading=

    while IFS= read -r line; do
        case $line in
        '#'*) heading=${line##*# } ;;
        "    $1: "*)
            intended_patterns+=("${line#"    $1: "}")
            intended_reasons+=("$heading")
            ;;
        esac
    done < "$source_dir/docs/differences.md"
}

intended()
{
    local entry

    for entry in "${!intended_patterns[@]}"; do
        if [[ $1 =~ ${intended_patterns[entry]} ]]; then
            seen[$entry]=1
            return 0
        fi
    done
    return 1
}

# squeeze_tables: how wide the columns of a table are depends on what is in them, such as
# a process's number, and is nobody's doing but virsh's.  A table is what follows a line
# of dashes, with the heading above.
squeeze_tables()
{
    awk '
        function squeeze(line) { gsub(/  +/, "  ", line); sub(/ +$/, "", line); return line }
        /^out -+$/ { $0 = "out ---"; held = squeeze(held); inside = 1 }
        !/^out/ { inside = 0 }
        NR > 1 { print held }
        { held = inside ? squeeze($0) : $0 }
        END { if (NR) print held }'
}

# split_calls FILE DIR: each call with all that follows it in a file of its own
split_calls()
{
    local expressions=() expression

    for expression in "${normalise[@]}"; do
        expressions+=(-e "$expression")
    done
    mkdir "$2"
    # A message that names the function it comes from has another name with us.
    sed -E -e 's/^(live|persistent) +/\1 /' \
        -e 's/^(.* unsupported flags .* in function) .*/\1/' \
        "${expressions[@]}" -e '/^$/d' "$1" | squeeze_tables |
        awk -v dir="$2" '/^@ / { close(file); file = sprintf("%s/%05d", dir, ++n) } n { print > file }'
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
    while IFS= read -r part; do
        line=$(head -n 1 "$scratch/stock.d/$part")
        intended "$line" && continue
        differences=$((differences + 1))
        # What was once changed differently is seen after every later call as well.
        change=$(diff "$scratch/stock.d/$part" "$scratch/corral.d/$part" | grep '^[<>]')
        [[ ${shown[$change]+x} ]] && continue
        shown[$change]=1
        ((${#shown[@]} <= ${PARITY_SHOWN:-20})) && fail "$line" \
            "$(diff -u --label stock --label corral "$scratch/stock.d/$part" "$scratch/corral.d/$part")"
    done < <(diff -rq "$scratch/stock.d" "$scratch/corral.d" | sed -n 's|^Files .*/\([0-9]*\) and .*|\1|p')
    same "of $calls calls differ" 0 $differences
    for entry in "${!intended_patterns[@]}"; do
        same "different: ${intended_patterns[entry]}: ${intended_reasons[entry]}" 1 "${seen[$entry]:-0}"
    done
}

# parity AREA: the rest of the test
parity()
{
    local stock

    if [[ ${LAB_MODE:-} ]]; then
        # Without this, a key would be another in each laboratory.
        PATH=$build_dir/tests/root:$PATH
        declare -A parity_mounts=()
        transcript
        exit 0
    fi

    need_root
    need_stage
    need_program tests/root/call-api
    scratch=$(mktemp -d)
    trap '[[ ${PARITY_KEEP:-} ]] || rm -rf "$scratch"' EXIT
    intended_patterns=()
    intended_reasons=()
    read_intended "$1"

    # What libvirt's v1 backends do, in both laboratories.
    "${laboratory[@]}" v1 --stock -- "$(realpath "$0")" > "$scratch/stock" 2> "$scratch/stock.err" &
    stock=$!
    "${laboratory[@]}" v1 -- "$(realpath "$0")" > "$scratch/corral" 2> "$scratch/corral.err"
    same "the laboratory with corral ends well" 0 $?
    wait $stock
    same "the laboratory with stock libvirt ends well" 0 $?
    same "no complaints" "$(cat "$scratch/stock.err")" "$(cat "$scratch/corral.err")"
    [[ ${PARITY_KEEP:-} ]] && note "the transcripts are in $scratch"
    compare
    finish
}
