# SPDX-License-Identifier: LGPL-2.1-or-later
#
# functions.sh - what the tests of the command line are written with
#
# A scratch directory that stands for a machine, and the command to run on it.
# Needs no root, no libvirtd and no cgroups.

. "$(dirname "${BASH_SOURCE[0]}")/../root/functions.sh"

corral=${CORRAL:-${CORRAL_BUILDDIR:-$source_dir}/corral}
[[ -x $corral ]] || skip "there is no '$corral'"
export LC_ALL=C.UTF-8

scratch=$(realpath "$(mktemp -d)")
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

# Where this corral was configured to find things, from what it says itself.
status=$("$corral" status --json --root "$scratch")
driver_dir=$(sed -n 's,.*"path" : "\(.*/connection-driver\)".*,\1,p' <<< "$status")
qemu_conf=$(sed -n 's,.*"path" : "\(.*/qemu\.conf\)".*,\1,p' <<< "$status")
drop_ins=$(sed -n 's,.*"path" : "\(.*/corral\.conf\)".*,\1,p' <<< "$status")

# What the shim of this corral takes for libvirt's directory: the first one that
# it misses when it has everything else.
mkdir -p "$scratch/probe$driver_dir"
touch "$scratch/probe$driver_dir/libvirt_driver_qemu.so"
stock_dir=$("$corral" activate --root "$scratch/probe" 2>&1 |
    grep -o "$scratch/probe/[^’']*/connection-driver" | head -n 1)
stock_dir=${stock_dir#"$scratch/probe"}
rm -r "$scratch/probe"
[[ $driver_dir && $qemu_conf && $drop_ins && $stock_dir ]] ||
    { echo "FAIL  cannot find out how this corral was configured"; exit 1; }

# make_machine NAME: a machine with libvirt and corral installed, not activated;
# leaves its root in $root
make_machine()
{
    local module

    root=$scratch/$1
    mkdir -p "$root$driver_dir" "$root$stock_dir" "$root${qemu_conf%/*}" "$root/etc/systemd/system"
    echo shim > "$root$driver_dir/libvirt_driver_qemu.so"
    for module in qemu lxc network storage; do
        echo "stock $module" > "$root$stock_dir/libvirt_driver_$module.so"
    done
    echo data > "$root$stock_dir/README"
}

# make_host NAME: a machine of 32 GiB and 8 CPUs with legacy hierarchies that have no groups yet;
# leaves its root in $root
make_host()
{
    local controller n=30

    root=$scratch/$1
    mkdir -p "$root/proc/self" "$root/sys/devices/system/cpu" "$root/etc/libvirt"
    printf 'MemTotal: %d kB\nSwapTotal: 1048576 kB\nSwapFree: 1048576 kB\n' $((32 << 20)) \
        > "$root/proc/meminfo"
    echo 0-7 > "$root/sys/devices/system/cpu/online"
    for controller in cpu cpuset memory pids blkio; do
        mkdir -p "$root/cg/$controller"
        : > "$root/cg/$controller/cgroup.procs"
        echo "$n 25 0:$n / /cg/$controller rw,relatime - cgroup cgroup rw,$controller"
        ((n++))
    done > "$root/proc/self/mountinfo"
    policy=$root/etc/libvirt/corral.xml
}

# make_host_group PATH: a group of that machine, as the kernel makes one
make_host_group()
{
    local controller file text

    while read -r controller file text; do
        mkdir -p "$root/cg/$controller/$1"
        : > "$root/cg/$controller/$1/cgroup.procs"
        : > "$root/cg/$controller/$1/tasks"
        echo "$text" > "$root/cg/$controller/$1/$file"
    done <<'END'
cpu cpu.shares 1024
cpu cpu.cfs_quota_us -1
cpu cpu.cfs_period_us 100000
cpu cpu.idle 0
cpuset cpuset.cpus 0-7
cpuset cpuset.mems 0
memory memory.limit_in_bytes 9223372036854771712
memory memory.memsw.limit_in_bytes 9223372036854771712
memory memory.soft_limit_in_bytes 9223372036854771712
memory memory.usage_in_bytes 1048576
pids pids.max max
pids pids.current 3
blkio blkio.bfq.weight 100
END
}

# write_policy LINE...
write_policy()
{
    printf '%s\n' '<corral>' "$@" '</corral>' > "$policy"
}

# snapshot ROOT: everything below it: type, mode, owner, name, target, contents
snapshot()
{
    (cd "$1" && find . -printf '%y %m %U:%G %p %l\n' | sort &&
        find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# ---- the manual page ----

page=$source_dir/docs/corral.1

# The page as plain text: no comments, no fonts, no escapes.
page_text=$(sed -e "/^[.']\\\\\"/d" -e 's/\\f[BIRP]//g' -e 's/\\-/-/g' "$page")

# page_section NAME: what is below a heading of the page
page_section()
{
    awk -v name="$1" '
        /^\.SH / { heading = $0; sub(/^\.SH /, "", heading); gsub(/"/, "", heading)
                   inside = heading == name; next }
        inside' <<< "$page_text"
}

# json_documented COMMAND FILE: the page has every key that COMMAND's JSON in FILE has
json_documented()
{
    local documented undocumented

    documented=$(page_section JSON |
        awk -v command="$1" '
            /^\.SS / { inside = $0 == ".SS \"corral " command "\"" }
            inside && /\|/ { print }' | sed 's/\\ //g')
    undocumented=$(grep -oE '^ *"[a-z_]+" :' "$2" | tr -d ' ":' | sort -u |
        grep -vxFf <(cut -d'|' -f1 <<< "$documented"; grep -oE '[a-z]+_us' <<< "$documented"
                     sed -n 's/.*guests: //p' <<< "$documented" | tr -d ' ' | tr , '\n'))
    differ "$1: its JSON has keys" "" "$(grep -c '^ *"[a-z_]*" :' "$2" | grep -vx 0)"
    same "$1: the page explains the keys of its JSON" "" "$undocumented"
}

activate()
{
    "$corral" activate --root "$root"
}

deactivate()
{
    "$corral" deactivate --root "$root"
}
