#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a policy, or a reserve that was set, leaves behind when something else holds: nothing.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/containers.sh"
. "$(dirname "$0")/balloon.sh"
. "$(dirname "$0")/policy.sh"
in_lab v1
need_containers

mib=$((1 << 20))

# of_qemu COMMAND...: about guests that are no containers
of_qemu()
{
    LIBVIRT_DEFAULT_URI=qemu:///system "$@"
}

# total GROUP: the limit of memory and swap
total()
{
    bounded "$(partition_file memory "$1" memory.memsw.limit_in_bytes)"
}

limits()
{
    echo "$(partition_has "$1" limit) $(total "$1")"
}

limited_to()
{
    [[ $(partition_has "$1" limit) == "$2" ]]
}

# move NAME PARTITION
move()
{
    of_qemu virsh metadata "$1" https://corral.dev/xmlns/libvirt/place/1.0 --key place --live \
        --set "<partition>$2</partition>"
}

# watched PATH: somebody hears when the group is out of memory
watched()
{
    find "/proc/$(daemon_pid)/fd" -lname "*$1*" | grep -q .
}

# reserved: what the host keeps, in the words of the command
reserved()
{
    corral reserve -c "$LIBVIRT_DEFAULT_URI" | sed -n 's/^memory *//p'
}

must "libvirtd starts without a policy" daemon_start
must "a container" create_container a --partition /a --memory 100

# ---- memory and swap together ----

if [[ -e $(controller_mount memory)/memory.memsw.limit_in_bytes ]]; then
    same "both together alone are limited" "in force" "$(reload_policy "<partition name='/a'>
        <memtune><swap_hard_limit unit='MiB'>400</swap_hard_limit></memtune></partition>")"
    same "so they are" $((400 * mib)) "$(total a.partition)"
    same "each of them" "in force" "$(reload_policy "<partition name='/a'><memtune>
        <hard_limit unit='MiB'>200</hard_limit>
        <swap_hard_limit unit='MiB'>300</swap_hard_limit></memtune></partition>")"
    same "so they are" "$((200 * mib)) $((300 * mib))" "$(limits a.partition)"
    same "memory alone" "in force" "$(reload_policy "<partition name='/a'><memtune>
        <hard_limit unit='MiB'>250</hard_limit></memtune></partition>")"
    same "so it is" "$((250 * mib)) max" "$(limits a.partition)"
    same "both again" "in force" "$(reload_policy "<partition name='/a'><memtune>
        <hard_limit unit='MiB'>200</hard_limit>
        <swap_hard_limit unit='MiB'>300</swap_hard_limit></memtune></partition>")"
    must "a container in one below it" create_container n --partition /a/n --memory 100
    same "there both together alone" "in force" "$(reload_policy "<partition name='/a/n'>
        <memtune><swap_hard_limit unit='MiB'>300</swap_hard_limit></memtune></partition>")"
    same "so they are" $((300 * mib)) "$(total a.partition/n.partition)"
    same "nothing" "in force" "$(reload_policy "")"
    same "is left of that" "max max" "$(limits a.partition)"
    same "nor of the one below" "max max" "$(limits a.partition/n.partition)"
    must "which goes" virsh destroy n
fi

# ---- one of two groups goes ----

same "a partition with groups of two drivers" "in force" "$(reload_policy "<partition name='/a'>
    <memtune><hard_limit unit='MiB'>400</hard_limit></memtune></partition>")"
same "it is one's" $((400 * mib)) "$(partition_has a.partition limit)"
must "a QEMU guest" of_qemu create_guest q --partition /a
same "it is divided" "$((200 * mib)) $((200 * mib))" \
    "$(partition_has a limit) $(partition_has a.partition limit)"
must "the guest goes" of_qemu virsh destroy q
check "what is left has all of it again" wait_for $patience limited_to a.partition $((400 * mib))

# ---- guests that gave way ----

must "a guest with a balloon" of_qemu create_guest b --partition /b --memory 64 \
    --balloon "<memballoon model='virtio'/>"
group=$(controller_mount memory)/b/b.qemu.libvirt
must "it has given way" of_qemu virsh setmem b 40M --live
must "for others" setfattr -n trusted.corral.balloon-wanted -v $((64 << 10)) "$group"
returned()
{
    [[ ! $(getfattr --only-values -n trusted.corral.balloon-wanted "$group" 2> /dev/null) ]]
}
same "nobody shares out memory any more" "in force" "$(reload_policy "<partition name='/b'>
    <pids>1000</pids></partition>")"
check "it has back what its user gave it" wait_for $patience returned

# ---- a reserve that was set ----

check "the reserve is set" corral reserve -c "$LIBVIRT_DEFAULT_URI" --memory 1G
must "the daemon is killed" daemon_kill9
must "and starts" daemon_start
same "it has it" "1 GiB" "$(reserved)"
must "the daemon is killed" daemon_kill9
put_policy "<reserve><memory unit='GiB'>2</memory></reserve>"
must "and starts over a file that is new" daemon_start
same "it has what that says" "2 GiB" "$(reserved)"

# ---- moves ----

must "it is told of when it is out of memory" of_qemu virsh metadata b --uri $uri --key corral --live \
    --set "<limits><on_oom action='log'/></limits>"
check "so it is watched" wait_for $patience watched /b/b.qemu.libvirt
check "it moves" move b /c
check "it is watched there" wait_for $patience watched /c/b.qemu.libvirt
must "a guest that could use much" of_qemu create_guest s --memory 2000 --partition /d
same "guests that would use too much are refused" "in force" \
    "$(reload_policy "<reserve excess='refuse'>$(all_but 1500)</reserve>")"
refuse "a start" "KiB are free" of_qemu create_guest r --memory 2000 --partition /d
check "it can be moved: that takes nothing" move s /e

finish
