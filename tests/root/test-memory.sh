#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Memory parameters on the kernel: from the XML at the start, by virsh memtune,
# in dumpxml, and across the death of the daemon.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

guest=m1
unlimited=9007199254740991

# memory_files: limit, soft limit and total, in KiB; the kernel's word for none is "-"
memory_files()
{
    local file value

    for file in limit soft_limit memsw.limit; do
        value=$(group_file memory /machine $guest memory.${file}_in_bytes) || return 1
        ((value > 1 << 62)) && value=- || value=$((value >> 10))
        printf '%s ' "$value"
    done
}

# memtune OPTION...: what virsh says, in one line
memtune()
{
    virsh memtune $guest "$@" | awk -F ': *' 'NF > 1 { printf "%s ", $2 }'
}

# shown OPTION...: what dumpxml says
shown()
{
    virsh dumpxml $guest "$@" | sed -nE 's,^ *<(.*_limit) unit=.KiB.>([0-9]+)<.*,\1=\2,p' | xargs
}

# libvirt lets QEMU lock as much memory as its hard limit, which a container may forbid.
may_lock=$(ulimit -Hl)
[[ $may_lock == unlimited ]] && may_lock=$unlimited

must "libvirtd starts" daemon_start
must "a guest with memtune" define_guest $guest --memory 64 --top "<memtune>
    <soft_limit unit='KiB'>131073</soft_limit></memtune>"
must "starts" virsh start $guest
same "the kernel has it" "- 131072 - " "$(memory_files)"
same "memtune says so" "unlimited 131072 unlimited " "$(memtune)"
same "dumpxml says what was asked for" "soft_limit=131073" "$(shown)"

check "a definition with limits" virsh memtune $guest --config --hard-limit 524288 \
    --swap-hard-limit 786432
if ((may_lock >= 524288)); then
    check "destroyed" virsh destroy $guest
    must "started with them" virsh start $guest
    same "the kernel has it" "524288 131072 786432 " "$(memory_files)"
    same "dumpxml says what was asked for" \
        "hard_limit=524288 soft_limit=131073 swap_hard_limit=786432" "$(shown)"
else
    note "no more than $may_lock KiB may be locked here: no start with a hard limit"
    check "the same live" virsh memtune $guest --hard-limit 524288 --swap-hard-limit 786432
fi
pid=$(guest_pid $guest)

check "live" virsh memtune $guest --live --hard-limit 400001 --soft-limit -1
same "the kernel has it" "400000 - 786432 " "$(memory_files)"
same "dumpxml too, as it was asked for" "hard_limit=400001 swap_hard_limit=786432" "$(shown)"
same "the definition is as it was" "524288 131073 786432 " "$(memtune --config)"
same "and its XML" "hard_limit=524288 soft_limit=131073 swap_hard_limit=786432" "$(shown --inactive)"

# Stock would hold this against the live limit of memory and swap.
check "live, a higher total" virsh memtune $guest --live --swap-hard-limit 900000
check "live, a higher limit" virsh memtune $guest --live --hard-limit 850000
refuse "a definition with a limit above its total" "lower than or equal to swap_hard_limit" \
    virsh memtune $guest --config --hard-limit 850000
check "both" virsh memtune $guest --live --config --hard-limit 300000 --swap-hard-limit 300000
same "the kernel" "300000 - 300000 " "$(memory_files)"
same "the definition" "300000 131073 300000 " "$(memtune --config)"

before=$(memory_files)
refuse "a limit above the total" "lower than or equal to swap_hard_limit" \
    virsh memtune $guest --soft-limit 5000 --hard-limit 300004
refuse "a guarantee, which this kernel cannot give" "parameter 'min_guarantee' not supported" \
    virsh memtune $guest --live --min-guarantee 5000
# QEMU's memory cannot be reclaimed to that without swap.
used=$(($(group_file memory /machine $guest memory.usage_in_bytes) >> 10))
refuse "a limit the kernel cannot bring about ($used KiB are in use)" \
    "guest '$guest': it uses [0-9]+ KiB, and can give no more" virsh memtune $guest --soft-limit 8192 --hard-limit 256
same "none of these changed anything" "$before" "$(memory_files)"
refuse "a reader" "read only" virsh -r memtune $guest --hard-limit 400000

must "the daemon is killed" daemon_kill9
must "and comes again" daemon_start
same "the guest is the same" "$pid" "$(guest_pid $guest)"
same "the limits as well" "$before" "$(memory_files)"
same "memtune says so" "300000 unlimited 300000 " "$(memtune)"
same "dumpxml too" "hard_limit=300000 swap_hard_limit=300000" "$(shown)"
check "and they can be changed" virsh memtune $guest --live --swap-hard-limit -1
check "one after the other" virsh memtune $guest --live --hard-limit -1
same "no limits" "- - - " "$(memory_files)"
same "none shown" "" "$(shown)"

check "destroyed" virsh destroy $guest
same "no limits of a guest that is off but its definition's" "300000 131073 300000 " "$(memtune)"
refuse "live, of a guest that is off" "domain is not running" virsh memtune $guest --live
((may_lock >= 300000)) ||
    check "the definition without what may not be" virsh memtune $guest --hard-limit -1 --swap-hard-limit -1
must "started again" virsh start $guest
same "with the definition's" "$(memtune --config |
    sed 's/unlimited/-/g; s/131073/131072/')" "$(memory_files)"

# What cannot be: no guest, and no group of it.
check "a limit above the total in the XML" define_guest crooked --top "<memtune>
    <hard_limit>8000</hard_limit><swap_hard_limit>7000</swap_hard_limit></memtune>"
refuse "does not start" "crooked|below that of memory" virsh start crooked
same "no group is left" "" "$(groups_of 'crooked*')"
check "a limit too small for QEMU" define_guest tiny --top "<memtune>
    <hard_limit>128</hard_limit></memtune>"
refuse "does not start" "tiny|QEMU|exited|monitor|killed" virsh start tiny
same "no group is left" "" "$(groups_of 'tiny*')"
check "the daemon lives" virsh list

finish
