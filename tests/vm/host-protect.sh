#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where the whole host is short of memory, on cgroup v2, a guest in a partition with a guarantee
# that keeps to what it was promised loses nothing: who has more than that does, and who was
# promised nothing.

. "$(dirname "$0")/host.sh"
. "$test_dir/balloon.sh"
. "$test_dir/policy.sh"

# For who runs QEMU.
linux_dir=$scratch
chmod 711 "$scratch"
mib=$((1 << 20))

memory_dir()
{
    guest_scope "$1"
}

# define NAME MIB USED: in the partition; it writes to so much of its memory.  Nothing is taken
# from it but by the kernel.
define()
{
    hog_disk "$linux_dir/$1.disk" "$3"
    host_define "$1" --memory "$2" --partition /a --balloon "<memballoon model='virtio'/>" \
        --devices "$(hog_xml "$1")" --top "$(balloon_metadata "enforce='no'")"
}

starts()
{
    virsh start "$1" && hog_says "$1" 120
}

# low_between NAME LEAST MOST: MiB
low_between()
{
    between $(($2 * mib)) "$(value "$1" memory.low)" $(($3 * mib))
}

# shortage: somebody wants more than the host has, and does not let go of it at once
shortage()
{
    local free=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)

    perl -e '
        my $memory = "x" x ($ARGV[0] << 10);
        for (my $at = 0; $at < length($memory); $at += 4096) {
            substr($memory, $at, 1) = "y";
        }' $((free + (150 << 10)))
}

# meet_shortage: both have used all of theirs a moment before
meet_shortage()
{
    check "both have all of theirs" both_answer
    check "memory is short" shortage
    note "in swap: $(group_swapped keeps) and $(group_swapped owes) MiB"
}

both_answer()
{
    hog_answers keeps && hog_answers owes
}

# Less than the two of them have, and more than was promised them.
put_policy "<partition name='/a'><memtune><min_guarantee unit='MiB'>300</min_guarantee></memtune>
</partition>"
must "corral activate" corral activate
must "there is swap" have_swap 500
host_daemon
must "libvirtd starts" systemctl restart libvirtd
must "it answers" host_answers
must "a guest that keeps to what it was promised" define keeps 128 96
must "one that owes" define owes 256 200
must "the one has begun" starts keeps
must "the other, too" starts owes
check "it is asked for most of it" virsh setmem owes 64M
check "the one is protected with all it has" wait_for $patience low_between keeps 128 256
check "the other as far as it should have" wait_for $patience low_between owes 64 160
meet_shortage
check "it loses nothing" between 0 "$(group_swapped keeps)" 2
check "the other does" between 20 "$(group_swapped owes)" 256

put_policy ""
check "nobody is guaranteed anything any more" systemctl reload libvirtd
check "or protected" wait_for $patience low_between keeps 0 0
meet_shortage
check "it loses like others" between 20 "$(group_swapped keeps)" 128
check "both are alive" both_answer

host_remove keeps owes
host_leave
finish
