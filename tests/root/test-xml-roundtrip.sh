#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every kind of tuning that a guest's XML can hold, each in a file of its own
# below tests/data/guests/tuned: what was defined is what is shown while the guest
# runs, after a restart of the daemon, and after saving and restoring.  What
# libvirt keeps for corral meanwhile is what xml/held.rng says.

. "$(dirname "$0")/functions.sh"
in_lab v1

batch_size=25
schema=$source_dir/xml/held.rng
block=$(lsblk --noheadings --list --paths --output NAME,TYPE 2> /dev/null | awk '$2 == "disk" { print $1; exit }')

# shown NAME [OPTION]: all that concerns tuning
shown()
{
    local xml element

    xml=$(virsh dumpxml "$@")
    for element in metadata blkiotune memtune cputune numatune iothreadids vcpus; do
        sed -n -e "/^  <$element>/,/^  <\/$element>/p" -e "/^  <$element\/>/p" <<< "$xml"
    done
    grep -E '^  <(vcpu|iothreads|title|description)[ >]' <<< "$xml"
    grep -E '^    <partition>' <<< "$xml" || echo '    <partition>/machine</partition>'
}

# all_but_devices NAME: stock libvirt forgets an alias or two when it starts again
all_but_devices()
{
    virsh dumpxml "$1" | sed '/<devices>/,/<\/devices>/d'
}

# possible NAME: can this machine do it?
possible()
{
    case $1 in
    io-weight-*) compgen -G "$(controller_mount blkio)/blkio*weight" > /dev/null ;;
    io-*) [[ $block ]] ;;
    pin-* | cpuset-*) (($(nproc) > 1)) ;;
    # A hard limit is a limit of locked memory, too, and to raise that takes a capability.
    memory-soft*) ;;
    memory-swap* | memory-all)
        [[ -e $(controller_mount memory)/memory.memsw.limit_in_bytes ]] &&
            (ulimit -H -l unlimited) 2> /dev/null
        ;;
    memory-*) (ulimit -H -l unlimited) 2> /dev/null ;;
    esac
}

# valid NAME: is what libvirt keeps for us what the schema says?
valid()
{
    local kept=/run/corral-lab/kept.xml

    grep -q '<corral:held' "/run/libvirt/qemu/$1.xml" || return 0
    sed -n '/<corral:held/,/<\/corral:held>/p' "/run/libvirt/qemu/$1.xml" > $kept
    (($(grep -c '<corral:held' $kept) == 1)) && xmllint --noout --relaxng "$schema" $kept
}

must "libvirtd starts" daemon_start
guests=()
for file in "$source_dir"/tests/data/guests/tuned/*.xml; do
    name=$(basename "$file" .xml)
    if possible "$name"; then
        guests+=("$name")
    else
        note "not possible here: $name"
    fi
done
check "there are many" test ${#guests[@]} -ge 86

for ((first = 0; first < ${#guests[@]}; first += batch_size)); do
    batch=("${guests[@]:first:batch_size}")
    declare -A defined=() live=()

    for name in "${batch[@]}"; do
        sed "s|@BLOCK@|$block|" "$source_dir/tests/data/guests/tuned/$name.xml" \
            > /run/corral-lab/guest.xml
        check "$name: define" virsh define --validate /run/corral-lab/guest.xml || continue
        defined[$name]=$(shown "$name" --inactive)
        check "$name: start" virsh start --paused "$name" || continue
        live[$name]=$(all_but_devices "$name")
        same "$name: what is shown" "${defined[$name]}" "$(shown "$name")"
        type -P xmllint > /dev/null && check "$name: what is kept" valid "$name"
    done

    must "libvirtd starts again" daemon_restart
    i=0
    for name in "${batch[@]}"; do
        [[ ${live[$name]:-} ]] || continue
        same "$name: after a restart" "${live[$name]}" "$(all_but_devices "$name")"
        if ((i++ % 6 == 0)); then
            check "$name: save" virsh save "$name" /run/corral-lab/image
            check "$name: restore" virsh restore /run/corral-lab/image
            same "$name: after save and restore" "${defined[$name]}" "$(shown "$name")"
            type -P xmllint > /dev/null && check "$name: what is kept then" valid "$name"
        fi
        same "$name: the definition" "${defined[$name]}" "$(shown "$name" --inactive)"
        check "$name: destroy" virsh destroy "$name"
        check "$name: undefine" virsh undefine "$name"
    done
    same "no group is left" "" "$(guest_groups)"
done

finish
