# SPDX-License-Identifier: LGPL-2.1-or-later
#
# policy.sh - what the tests of the operator's policy are written with, besides functions.sh
# and containers.sh

policy_file=/etc/libvirt/corral.xml

# host_kib: what memory there is
host_kib()
{
    sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo
}

# all_but MIB: <memory> for a reserve that leaves so much to guests
all_but()
{
    echo "<memory>$(($(host_kib) - ($1 << 10)))</memory>"
}

# put_policy XML: what is in the file from now on
put_policy()
{
    echo "<corral>$1</corral>" > "$policy_file"
}

# policy_state: what the daemon says of it
policy_state()
{
    sed -n 's/^state=//p' /run/libvirt/corral/policy.status
}

policy_reason()
{
    sed -n 's/^reason=//p' /run/libvirt/corral/policy.status
}

# reload_policy XML: the daemon reads it now; says what it says of it
reload_policy()
{
    local marker=/run/libvirt/corral/policy.status

    put_policy "$1"
    touch -d @0 "$marker"
    kill -HUP "$(daemon_pid)" && wait_for $patience changed_since_then "$marker" && policy_state
}

changed_since_then()
{
    (($(stat -c %Y "$1") > 0))
}

# partition_file CONTROLLER GROUP FILE: what is in a file of a partition's group
partition_file()
{
    cat "$(controller_mount "$1")/$2/$3"
}

# partition_has GROUP WHAT: a value as the kernel has it, in the terms of libvirt's: shares, idle,
# period, quota, limit (bytes; "max"), usage (bytes), low (bytes), soft (bytes), pids, cpus
partition_has()
{
    local value quota period

    if ! unified_alone; then
        case $2 in
        shares) partition_file cpu "$1" cpu.shares ;;
        idle) partition_file cpu "$1" cpu.idle ;;
        period | quota) partition_file cpu "$1" "cpu.cfs_$2_us" ;;
        limit) bounded "$(partition_file memory "$1" memory.limit_in_bytes)" ;;
        soft) bounded "$(partition_file memory "$1" memory.soft_limit_in_bytes)" ;;
        usage) partition_file memory "$1" memory.usage_in_bytes ;;
        low) echo 0 ;;
        pids) partition_file pids "$1" pids.max ;;
        cpus) partition_file cpuset "$1" cpuset.cpus ;;
        esac
        return
    fi
    case $2 in
    shares)
        value=$(partition_file cpu "$1" cpu.weight) || return 1
        echo $((value * 1024 / 100))
        ;;
    idle) partition_file cpu "$1" cpu.idle ;;
    period | quota)
        read -r quota period < <(partition_file cpu "$1" cpu.max)
        [[ $2 == quota ]] && echo "${quota/max/-1}" || echo "$period"
        ;;
    limit) partition_file memory "$1" memory.max ;;
    soft) partition_file memory "$1" memory.high ;;
    usage) partition_file memory "$1" memory.current ;;
    low) partition_file memory "$1" memory.low ;;
    pids) partition_file pids "$1" pids.max ;;
    cpus) partition_file cpuset "$1" cpuset.cpus.effective ;;
    esac
}

# sum WHAT GROUP...: of what partition_has() tells of each
sum()
{
    local what=$1
    local total=0
    local group

    shift
    for group; do
        total=$((total + $(partition_has "$group" "$what")))
    done
    echo $total
}

at_most()
{
    (($1 <= $2))
}

# bounded BYTES: "max" for what the legacy interface has for no limit
bounded()
{
    (($1 > 1 << 62)) && echo max || echo "$1"
}

# shown_partition [--inactive] NAME: where its XML says that it is
shown_partition()
{
    virsh dumpxml "$@" | sed -n 's,^ *<partition>\(.*\)</partition>.*,\1,p'
}
