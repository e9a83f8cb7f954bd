#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What corral costs, topic by topic, each with its goal and whether it holds.
#
# All contestants of a topic take turns in one run.  A goal that is missed, or a
# contestant that is not there, fails nothing: the figures are for people.  What
# does fail is a contestant whose work has another result than that of the others.

bench_dir=$(dirname "$(realpath "$0")")
. "$bench_dir/../root/functions.sh"

usage()
{
    cat <<END
Usage: bench.sh [--library|--guest] [ROUNDS]

  --library   only the library: groups, reads, device rules, crun; needs no libvirtd
  --guest     only the driver: starts of guests, ROUNDS of them (default 25, at least 15)

The library is compared with what is there of

  libcgroup   apt-get install libcgroup-dev before configure
  crun        apt-get install crun busybox-static
  Python      apt-get install python3

What clients and others have is plotted if there is

  gnuplot     apt-get install gnuplot-nox
END
}

parts=all
while [[ ${1:-} == -* ]]; do
    case $1 in
    --library|--guest) parts=${1#--} ;;
    --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

need_root
failed=0

# title TEXT
title()
{
    printf '\n==== %s ====\n\n' "$1"
}

# in_machine COMMAND...: in the laboratory if there is one for this machine, so that
# groups go even if we are killed
in_machine()
{
    if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; then
        "$@"
    else
        "${laboratory[@]}" v1 --none -- "$@"
    fi
}

# note_status STATUS: 77 is "not here"
note_status()
{
    (($1 == 0 || $1 == 77)) || failed=1
}

if [[ $parts != guest ]]; then
    for program in bench-born bench-devices bench-group bench-reads bench-watch time-commands; do
        need_program tests/bench/$program
    done
    bin=$(realpath "$build_dir/tests/bench")

    title "the library: making groups"
    in_machine "$bin/bench-group"
    note_status $?

    title "the library: reading statistics"
    in_machine "$bin/bench-reads" "$bench_dir/read-groups.py"
    note_status $?

    # They need the unified hierarchy, which the laboratory does without.
    title "the library: changing device rules"
    "$bin/bench-devices"
    note_status $?

    title "the library: events"
    in_machine "$bin/bench-watch"
    note_status $?

    title "the library and crun"
    in_machine "$bench_dir/bench-crun.sh" "$(realpath "$build_dir")"
    note_status $?
fi
if [[ $parts != library ]]; then
    title "the driver: starting guests"
    "$bench_dir/bench-guest.sh" "$@"
    note_status $?

    title "the driver: a hundred guests"
    "$bench_dir/bench-guests.sh"
    note_status $?

    title "the driver: a hundred guests kept to their balloons"
    "$bench_dir/bench-balloon.sh"
    note_status $?

    title "the driver: two guests and little memory"
    "$bench_dir/bench-tenants.sh"
    note_status $?

    title "the driver: clients, and who has what they leave"
    "$bench_dir/bench-grey.sh"
    note_status $?

    title "the driver: the same with systemd, on cgroup v2, in a virtual machine"
    "$bench_dir/bench-grey-host.sh"
    note_status $?

    title "the driver: a host that is shared out while nothing happens"
    "$bench_dir/bench-planner.sh"
    note_status $?

    title "the driver: two hundred containers"
    "$bench_dir/bench-containers.sh"
    note_status $?
fi

exit $failed
