# SPDX-License-Identifier: LGPL-2.1-or-later
#
# pod.sh - containers, as the tests make them, to which a group is left
#
# A pod has /run and libvirt's directories of its own, its own numbers of processes, and its
# group, box/NAME, as the root of all hierarchies.  What runs in it has the functions of the
# tests, and the laboratory's corral.

# fill_cpuset POINT GROUP...: from above, where a group has none of its own
fill_cpuset()
{
    local point=$1
    local group file

    shift
    for group; do
        for file in cpuset.cpus cpuset.mems; do
            [[ ! -e $point/$file || -e $point/cgroup.controllers ]] ||
                cat "$point/$group/../$file" > "$point/$group/$file" || return 1
        done
    done
}

# make_pod_groups NAME: with all controllers
make_pod_groups()
{
    local point

    for point in $(hierarchies); do
        mkdir -p "$point/box" && hand_down "$point/box" && mkdir "$point/box/$1" &&
            fill_cpuset "$point" box "box/$1" || return 1
    done
}

# hand_down DIR: all controllers of the group to those below, where that has to be done
hand_down()
{
    local controllers

    [[ -e $1/cgroup.subtree_control ]] || return 0
    controllers=$(cat "$1/cgroup.controllers") &&
        echo "${controllers:++${controllers// / +}}" > "$1/cgroup.subtree_control"
}

# enter GROUP: the calling shell, in all hierarchies
enter()
{
    local point

    for point in $(hierarchies); do
        echo $BASHPID > "$point/$1/cgroup.procs" || return 1
    done
}

# join PROCESS PID [PREFIX]: PID goes to where PROCESS is, whose groups are seen without PREFIX
join()
{
    local controllers path point

    while IFS=: read -r _ controllers path; do
        point=$(controller_mount "${controllers:-unified}") || continue
        path=${path#"${3:-}"}
        echo "$2" > "$point/${path#/}/cgroup.procs" || return 1
    done < <(sed 's/name=//' "/proc/$1/cgroup")
}

# begin_pod NAME VIEW: its first process, which only waits.  VIEW: "namespace"; "bind" where its
# group is mounted over the root of the hierarchies but paths in /proc are the host's; or
# "read-only", the same if nothing is left to it.
begin_pod()
{
    local options=(--mount --pid --fork --kill-child)

    [[ $2 != namespace ]] || options+=(--cgroup)
    make_pod_groups "$1" || return 1
    (
        enter "box/$1" && exec setsid unshare "${options[@]}" bash "$test_dir/pod.sh" "$@"
    ) < /dev/null > "/run/corral-lab/pod-$1.log" 2>&1 &
    echo $! > "/run/corral-lab/pod-$1.unshare"
    disown $!
    wait_for $patience test -e "/run/corral-lab/pod-$1.ready" ||
        { cat "/run/corral-lab/pod-$1.log"; return 1; }
    # Whoever looks after it is not in it.
    join self "$(cat "/run/corral-lab/pod-$1.unshare")"
}

# pod_init NAME: its first process, as we number it
pod_init()
{
    pgrep -P "$(cat "/run/corral-lab/pod-$1.unshare")"
}

# in_pod NAME COMMAND...: as container managers do it: where its first process is
in_pod()
{
    nsenter --target "$(pod_init "$1")" --mount --pid bash "$test_dir/pod.sh" --enter "$@"
}

# pod_run NAME FUNCTION [ARGUMENT]...: of functions.sh
pod_run()
{
    in_pod "$1" bash -c '. "$0"; "$@"' "$test_dir/functions.sh" "${@:2}"
}

end_pod()
{
    local init=$(pod_init "$1")

    kill -KILL "$init"
    wait_for $patience daemon_gone "$init"
}

# clear_pod_root NAME: its processes move down, so that there can be groups beside them
clear_pod_root()
{
    local dir=$(controller_mount unified)/box/$1
    local pid

    unified_alone || return 0
    mkdir "$dir/init" || return 1
    for pid in $(cat "$dir/cgroup.procs"); do
        echo "$pid" > "$dir/init/cgroup.procs" || return 1
    done
    hand_down "$dir"
}

# remove_pod_groups NAME: with what its libvirtd has left
remove_pod_groups()
{
    local point

    for point in $(hierarchies); do
        [[ ! -d $point/box/$1 ]] || find "$point/box/$1" -depth -type d -delete || return 1
    done
    rm -rf "/run/corral-lab/pod-$1".*
}

# exists GROUP: wherever guests have theirs
exists()
{
    local hierarchy

    for hierarchy in $own_hierarchies; do
        [[ -d $(controller_mount $hierarchy)/$1 ]] || return 1
    done
}

# gone GROUP: from everywhere there
gone()
{
    local hierarchy

    for hierarchy in $own_hierarchies; do
        [[ ! -d $(controller_mount $hierarchy)/$1 ]] || return 1
    done
}

# complaints LOG...: of corral
complaints()
{
    grep -h 'corral: ' "$@" | grep -E ' (warning|error) '
}

# pod_status: of corral
pod_status()
{
    in_pod pod cat /run/libvirt/corral/qemu.status
}

# end_daemon_and_pod: and what was made for them goes
end_daemon_and_pod()
{
    check "its libvirtd ends" pod_run pod daemon_stop
    check "and so does the pod" end_pod pod
    check "its groups can be removed" wait_for $patience remove_pod_groups pod
}

# ---- in the pod -----------------------------------------------------------------

# mount_pod NAME VIEW: what it sees
mount_pod()
{
    local dir point

    mount --make-rprivate / && mount -t proc proc /proc || return 1
    if [[ $2 != namespace ]]; then
        for point in $(hierarchies); do
            mount --bind "$point/box/$1" "$point" || return 1
            [[ $2 != read-only ]] || mount -o remount,bind,ro "$point" || return 1
        done
    else
        while read -r point options; do
            umount "$point" && mount -t "${options%% *}" -o "${options#* }" cgroup "$point" ||
                return 1
        done < <(sed -nE 's/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ ([^ ]+) .* - (cgroup2?) [^ ]+ (.*)/\1 \2 \3/p' \
            /proc/self/mountinfo)
    fi
    cp -a /etc/libvirt "/run/corral-lab/pod-$1.etc" || return 1
    for dir in /etc/libvirt /var/lib/libvirt /var/log/libvirt; do
        mount -t tmpfs -o mode=755 pod "$dir" || return 1
    done
    cp -a "/run/corral-lab/pod-$1.etc/." /etc/libvirt/
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    . "${0%/*}/functions.sh"
    if [[ $1 == --enter ]]; then
        # Before the namespace is entered, out of which one cannot be fetched.
        if [[ -w $(controller_mount cpu)/cgroup.procs ]]; then
            join 1 $$ "/box/$2" || exit 125
        fi
        exec nsenter --cgroup=/proc/1/ns/cgroup "${@:3}"
    fi
    # The one that /run of our own hides.
    exec {outside}< /run/corral-lab
    mount_pod "$@" && mount -t tmpfs -o mode=755 pod /run && mkdir -p /run/corral-lab /run/libvirt &&
        touch "/proc/self/fd/$outside/pod-$1.ready" || exit 1
    # As whoever is the first has to, it takes leave of those whom nobody else knows any more.
    while :; do
        sleep infinity &
        wait $!
    done
fi
