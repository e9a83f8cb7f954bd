#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libcorral on this machine's kernel: runs the programs of $CORRAL_KERNEL_TESTS, or
# those named, each in a group of its own, and clears up behind them, however they
# end.
set -u

[ "$(id -u)" = 0 ] || { echo "SKIP: needs root"; exit 77; }

base=corral-test.$$
unified=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
handed_down=$(cat "$unified/cgroup.subtree_control" 2> /dev/null)

# Innermost first; a process that is still there is one of ours.
clear_up()
{
    local mount dir pid tries controller

    for mount in $(awk '$0 ~ / - cgroup2? / { print $5 }' /proc/self/mountinfo); do
        for tries in {1..20}; do
            [ -d "$mount/$base" ] || break
            while read -r dir; do
                [ -e "$dir/freezer.state" ] && echo THAWED > "$dir/freezer.state"
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

    # What the root has handed down to our groups it would hand down for ever, and what
    # others find there depends on it.
    for controller in $(cat "$unified/cgroup.subtree_control" 2> /dev/null); do
        [[ " $handed_down " == *" $controller "* ]] ||
            echo "-$controller" > "$unified/cgroup.subtree_control"
    done
}

status=1
trap 'exit 1' HUP INT TERM
trap 'clear_up; exit $status' EXIT

(($#)) || set -- ${CORRAL_KERNEL_TESTS:-}
(($#)) || { echo "FAIL: no programs"; exit 1; }

# One that cannot run here is skipped; if none can, so is all of this.
skipped=0
failed=0
for program in "$@"; do
    echo "# $program"
    [ -x "${CORRAL_BUILDDIR:-.}/$program" ] && dir=${CORRAL_BUILDDIR:-.} || dir=${CORRAL_SRCDIR:-.}
    timeout --kill-after=10 300 "$dir/$program" "$base"
    case $? in
    0) ;;
    77) skipped=$((skipped + 1)) ;;
    124|137) echo "FAIL: $program: it took more than five minutes"; failed=1; clear_up ;;
    *) echo "FAIL: $program"; failed=1; clear_up ;;
    esac
done
status=$failed
((failed == 0 && skipped == $#)) && status=77
