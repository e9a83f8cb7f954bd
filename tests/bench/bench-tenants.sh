#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two guests and memory that is short: what the one notices while memory is taken from the other.
#
# Both are in a partition with as much memory as they use, and little more.  The first works all
# the time.  The second is asked for half of what it has, has no driver to give it back with, and
# loses it to swap.  Then the first wants more, and there is room for it.
#
#   bench-tenants.sh [SECONDS]       default 10: how long each count takes

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"
test_dir=$bench_dir/../root
. "$test_dir/balloon.sh"

seconds=${CORRAL_BENCH_SECONDS:-${1:-10}}
export CORRAL_BENCH_SECONDS=$seconds
if [[ ! ${LAB_MODE:-} ]]; then
    need_program tests/bench/time-guests
    need_linux_guest
    have_swap 1024
fi
swap_is_there || skip "there is no swap, and no zram"
in_lab v1

memory_dir()
{
    group_dir memory /tenants "$1"
}

# rounds: how many the first guest did in that time
rounds()
{
    guest_say busy pulse > /dev/null
    sleep "$seconds"
    guest_say busy pulse | awk '{ print $4 }'
}

wish=$(balloon_metadata "enforce='yes' grace='0'")
trap 'linux_guests_end busy asked' EXIT
{
    daemon_start &&
        define_linux_guest busy --partition /tenants &&
        define_linux_guest asked --partition /tenants --driver never --top "$wish" &&
        start_linux_guest busy && start_linux_guest asked &&
        guest_holds busy 200 && guest_holds asked 400 &&
        guest_say busy "busy 2000 1"
} > /run/corral-lab/tenants.log 2>&1 || { cat /run/corral-lab/tenants.log >&2; exit 1; }

partition=$(dirname "$(memory_dir busy)")
used=$(cat "$partition/memory.usage_in_bytes")
echo $((used + (32 << 20))) > "$partition/memory.limit_in_bytes"

rounds > /dev/null
before=$(rounds)
virsh setmem asked 256M > /dev/null
during=$(rounds)
after=$(rounds)
taken=$(group_swapped asked)
guest_holds busy 320 > /dev/null
lost=$(group_swapped busy)

echo "the one that works: $before rounds in $seconds s before, $during while memory is taken from the other, $after after"
echo "the one that is asked: $(balloon_field asked state) $(balloon_field asked reason), $taken MiB in swap; the other, 120 MiB larger: $lost MiB"
awk -v before="$before" -v during="$during" 'BEGIN {
    lost = before ? (before - during) * 100 / before : 100
    printf "percent lost meanwhile: %.1f; goal: at most 5: %s\n", lost, lost <= 5 ? "holds" : "MISSED"
}'
