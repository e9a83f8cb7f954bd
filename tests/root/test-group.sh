#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libcorral on this machine's kernel: runs group-root in a group of its own and
# clears up behind it, however it ends.
set -u

[ "$(id -u)" = 0 ] || { echo "SKIP: needs root"; exit 77; }

program=${CORRAL_BUILDDIR:-.}/tests/root/group-root
base=corral-test.$$

# Innermost first; a process that is still there is one of ours.
clear_up()
{
    local mount dir pid tries

    for mount in $(awk '$0 ~ / - cgroup2? / { print $5 }' /proc/self/mountinfo); do
        for tries in {1..20}; do
            [ -d "$mount/$base" ] || break
            while read -r dir; do
                while read -r pid; do
                    kill -KILL "$pid"
                done < "$dir/cgroup.procs"
                rmdir "$dir"
            done < <(find "$mount/$base" -depth -type d) 2> /dev/null
        done
        if [ -d "$mount/$base" ]; then
            echo "FAIL: cannot remove $mount/$base"
            status=1
        fi
    done
}

status=1
trap 'exit 1' HUP INT TERM
trap 'clear_up; exit $status' EXIT

"$program" "$base"
status=$?
