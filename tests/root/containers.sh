# SPDX-License-Identifier: LGPL-2.1-or-later
#
# containers.sh - what the tests of containers are written with, besides functions.sh
#
# A container is busybox and an init that does what it is told: its root is a
# directory of the laboratory's, in which the test leaves a command in a pipe
# and finds what it said in a file.

container_roots=/run/corral-lab/roots

need_containers()
{
    type -P busybox > /dev/null || skip "busybox is not installed"
    ! ldd "$(type -P busybox)" > /dev/null 2>&1 || skip "busybox is not linked statically"
    find /usr/lib /usr/lib64 -path '*/libvirt/connection-driver/libvirt_driver_lxc.so' \
        -print -quit 2> /dev/null | grep -q . || skip "libvirt's driver of containers is not installed"
    # Where both interfaces have controllers libvirt starts none.
    [[ ${LAB_MODE:-} != hybrid || ! $(cat "$(controller_mount unified)/cgroup.controllers") ]] ||
        skip "cgroup v2 has controllers here, besides v1"
    export LIBVIRT_DEFAULT_URI=lxc:///system
}

# container_root NAME: where its root is
container_root()
{
    echo "$container_roots/$1"
}

make_root()
{
    local root
    local applet

    root=$(container_root "$1")
    [[ -d $root ]] && return 0
    mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,run} && cp "$(type -P busybox)" "$root/bin/busybox" ||
        return 1
    for applet in sh cat cp dd echo grep kill ls mkdir mknod mount reboot rm rmdir sleep touch; do
        ln -s busybox "$root/bin/$applet" || return 1
    done
    mkfifo "$root/command" || return 1
    # Opened for reading and writing: so it never ends.
    cat > "$root/init" <<'END'
#!/bin/sh
exec 3<> /command
echo started >> /started
while read -r line <&3; do
    sh -c "$line" > /said.new 2>&1 3<&- 3>&-
    echo $? > /status
    busybox mv /said.new /said
done
END
    chmod 755 "$root/init"
}

# make_container NAME [OPTION VALUE]...: its XML.  Options: --partition PATH,
# --memory MIB, --current MIB, --vcpus N, --cpuset LIST, --cputune XML, --uuid
# UUID, --devices XML, --top XML (anything that goes below <domain>).
make_container()
{
    local name=$1
    local partition= memory=64 current= vcpus=1 cpuset= cputune= uuid= devices= top=

    shift
    while (($#)); do
        case $1 in
        --partition) partition="<resource><partition>$(escape "$2")</partition></resource>" ;;
        --memory) memory=$2 ;;
        --current) current="<currentMemory unit='MiB'>$2</currentMemory>" ;;
        --vcpus) vcpus=$2 ;;
        --cpuset) cpuset=" cpuset='$2'" ;;
        --cputune) cputune="<cputune>$2</cputune>" ;;
        --uuid) uuid="<uuid>$2</uuid>" ;;
        --devices) devices=$2 ;;
        --top) top=$2 ;;
        *) echo "make_container: unknown option '$1'" >&2; return 1 ;;
        esac
        shift 2
    done
    make_root "$name" || return 1
    cat <<END
<domain type='lxc'>
  <name>$(escape "$name")</name>
  $uuid
  <memory unit='MiB'>$memory</memory>
  $current
  <vcpu placement='static'$cpuset>$vcpus</vcpu>
  $cputune
  $partition
  <os><type>exe</type><init>/init</init></os>
  $top
  <devices>
    <filesystem type='mount'>
      <source dir='$(escape "$(container_root "$name")")'/><target dir='/'/>
    </filesystem>
    <console type='pty'/>
    $devices
  </devices>
</domain>
END
}

define_container()
{
    make_container "$@" > /run/corral-lab/container.$BASHPID.xml || return 1
    virsh define /run/corral-lab/container.$BASHPID.xml
}

create_container()
{
    make_container "$@" > /run/corral-lab/container.$BASHPID.xml || return 1
    virsh create /run/corral-lab/container.$BASHPID.xml
}

# container_starts NAME: how often its init has begun
container_starts()
{
    local lines=()

    { readarray -t lines < "$container_roots/$1/started"; } 2> /dev/null
    echo ${#lines[@]}
}

started_times()
{
    (($(container_starts "$1") == $2))
}

# inside NAME COMMAND: what COMMAND says in the container, and its exit status
inside()
{
    local root

    root=$(container_root "$1")
    tell_inside "$1" "$2" && wait_for $patience test -e "$root/said" || return 125
    cat "$root/said"
    return "$(cat "$root/status")"
}

# tell_inside NAME COMMAND: without waiting for it
tell_inside()
{
    local root

    root=$(container_root "$1")
    rm -f "$root/said"
    timeout $patience bash -c 'echo "$2" > "$1"' - "$root/command" "$2"
}

# controller_pid NAME: of its libvirt_lxc
controller_pid()
{
    local pid

    pid=$(pid_in "/run/libvirt/lxc/$1.pid") && [[ -d /proc/$pid ]] && echo "$pid"
}

# container_group NAME: its group, as the kernel shows where its controller is
container_group()
{
    where_is "$(controller_pid "$1")" memory
}

# container_file CONTROLLER NAME FILE: what is in a file of its group
container_file()
{
    cat "$(controller_mount "$1")$(container_group "$2")/$3"
}

# freeze DIRECTORY 1|0, behind everybody's back
freeze()
{
    local words=(THAWED FROZEN)

    if unified_alone; then
        echo "$2" > "$1/cgroup.freeze"
    else
        echo "${words[$2]}" > "$1/freezer.state"
    fi
}

# thaw_all: for a test's end; a frozen process ends with no laboratory.  Outside of one are others',
# which are theirs to thaw.
thaw_all()
{
    local group

    [[ ${LAB_MODE:-} ]] || return 0
    for group in $(container_groups); do
        [[ ! -e $group/cgroup.freeze && ! -e $group/freezer.state ]] || freeze "$group" 0
    done
}

# container_has NAME WHAT: a value of its group as the kernel has it, in the terms of
# libvirt's: shares, period, quota, hard_limit, soft_limit, usage and peak (in bytes), swap
# (if that is counted), frozen, used (processor time in ns), nodes (where it really has memory)
container_has()
{
    local file quota period

    if ! unified_alone; then
        case $2 in
        shares) container_file cpu "$1" cpu.shares ;;
        period | quota) container_file cpu "$1" "cpu.cfs_$2_us" ;;
        hard_limit) container_file memory "$1" memory.limit_in_bytes ;;
        soft_limit) container_file memory "$1" memory.soft_limit_in_bytes ;;
        frozen) [[ $(container_file freezer "$1" freezer.state) == FROZEN ]] && echo 1 || echo 0 ;;
        usage) container_file memory "$1" memory.usage_in_bytes ;;
        peak) container_file memory "$1" memory.max_usage_in_bytes ;;
        swap) container_file memory "$1" memory.memsw.usage_in_bytes 2> /dev/null ;;
        used) container_file cpuacct "$1" cpuacct.usage ;;
        nodes) container_file cpuset "$1" cpuset.effective_mems ;;
        esac
        return
    fi
    case $2 in
    shares) echo $(($(container_file cpu "$1" cpu.weight) * 1024 / 100)) ;;
    period | quota)
        read -r quota period < <(container_file cpu "$1" cpu.max)
        [[ $2 == quota ]] && echo "${quota/max/-1}" || echo "$period"
        ;;
    hard_limit) container_file memory "$1" memory.max ;;
    soft_limit) container_file memory "$1" memory.high ;;
    usage) container_file memory "$1" memory.current ;;
    peak) container_file memory "$1" memory.peak ;;
    swap) container_file memory "$1" memory.swap.current 2> /dev/null ;;
    nodes) container_file cpuset "$1" cpuset.mems.effective ;;
    frozen) container_file freezer "$1" cgroup.events | sed -n 's/^frozen //p' ;;
    used) echo "$(container_file cpu "$1" cpu.stat | sed -n 's/^usage_usec //p')000" ;;
    esac
}

# container_groups: groups of containers anywhere
container_groups()
{
    groups_of '*.libvirt-lxc'
}

no_container_groups()
{
    local left

    left=$(container_groups)
    [[ ! $left ]] || { echo "$left"; return 1; }
}

# put_bomb NAME [SIGNAL]...: leaves a fork bomb in its root, /bomb, which does not listen to
# these; a shell that cannot fork ends, and begins anew
put_bomb()
{
    local bomb

    bomb=$(container_root "$1")/bomb
    shift
    cat > "$bomb" <<END
#!/bin/sh
${1:+trap '' $*}
trap 'exec /bomb' EXIT
while :; do
    /bomb &
    /bomb &
done 2> /dev/null
END
    chmod 755 "$bomb"
}

# bomb_at_limit NAME: has somebody been told that there are enough of them?
bomb_at_limit()
{
    (($(container_file pids "$1" pids.events | sed -n 's/^max //p') > 0))
}
