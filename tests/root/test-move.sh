#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest that runs moves to another partition, with all that it has, and is found there by
# whoever has the daemon next.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/policy.sh"
in_lab v1

guest=m1

# move [OPTION]... PARTITION: by virsh, as any client can
move()
{
    virsh metadata $guest https://corral.dev/xmlns/libvirt/place/1.0 --key place \
        "${@:1:$#-1}" --set "<partition>${!#}</partition>"
}

# misplaced PARTITION: threads that are not where they should be there
misplaced()
{
    local pid=$(guest_pid $guest)
    local task comm group

    for task in "/proc/$pid"/task/*; do
        read -r comm < "$task/comm"
        group=$(where_is "${task##*/}" cpu)
        case $comm in
        "CPU "*) [[ $group == "$1/$guest.qemu.libvirt/vcpu${comm:4:1}" ]] ;;
        "IO iothread"*) [[ $group == "$1/$guest.qemu.libvirt/iothread1" ]] ;;
        *) [[ $group == "$1/$guest.qemu.libvirt/emulator" ]] ;;
        esac || echo "$comm $group"
        [[ $(where_is "${task##*/}" memory) == "$1/$guest.qemu.libvirt" ]] || echo "$comm memory"
    done
}

tuning()
{
    virsh schedinfo $guest | sed -n 's/^\([a-z_]*\) *: \(.*\)$/\1=\2/p'
    virsh memtune $guest
    virsh vcpupin $guest
    corral device list $guest | wc -l
}

groups_left()
{
    find $(hierarchies) -path "*/$1/*" -o -name "$1"
}

put_policy "<partition name='/b'><pids>500</pids></partition>"
must "libvirtd starts" daemon_start
must "a guest" define_guest $guest --partition /a --vcpus 2 --iothreads 1 \
    --cputune "<shares>500</shares><quota>50000</quota>"
refuse "one that does not run is not moved" "not running" move --live /b/c
must "it starts" virsh start $guest
pid=$(guest_pid $guest)
check "it is tuned" virsh schedinfo $guest --set cpu_shares=700 --set emulator_quota=90000
check "likewise its memory" virsh memtune $guest --live --soft-limit 200000
before=$(tuning)

refuse "no partition" "must start with '/'" move --live b
refuse "no element" "is for a <partition>" virsh metadata $guest \
    https://corral.dev/xmlns/libvirt/place/1.0 --key place --live --set "<place>/b</place>"
check "it moves" move --live /b/c
same "it is the same" "$pid" "$(guest_pid $guest)"
same "all of it is there" "" "$(misplaced /b/c)"
same "with what it had" "$before" "$(tuning)"
same "it is shown there" /b/c "$(shown_partition $guest)"
same "next time it is where it was defined" /a "$(shown_partition $guest --inactive)"
same "nothing is left behind" "" "$(groups_left a)"
same "its partition has what the policy says" 500 "$(partition_has b pids)"
contains "corral tree" "/b/c.*$guest" "$(corral tree | tr '\n' ' ')"

check "it can be tuned" virsh schedinfo $guest --set cpu_shares=900
same "there" 900 "$(group_file cpu /b/c $guest cpu.shares)"
must "the daemon is killed" daemon_kill9
must "and starts" daemon_start
same "it is still there" "" "$(misplaced /b/c)"
same "and is shown there" /b/c "$(shown_partition $guest)"
check "and can be tuned" virsh schedinfo $guest --set cpu_shares=800
same "there" 800 "$(group_file cpu /b/c $guest cpu.shares)"

for delay in 1 5 10 20 40 80; do
    interrupted $delay move --live /d
    same "killed while it moves, after $delay ms: all of it is in one place" "" \
        "$(misplaced "$(shown_partition $guest)")"
    check "it moves back" move --live /b/c
    same "all of it" "" "$(misplaced /b/c)"
done

check "for good" move --live --config /e
same "the definition has it" /e "$(shown_partition $guest --inactive)"
check "it ends" virsh destroy $guest
same "nothing is left" "" "$(groups_left e)"
check "it starts again" virsh start $guest
same "where it was moved" "" "$(misplaced /e)"
check "the definition alone" move --config /f
same "changes nothing now" "" "$(misplaced /e)"

# by_command [OPTION]... GUEST PARTITION
by_command()
{
    corral partition move -c "$LIBVIRT_DEFAULT_URI" "$@"
}

check "the command moves it" by_command $guest /g
same "all of it" "" "$(misplaced /g)"
same "next time it is where it was to be" /f "$(shown_partition $guest --inactive)"
check "by its UUID, for good" by_command --live --config "$(virsh domuuid $guest)" "/h & i"
same "all of it" "" "$(misplaced "/h & i")"
same "next time, too" "/h &amp; i" "$(shown_partition $guest --inactive)"
check "by its number" by_command "$(virsh domid $guest)" /g
same "all of it" "" "$(misplaced /g)"
check "the definition alone" by_command --config $guest /j
same "changes nothing now" "" "$(misplaced /g)"
refuse "no such guest" "^corral: .* has no guest 'm2'" by_command m2 /k
refuse "no partition" "^corral: .*must start with '/'" by_command $guest k
check "it ends" virsh destroy $guest
refuse "one that does not run" "^corral: .*not running" by_command --live $guest /k
check "is moved in its definition" by_command $guest /k
same "which is all there is" /k "$(shown_partition $guest)"

# A daemon without corral would keep what it is told as metadata, and move nobody.
must "a guest that any daemon starts" define_guest plain
must "the daemon stops" daemon_stop
version=$(libvirtd --version | sed 's/.* //')
must "corral is taken away" rm "${LIBVIRT_DRIVER_DIR%/*}/$version/driver.so"
must "the daemon starts without it" daemon_start
check "the guest starts" virsh start plain
before=$(virsh dumpxml plain; virsh dumpxml plain --inactive)
refuse "nobody is moved" "^corral: .* runs without corral" by_command --live --config plain /l
same "nothing is kept" "$before" "$(virsh dumpxml plain; virsh dumpxml plain --inactive)"
check "it ends" virsh destroy plain

finish
