#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Names that users choose become names of directories.  Whatever they choose, a
# guest starts with corral if it starts without, in a group that is its own and
# in its partition; or it is refused before anything has begun.
#
# Without corral means: in a second laboratory, in which stock libvirt does not
# touch any group.  The test first collects there which names libvirt takes.

. "$(dirname "$0")/functions.sh"

repeat()
{
    printf "%${2}s" '' | sed "s/ /$1/g"
}

names=(
    plain
    cpu.evil cpu.shares cgroup.procs memory.stat cpuset.cpus tasks notify_on_release release_agent
    .. . ... .hidden '..\x2f..' _ __ _tasks _#0123456789abcdef
    emulator vcpu0 iothread1 machine a.qemu.libvirt a.lxc.libvirt .qemu.libvirt
    'with space' ' leading' 'trailing ' "quo'te" 'quo"te' '<&>' '$HOME' '*' '%s%n' '-dash' '--help' ';true'
    'back\slash' 'tab	bed' $'new\nline' $'\nline' $'line\n'
    'größe' '客户机' 'é' $'e\u0301' $'\u202e'
    a/b /a ../a a/../../b
    "$(repeat a 230)" "$(repeat a 240)" "$(repeat a 241)" "$(repeat a 242)" "$(repeat a 247)"
    "$(repeat a 251)" "$(repeat a 255)" "$(repeat a 256)" "$(repeat ü 120)" "$(repeat ü 127)"
    "$(repeat . 200)"
)

# A partition, and what becomes of it: "refused", or the directory that is made.
partitions=(
    /production/web             /production/web
    /a                          /a
    /with\ space/ü/\"quote\"    '/with space/ü/"quote"'
    /tasks/cpu.shares           /_tasks/_cpu.shares
    /.hidden/_x                 /_.hidden/__x
    /cgroup.procs               /_cgroup.procs
    /machine.slice              /machine.slice
    /emulator/vcpu0             /emulator/vcpu0
    /                           refused
    //                          refused
    ///                         refused
    /a/../b                     refused
    /..                         refused
    /../..                      refused
    /a/..                       refused
    ..                          refused
    relative/path               refused
    relative                    refused
    "/$(repeat a 256)"          refused
    "/$(repeat a 4095)"         refused
    "$(repeat '\/a' 2048)"      refused
    "$(repeat '\/aaaaaaaaa' 1000)" refused
)

# uuid INDEX
uuid()
{
    printf '00000000-0000-4000-8000-%012d' "$1"
}

# outcome INDEX: whether libvirt takes the name, and starts the guest.  Not
# validated against libvirt's schema, which is stricter than libvirt; and not
# running, because an emulated firmware takes its time.
outcome()
{
    local work=/run/corral-lab

    make_guest "${names[$1]}" --uuid "$(uuid "$1")" > $work/guest.xml
    if virsh define $work/guest.xml > $work/out 2>&1; then
        if virsh start --paused "$(uuid "$1")" > $work/out 2>&1; then
            echo started
        else
            echo "not started: $(sed -n '/error: /p' $work/out | tail -n 1)"
        fi
    elif virsh create --paused $work/guest.xml > $work/out 2>&1; then
        echo "only created"
    else
        echo "refused: $(sed -n '/error: /p' $work/out | tail -n 1)"
    fi
}

if [[ ${LAB_KIND:-} == none ]]; then
    daemon_start || exit 1
    for index in "${!names[@]}"; do
        printf '%s\n' "$(outcome "$index")"
        virsh destroy "$(uuid "$index")" > /dev/null 2>&1
    done
    exit 0
fi
if [[ ! ${LAB_MODE:-} ]]; then
    need_root
    need_stage
    export CORRAL_NAMES=$(mktemp -d)
    trap 'rm -rf "$CORRAL_NAMES"' EXIT
    (
        "${laboratory[@]}" v1 --none -- "$(realpath "$0")" > "$CORRAL_NAMES/expected"
        touch "$CORRAL_NAMES/done"
    ) &
fi
in_lab v1

# all_groups: every group in the laboratory, relative to its hierarchy, once
all_groups()
{
    local roots

    readarray -t roots < <(hierarchies)
    find "${roots[@]}" -mindepth 1 -type d -printf '%P\0' | sort -zu | tr '\n\0' '?\n'
}

# group_of PID HIERARCHY: the guest's own group
group_of()
{
    local group

    group=$(where_is "$1" "$2")
    echo "${group%/emulator}"
}

own_name='[^/]+\.qemu\.libvirt'

must "libvirtd starts" daemon_start
daemon=$(daemon_pid)

# What nobody may touch.
for hierarchy in cpu cpuset memory; do
    mkdir "$(controller_mount $hierarchy)/sentinel"
done
started=0
outcomes=()
declare -A taken=()
for index in "${!names[@]}"; do
    name=${names[index]}
    shown="'$(printf '%q' "${name:0:40}")' (${#name})"
    uuid=$(uuid "$index")
    outcomes[index]=$(outcome "$index")
    if guest_state "$uuid" paused; then
        started=$((started + 1))
        pid=$(pgrep -f -- "-uuid $uuid")
        group=$(group_of "$pid" cpu)
        contains "$shown: in its partition" "^/machine/$own_name$" "$group"
        same "$shown: in a group of its own" "" "${taken[$group]:-}"
        taken[$group]=$shown
        for hierarchy in $own_hierarchies; do
            same "$shown: the same group in $hierarchy" "$group" "$(group_of "$pid" $hierarchy)"
        done
    fi
    # They are all left there: so all these groups exist beside each other.
done
check "most names can be used" test $started -gt 30
same "nothing is outside the partition" "" "$(all_groups | grep -Ev '^(machine|sentinel)(/|$)')"
for uuid in $(virsh list --uuid); do
    virsh destroy "$uuid" > /dev/null
done
check "the laboratory without corral is done" wait_for 60 test -e "$CORRAL_NAMES/done"
same "there, too, a plain name can be used" started "$(head -n 1 "$CORRAL_NAMES/expected")"
same "the same names start as without corral" \
    "$(cat "$CORRAL_NAMES/expected")" "$(printf '%s\n' "${outcomes[@]}")"
same "no group is left of any" "" "$(all_groups | grep -Ev '^(machine|sentinel)$')"

# Partitions.
for ((index = 0; index < ${#partitions[@]}; index += 2)); do
    partition=${partitions[index]}
    want=${partitions[index + 1]}
    shown="partition '${partition:0:40}' (${#partition})"
    before=$(all_groups)
    make_guest p --uuid 00000000-0000-4000-9000-000000000000 --partition "$partition" > /run/corral-lab/p.xml
    if [[ $want == refused ]]; then
        refuse "$shown: is refused" '[Pp]artition' virsh create /run/corral-lab/p.xml
        same "$shown: no group was made" "$before" "$(all_groups)"
        same "$shown: no QEMU runs" "" "$(pgrep -f -- '-uuid 00000000')"
    elif check "$shown: starts" virsh create /run/corral-lab/p.xml; then
        pid=$(guest_pid p)
        for hierarchy in $own_hierarchies; do
            same "$shown: the group in $hierarchy" "$want/p.qemu.libvirt" "$(group_of "$pid" $hierarchy)"
        done
        virsh destroy p > /dev/null
        same "$shown: no guest's group is left" "" "$(guest_groups)"
    fi
done

# Doubled slashes are no component, as everywhere; or refused.
if virsh create <(make_guest p --partition //twice//over/) > /run/corral-lab/out 2>&1; then
    same "empty components are no components" /twice/over/p.qemu.libvirt "$(group_of "$(guest_pid p)" cpu)"
    virsh destroy p > /dev/null
else
    contains "empty components are refused" '[Pp]artition' "$(cat /run/corral-lab/out)"
fi

# A partition in another guest's group.
must "a guest" create_guest host
for partition in /machine/host.qemu.libvirt /machine/host.qemu.libvirt/emulator; do
    if virsh create <(make_guest parasite --partition $partition) > /run/corral-lab/out 2>&1; then
        group=$(group_of "$(guest_pid parasite)" cpu)
        differ "$partition: not in the other guest's group" "$partition" "${group%/*}"
        virsh destroy parasite > /dev/null
    else
        contains "$partition: is refused" '[Pp]artition' "$(cat /run/corral-lab/out)"
    fi
    check "$partition: the other guest is as it was" guest_in_place host /machine 1
done
check "the guest stops" virsh destroy host

same "it has been the same daemon all the time" "$daemon" "$(daemon_pid)"
check "which still answers" virsh uri
same "no group is left" "" "$(guest_groups)"

finish
