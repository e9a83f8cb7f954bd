#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral tree, on machines made of plain files: the same guests in the legacy
# hierarchies, in a mix, and in the unified one.

. "$(dirname "$0")/functions.sh"

# thread TID NAME
thread()
{
    mkdir -p "$root/proc/$1"
    echo "$2" > "$root/proc/$1/comm"
}

# put DIR FILE CONTENT...: a file of a group; contents are lines
put()
{
    mkdir -p "$1"
    printf '%s\n' "${@:3}" > "$1/$2"
}

# The guests, as each kind of hierarchy shows them.  web1 has a ceiling of its
# own and one for a vCPU, and twelve vCPUs; web2 is plain; in machine there is
# one without a process, and a container with groups of its own.

threads_of_web1()
{
    local n

    thread 100 qemu-system-x86
    thread 101 call_rcu
    for n in {0..11}; do
        thread $((110 + n)) "CPU $n/KVM"
    done
    thread 130 $'IO io\e[31mthread1'
    thread 200 qemu-system-x86
    thread 300 systemd
    thread 301 sshd
}

# legacy_group POINT GROUP [TASK]...: a group with what every legacy group has
legacy_group()
{
    put "$1/$2" tasks "${@:3}"
    put "$1/$2" cgroup.procs "${@:3}"
    [[ $# -gt 2 ]] || : > "$1/$2/tasks"
    [[ $# -gt 2 ]] || : > "$1/$2/cgroup.procs"
}

legacy_cpu()
{
    local point=$1
    local web=$1/production/web
    local n dir

    for dir in "" production production/web machine; do
        legacy_group "$point" "$dir"
    done
    legacy_group "$point" production/web/web1.qemu.libvirt
    legacy_group "$point" production/web/web1.qemu.libvirt/emulator 100 101
    put "$web/web1.qemu.libvirt/emulator" cgroup.procs 100
    for n in {0..11}; do
        legacy_group "$point" "production/web/web1.qemu.libvirt/vcpu$n" $((110 + n))
        put "$web/web1.qemu.libvirt/vcpu$n" cgroup.procs 100
    done
    legacy_group "$point" production/web/web1.qemu.libvirt/iothread1 130
    put "$web/web1.qemu.libvirt/iothread1" cgroup.procs 100
    legacy_group "$point" production/web2.qemu.libvirt 200
    legacy_group "$point" machine/old.qemu.libvirt
    legacy_group "$point" machine/box.lxc.libvirt
    legacy_group "$point" machine/box.lxc.libvirt/init.scope 300
    legacy_group "$point" machine/box.lxc.libvirt/system.slice
    legacy_group "$point" machine/box.lxc.libvirt/system.slice/ssh.service 301
    find "$point" -type d | while read -r dir; do
        put "$dir" cpu.shares 1024
        put "$dir" cpu.cfs_quota_us -1
        put "$dir" cpu.cfs_period_us 100000
    done
    put "$web/web1.qemu.libvirt" cpu.shares 500
    put "$web/web1.qemu.libvirt" cpu.cfs_quota_us 150000
    put "$web/web1.qemu.libvirt/vcpu1" cpu.cfs_quota_us 50000
}

legacy_memory()
{
    local point=$1
    local dir

    legacy_group "$point" ""
    legacy_group "$point" production/web/web1.qemu.libvirt 100 101 {110..121} 130
    put "$point/production/web/web1.qemu.libvirt" cgroup.procs 100
    legacy_group "$point" production/web2.qemu.libvirt 200
    legacy_group "$point" machine/old.qemu.libvirt
    legacy_group "$point" machine/box.lxc.libvirt
    legacy_group "$point" machine/box.lxc.libvirt/init.scope 300
    legacy_group "$point" machine/box.lxc.libvirt/system.slice
    legacy_group "$point" machine/box.lxc.libvirt/system.slice/ssh.service 301
    find "$point" -type d | while read -r dir; do
        put "$dir" memory.limit_in_bytes 9223372036854771712
        put "$dir" memory.usage_in_bytes 1048576
    done
    put "$point/production/web/web1.qemu.libvirt" memory.limit_in_bytes 536870912
    put "$point/production/web/web1.qemu.libvirt" memory.usage_in_bytes 34708275
}

# unified_group POINT GROUP CONTROLLERS [PROCESS]...
unified_group()
{
    local dir=$1/$2

    put "$dir" cgroup.controllers "$3"
    put "$dir" cgroup.procs "${@:4}"
    put "$dir" cgroup.threads "${@:4}"
    [[ $# -gt 3 ]] || : > "$dir/cgroup.procs"
    [[ $# -gt 3 ]] || : > "$dir/cgroup.threads"
}

# unified POINT CONTROLLERS
unified()
{
    local point=$1
    local web=$1/production/web/web1.qemu.libvirt
    local n dir

    for dir in "" production production/web machine; do
        unified_group "$point" "$dir" "$2"
    done
    unified_group "$point" production/web/web1.qemu.libvirt "$2" 100
    : > "$web/cgroup.threads"
    unified_group "$point" production/web/web1.qemu.libvirt/emulator "$2" 100 101
    for n in {0..11}; do
        unified_group "$point" "production/web/web1.qemu.libvirt/vcpu$n" "$2" $((110 + n))
    done
    unified_group "$point" production/web/web1.qemu.libvirt/iothread1 "$2" 130
    # A threaded group does not tell its processes.
    for dir in "$web"/*/; do
        rm "$dir/cgroup.procs"
    done
    unified_group "$point" production/web2.qemu.libvirt "$2" 200
    unified_group "$point" machine/old.qemu.libvirt "$2"
    unified_group "$point" machine/box.lxc.libvirt "$2"
    unified_group "$point" machine/box.lxc.libvirt/init.scope "$2" 300
    unified_group "$point" machine/box.lxc.libvirt/system.slice "$2"
    unified_group "$point" machine/box.lxc.libvirt/system.slice/ssh.service "$2" 301
    find "$point" -mindepth 1 -type d | while read -r dir; do
        put "$dir" cpu.weight 100
        put "$dir" cpu.max "max 100000"
        put "$dir" memory.max max
        put "$dir" memory.current 1048576
    done
    put "$web" cpu.weight 49
    put "$web" cpu.max "150000 100000"
    put "$web/vcpu1" cpu.max "50000 100000"
    put "$web" memory.max 536870912
    put "$web" memory.current 34708275
}

# mounts LINE...: TYPE POINT OPTIONS
mounts()
{
    local n=30
    local line

    mkdir -p "$root/proc/self"
    for line in "$@"; do
        set -- $line
        n=$((n + 1))
        echo "$n 25 0:$n / $2 rw,relatime - $1 $1 rw,$3"
    done > "$root/proc/self/mountinfo"
}

make_v1()
{
    root=$scratch/v1
    mounts "cgroup /dev/cgroups/cpu cpu,cpuacct" "cgroup /dev/cgroups/memory memory" \
        "cgroup /dev/cgroups/systemd xattr,name=systemd"
    legacy_cpu "$root/dev/cgroups/cpu"
    legacy_memory "$root/dev/cgroups/memory"
    legacy_group "$root/dev/cgroups/systemd" ignored.qemu.libvirt 100
}

# Threads are told apart by the legacy interface, memory is the unified one's.
make_hybrid()
{
    local group

    root=$scratch/hybrid
    mounts "cgroup /sys/fs/cgroup/cpu cpu" "cgroup2 /sys/fs/cgroup/unified nsdelegate"
    legacy_cpu "$root/sys/fs/cgroup/cpu"
    unified "$root/sys/fs/cgroup/unified" memory
    for group in emulator iothread1 vcpu{0..11}; do
        rm -r "$root/sys/fs/cgroup/unified/production/web/web1.qemu.libvirt/$group"
    done
}

make_v2()
{
    root=$scratch/v2
    mounts "cgroup2 /sys/fs/cgroup nsdelegate"
    unified "$root/sys/fs/cgroup" "cpuset cpu memory"
}

vcpus()
{
    local n

    for n in {0..11}; do
        case $n in
        1) echo "   ├─ vcpu$n: ceiling 50000 us every 100000 us" ;;
        11) echo "   └─ vcpu$n: ceiling unlimited" ;;
        *) echo "   ├─ vcpu$n: ceiling unlimited" ;;
        esac
        ((n < 11)) && echo "   │  └─ $((110 + n)) CPU $n/KVM" ||
            echo "      └─ $((110 + n)) CPU $n/KVM"
    done
}

expected=$(cat <<END
/machine
├─ box (lxc), processes 300 301
│  ├─ cpu: shares 1024, ceiling unlimited
│  ├─ memory: limit unlimited, in use 1 MiB
│  ├─ init.scope: ceiling unlimited
│  │  └─ 300 systemd
│  └─ system.slice: ceiling unlimited
└─ old (qemu), no process: an orphan
   ├─ cpu: shares 1024, ceiling unlimited
   └─ memory: limit unlimited, in use 1 MiB
/production
├─ web2 (qemu), process 200
│  ├─ cpu: shares 1024, ceiling unlimited
│  ├─ memory: limit unlimited, in use 1 MiB
│  └─ 200 qemu-system-x86
└─ /production/web
   └─ web1 (qemu), process 100
      ├─ cpu: shares 500, ceiling 150000 us every 100000 us
      ├─ memory: limit 512 MiB, in use 33.1 MiB
      ├─ emulator: ceiling unlimited
      │  ├─ 100 qemu-system-x86
      │  └─ 101 call_rcu
      ├─ iothread1: ceiling unlimited
      │  └─ 130 IO io\x1b[31mthread1
$(vcpus | sed 's/^/   /')
END
)

for kind in v1 hybrid v2; do
    make_$kind
    threads_of_web1
    before=$(snapshot "$root")
    got=$("$corral" tree --root "$root")
    same "$kind: exit status" 0 $?
    # A weight of 49 is 502 shares: the number that was asked for is a label, which needs root.
    [[ $kind == v2 ]] && got=${got/shares 502,/shares 500,}
    same "$kind: the tree" "$expected" "$got"
    "$corral" tree --json --root "$root" > "$scratch/json"
    same "$kind: exit status with --json" 0 $?
    json=$(tr -d ' \n' < "$scratch/json" | sed 's/"cpu_shares":502/"cpu_shares":500/')
    json_documented tree "$scratch/json"
    [[ $kind == v1 ]] && first=$json
    same "$kind: the same JSON as on v1" "$first" "$json"
    same "$kind: nothing was changed" "$before" "$(snapshot "$root")"
done

contains "JSON: a guest" "\"name\":\"web1\",\"driver\":\"qemu\",\"group\":\"production/web/web1.qemu.libvirt\",\
\"orphan\":false,\"processes\":\[100\],\"cpu_shares\":500,\
\"cpu_ceiling\":\{\"quota_us\":150000,\"period_us\":100000\},\
\"memory_limit_bytes\":536870912,\"memory_usage_bytes\":34708275,\"threads\":\[\]" "$first"
contains "JSON: unlimited is null" \
    '"memory_limit_bytes":null' "$first"
contains "JSON: a child" '"name":"vcpu1","cpu_ceiling":\{"quota_us":50000,"period_us":100000\},"threads":\[\{"tid":111,"name":"CPU1/KVM"\}\]' "$first"
contains "JSON: an orphan" '"name":"old",[^}]*"orphan":true,"processes":\[\]' "$first"
check "JSON: a terminal's escape is escaped" grep -qF '\u001b[31m' "$scratch/json"

# Without drawing characters.
same "in an ASCII locale the tree is ASCII" "" \
    "$(LC_ALL=C "$corral" tree --root "$root" | LC_ALL=C grep -aP '[^\x20-\x7e]')"
contains "and it is a tree" '\|- box \(lxc\)' "$(LC_ALL=C "$corral" tree --root "$root")"

# What is not there is not known.
make_v1
rm -r "$root/dev/cgroups/memory"
rm "$root"/dev/cgroups/cpu/machine/old.qemu.libvirt/cpu.*
got=$("$corral" tree --root "$root")
contains "no memory controller" 'memory: limit unknown, in use unknown' "$got"
contains "no files of the cpu controller" 'cpu: shares unknown, ceiling unknown' "$got"
"$corral" tree --json --root "$root" > "$scratch/json"
same "JSON: what is unknown is left out" "" "$(grep memory "$scratch/json")"

# A thread that ended while we looked.
rm -r "$root/proc/101"
contains "a thread that ended" '101 \(ended\)' "$("$corral" tree --root "$root")"

# A guest that ended, and was tidied away, while we looked: the pipe keeps corral looking.
make_v1
orphan=machine/old.qemu.libvirt
rm "$root/dev/cgroups/memory/$orphan/memory.usage_in_bytes"
mkfifo "$root/dev/cgroups/memory/$orphan/memory.usage_in_bytes"
"$corral" tree --root "$root" > "$scratch/tree" &
check "it is looking" timeout 60 bash -c 'exec > "$0" && rm -r "$@"' \
    "$root/dev/cgroups/memory/$orphan/memory.usage_in_bytes" "$root"/dev/cgroups/*/$orphan
wait $!
same "a guest that has gone" "" "$(grep 'old (qemu)' "$scratch/tree")"
contains "and the others" 'box \(lxc\)' "$(cat "$scratch/tree")"

# Names that are none, and names that are evil.  One with a line end cannot be a
# group of corral's.
root=$scratch/names
mounts "cgroup /cg cpu"
legacy_group "$root/cg" ""
for name in .qemu.libvirt machine.slice web.qemu.libvirt.d qemu.libvirt $'new\nline.qemu.libvirt' \
    $'latin\xe9.qemu.libvirt' $'esc\eape.qemu.libvirt' $'unit\x1f.qemu.libvirt' 'web10.qemu.libvirt' 'web9.qemu.libvirt' '_cpu.x.qemu.libvirt'; do
    legacy_group "$root/cg" "$name"
done
same "only guests are shown, in the order of people, and on one line each" \
    '/|_cpu.x|esc\x1bape|latin\xe9|unit\x1f|web9|web10' \
    "$("$corral" tree --root "$root" | sed -n 's/^...\(.*\) (qemu).*/\1/p; s/^\/$/&/p' | paste -sd'|')"
"$corral" tree --json --root "$root" > "$scratch/json"
check "JSON: UTF-8 whatever the names are" iconv -f UTF-8 -t UTF-8 "$scratch/json"
same "JSON: no control character is left as it is" "" \
    "$(LC_ALL=C grep -aP '[\x00-\x1f]' "$scratch/json")"

root=$scratch/no-guests
mounts "cgroup /cg cpu"
legacy_group "$root/cg" ""
same "no guests" "There are no guests." "$("$corral" tree --root "$root")"
same "no guests: JSON" '{"partitions":[]}' "$("$corral" tree --json --root "$root" | tr -d ' \n')"

root=$scratch/no-cgroups
mounts
refuse "no hierarchies" "^corral: no cgroup controller is mounted below '$root'" \
    "$corral" tree --root "$root"
refuse "no machine" "^corral: .*$scratch/nowhere" "$corral" tree --root "$scratch/nowhere"

finish
