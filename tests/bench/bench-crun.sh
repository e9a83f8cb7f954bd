#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What crun takes for a group, and what the library does: a program is run in a
# new group with limits, which is removed when it ends; and a group that is there
# gets other limits.
#
# crun also makes namespaces, mounts and a state of its own, as little of it here
# as it can be told to.  So both are timed without a group, too, and what they take
# longer with one is compared.  Both are timed from outside: reading the machine's
# mounts is part of it, as is finding out what was set before.
#
# crun has a group in the hierarchy "name=systemd" as well, where there is one.
#
#   bench-crun.sh BUILD-DIRECTORY [SECONDS]
set -u -o pipefail

build=$(realpath "$1")
seconds=${2:-12}
crun=$(type -P crun) || { echo "crun: not installed"; exit 0; }
busybox=$(type -P busybox) || { echo "crun: no busybox to run in a container"; exit 0; }
if grep -q ' - cgroup ' /proc/self/mountinfo && grep -q ' - cgroup2 ' /proc/self/mountinfo; then
    echo "crun: does not work on a hybrid machine"
    exit 0
fi

born=$build/tests/bench/bench-born
scratch=$(mktemp -d) || exit 1
name=corral-bench.$$
crun_command="$crun --root $scratch/state --cgroup-manager=cgroupfs"

clean_up()
{
    [[ -d $scratch/state/$name-busy ]] && $crun_command delete --force "$name-busy"
    if [[ ${keeper_PID:-} ]]; then
        # It ends at the end of its input, and takes its group with it.
        exec {keeper[1]}>&-
        wait "$keeper_PID"
    fi 2> /dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# bundle NAME GROUP COMMAND: with the limits of bench-born.c, or without a GROUP
bundle()
{
    local linux='"namespaces": [{"type": "pid"}, {"type": "mount"}]'

    if [[ $2 ]]; then
        linux+=', "cgroupsPath": "/'$2'", "resources": {
            "devices": [{"allow": false, "access": "rwm"}],
            "cpu": {"shares": 512, "quota": 200000, "period": 100000},
            "memory": {"limit": 1073741824}}'
    fi
    mkdir -p "$scratch/$1/rootfs/bin" "$scratch/$1/rootfs/proc" "$scratch/$1/rootfs/dev"
    cp "$busybox" "$scratch/$1/rootfs/bin/sh"
    ln -s sh "$scratch/$1/rootfs/bin/sleep"
    cat > "$scratch/$1/config.json" <<END
{
    "ociVersion": "1.0.0",
    "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "env": ["PATH=/bin"],
                "args": ["/bin/sh", "-c", "$3"]},
    "root": {"path": "rootfs"},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
    "linux": {$linux}
}
END
}

# settings GROUP: what the kernel says of it.  Not cpu.weight: crun makes another
# one of the same shares.
settings()
{
    local file

    for file in cpu/"$1"/cpu.{shares,cfs_quota_us,cfs_period_us} memory/"$1"/memory.limit_in_bytes \
        devices/"$1"/devices.list "$1"/cpu.max "$1"/memory.max; do
        if [[ -e /sys/fs/cgroup/$file ]]; then
            echo "${file##*/}:"
            sort "/sys/fs/cgroup/$file"
        fi
    done
}

# compare WHAT: both groups are equal
compare()
{
    if ! diff <(settings "$name-busy-crun") <(settings "$name-busy") > "$scratch/diff"; then
        echo "bench-crun.sh: $1: crun's group is not like the library's:" >&2
        cat "$scratch/diff" >&2
        return 1
    fi
}

bundle group "$name-crun" 'exit 0'
bundle plain '' 'exit 0'
bundle busy "$name-busy-crun" 'exec sleep 1000'
cat > "$scratch/limits.json" <<'END'
{"cpu": {"shares": 1024, "quota": 100000, "period": 100000}, "memory": {"limit": 2147483648}}
END

# Both groups have somebody in them until clean_up.
$crun_command run --bundle "$scratch/busy" --detach "$name-busy" > /dev/null < /dev/null || exit 1
coproc keeper { "$born" run "$name-busy" "$scratch/busy/rootfs/bin/sh" -c 'echo in; read line'; }
read -r -t 60 <&"${keeper[0]}" || exit 1

update="$crun_command update --resources $scratch/limits.json $name-busy"
compare "limits" || exit 1
$update && "$born" update "$name-busy" && compare "new limits" || exit 1

echo "A program run in a new group with limits and device rules, to its end, and new limits"
echo "for a group, each by a program of its own.  Microseconds, medians of n interleaved"
echo "rounds (quartiles); \"its group\" is what it took longer than without one"
echo
"$build/tests/bench/time-commands" "$seconds" \
    "$crun_command run --bundle $scratch/group $name-run" \
    "$crun --root $scratch/state --cgroup-manager=disabled run --bundle $scratch/plain $name-run" \
    "$update" \
    "$born run $name-run $scratch/plain/rootfs/bin/sh -c 'exit 0'" \
    "$born plain $scratch/plain/rootfs/bin/sh -c 'exit 0'" \
    "$born update $name-busy"
