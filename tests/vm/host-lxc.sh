#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers of systemd's libvirtd: each has the scope that machined makes in the slice of its
# partition, and what it was promised is said of that, whatever libvirt does below it.

. "$(dirname "$0")/host.sh"
. "$test_dir/containers.sh"
mkdir -p $container_roots
need_containers

# The last one there is, and what is written then: nothing, if there is no other.
cpu=$(($(nproc) - 1))
pinned=${cpu#0}

# scope_of NAME: its path
scope_of()
{
    local dir

    for dir in $cgroups/{,*.slice/,*.slice/*.slice/}machine-lxc*x2d"$1".scope; do
        [[ ! -d $dir ]] || echo "${dir#$cgroups}"
    done
}

container_group()
{
    scope_of "$1"
}

# value NAME FILE
value()
{
    text "$cgroups$(scope_of "$1")/$2"
}

scopes()
{
    find $cgroups -name '*-lxc*.scope' -o -name '*.libvirt-lxc'
}

no_scopes()
{
    [[ ! $(scopes) ]] || { scopes; return 1; }
}

# sched NAME: schedinfo as one line
sched()
{
    virsh schedinfo "$@" | sed -n 's/^\([a-z_]*\) *: \(.*\)$/\2/p' | tr '\n' ' '
}

# opened NAME: what libvirt's level holds the container to
opened()
{
    echo "$(value "$1" libvirt/cpu.max) $(value "$1" libvirt/memory.high) $(value "$1" libvirt/io.max)"
}

# size_inside NAME: of the machine that the container sees, in MiB.  Not by cat: Debian 13's has
# the kernel copy it, and for Linux 6.12 such a file is empty then.
size_inside()
{
    [[ $(inside "$1" 'grep MemTotal /proc/meminfo') =~ ([0-9]+) ]] && echo $((BASH_REMATCH[1] / 1024))
}

# ---- one that stock has started ----

host_daemon
must "stock: libvirtd starts" systemctl start libvirtd
must "stock: it answers" host_answers
define_container old --cputune '<shares>2000</shares><quota>80000</quota>' > /dev/null
must "stock: a container starts" virsh start old
same "stock: its limits are those of a level below" "$((64 << 20)) max" \
    "$(value old libvirt/memory.max) $(value old memory.max)"

corral activate > /dev/null
must "libvirtd starts with corral" systemctl restart libvirtd
must "it answers" host_answers
same "nothing keeps corral from it" "" "$(corral status | grep reason)"
check "the old one goes on" guest_state old running
same "what it was promised holds for its scope" "195 $((64 << 20)) 80000 100000" \
    "$(value old cpu.weight) $(value old memory.max) $(value old cpu.max)"
same "and is read" "2000 100000 80000 " "$(sched old)"
same "stock's level holds it to nothing" "max 100000 max " "$(opened old)"
same "it sees a machine of its size" 64 "$(size_inside old)"
check "it can be tuned" virsh schedinfo old --set cpu_shares=512 --set vcpu_quota=40000
same "it is" "50 40000 100000" "$(value old cpu.weight) $(value old cpu.max)"
check "it stops" virsh destroy old
check "nothing is left" no_scopes

# ---- corral's own ----

limits="<metadata><corral:limits xmlns:corral='https://corral.dev/xmlns/libvirt/domain/1.0'>
<corral:pids>60</corral:pids></corral:limits></metadata>"
define_container web --memory 128 --current 64 --cpuset $cpu --top "$limits" \
    --cputune '<shares>2048</shares><period>50000</period><quota>40000</quota>' > /dev/null
define_container far --partition "/production/web 1" > /dev/null
virsh start far > /dev/null 2>&1 &
must "two start at once" virsh start web
wait
check "both run" guest_state far running
contains "one in the default slice" '^/machine.slice/machine-lxc.x2d[0-9]+.x2dweb.scope$' \
    "$(scope_of web)"
contains "the other in its partition's" \
    '^/production.slice/production-web.x201.slice/machine-lxc.*far.scope$' "$(scope_of far)"
refuse "no group of ours at the root" 'No such file' ls -d $cgroups/machine
wait_for $patience started_times web 1
wait_for $patience started_times far 1

# tuned WHEN: all that web was promised
tuned()
{
    same "$1: all is in force" "200 40000 50000 $((64 << 20)) $pinned 60" \
        "$(value web cpu.weight) $(value web cpu.max) $(value web memory.max) $(
            value web cpuset.cpus) $(value web pids.max)"
    same "$1: stock's level holds it to nothing" "max 100000 max " "$(opened web)"
}

# known WHEN: to libvirt, and to the container
known()
{
    same "$1: it is read" "2048 50000 40000 " "$(sched web)"
    check "$1: it runs" guest_state web running
    same "$1: the size of its machine" 64 "$(size_inside web)"
}

tuned "started"
known "started"
same "systemd has heard" "CPUWeight=200 MemoryMax=$((64 << 20)) TasksMax=60 " "$(
    systemctl show -p CPUWeight -p MemoryMax -p TasksMax "$(basename "$(scope_of web)")" |
        sort | tr '\n' ' ')"
systemctl daemon-reload
tuned "daemon-reload"
systemctl daemon-reexec
tuned "daemon-reexec"
systemctl restart libvirtd
must "restart: it answers" host_answers
tuned "restart"
systemctl kill -s KILL libvirtd
must "kill -9: it comes back" host_answers
tuned "kill -9"
known "kill -9"

check "more memory" virsh setmem web 100M --live
same "is in force" "$((100 << 20))" "$(value web memory.max)"
same "and the container sees it" 100 "$(size_inside web)"
check "less" virsh memtune web --live --hard-limit 65536 --soft-limit 32768
same "is in force" "$((64 << 20)) $((32 << 20))" "$(value web memory.max) $(value web memory.high)"
same "stock's level holds it to nothing" "max 100000 max " "$(opened web)"
same "the container sees it" 64 "$(size_inside web)"
check "an administrator gives it more" systemctl set-property --runtime "$(basename "$(scope_of web)")" MemoryMax=96M
check "soon the container sees it" wait_for 60 eval '[[ $(size_inside web) == 96 ]]'
disk=$(lsblk -dno NAME,TYPE | awk '$2 == "disk" { print "/dev/" $1; exit }')
check "a device is limited" virsh blkiotune web --live --device-read-bytes-sec "$disk,1048576"
contains "that is in force" "rbps=1048576" "$(value web io.max)"
contains "and read" "$disk,1048576" "$(virsh blkiotune web)"
same "stock's level holds it to nothing" "max 100000 max " "$(opened web)"
refuse "one wrong number of two" "must be in range" virsh schedinfo web --live cpu_shares=700 vcpu_period=5
same "none of them is in force" "200 40000 50000" "$(value web cpu.weight) $(value web cpu.max)"
mount --bind /etc/libvirt/lxc /etc/libvirt/lxc && mount -o remount,bind,ro /etc/libvirt/lxc
refuse "a definition that cannot be written" "[Ff]ailed|cannot|Read-only" \
    virsh schedinfo web --live --config vcpu_quota=20000
umount /etc/libvirt/lxc
same "is not in force either" "40000 50000 max 100000 max " "$(value web cpu.max) $(opened web)"
check "no ceiling" virsh schedinfo web --live vcpu_quota=-1
contains "is none" '^max ' "$(value web cpu.max)"
# What is in force at the time is what libvirt keeps when the container boots anew.
check "the old one again" virsh schedinfo web --live vcpu_period=50000 vcpu_quota=40000
check "processor time" virsh cpu-stats web --total
check "memory that it uses" test "$(virsh dommemstat web | sed -n 's/^rss //p')" -gt 0

# ---- devices ----

check "it has the devices that all have" inside web 'echo x > /dev/null'
contains "its scope has a list of its own" 'c 1:3 ' "$(corral device list web)"
log_xml="<hostdev mode='capabilities' type='misc'><source><char>/dev/kmsg</char></source></hostdev>"
init=$(pgrep -P "$(controller_pid web)" | head -n 1)
must "there is a node of the kernel's log" nsenter -t "$init" -m busybox mknod /dev/k c 1 11
refuse "which it may not open" 'not permitted' inside web 'true 5>> /dev/k'
check "it is given the log" virsh attach-device web <(echo "$log_xml")
check "that is on both lists" inside web 'true 5>> /dev/k'
contains "as the scope's says" 'c 1:11 ' "$(corral device list web)"
check "it is taken back" virsh detach-device web <(echo "$log_xml")
refuse "and is on no list" 'not permitted' inside web 'true 5>> /dev/k'

# ---- it stands still ----

check "it is suspended" virsh suspend web
check "it is paused" guest_state web paused
same "its scope is frozen" "frozen 1" "$(value web cgroup.events | grep frozen)"
systemctl kill -s KILL libvirtd
must "kill -9: it comes back" host_answers
check "it is still paused" guest_state web paused
same "and frozen" "frozen 1" "$(value web cgroup.events | grep frozen)"
check "it is resumed" virsh resume web
same "it goes on" "frozen 0" "$(value web cgroup.events | grep frozen)"
check "really" inside web true

# ---- it boots anew from inside ----

before=$(scope_of web)
check "it boots anew" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 2
differ "in another scope" "$before" "$(scope_of web)"
check "which is tuned as it is defined" wait_for $patience eval '[[ $(sched web) == "2048 50000 40000 " && $(value web pids.max) == 60 ]]'
tuned "booted anew"
known "booted anew"
check "the old one is gone" test ! -e "$cgroups$before"

# ---- its end ----

put_bomb web TERM HUP INT
tell_inside web /bomb
check "a fork bomb goes off" wait_for 40 bomb_at_limit web
check "it is destroyed" timeout $patience virsh destroy web
refuse "its scope is gone when that returns" 'No such file' ls -d $cgroups/machine.slice/*web.scope
virsh start web > /dev/null
virsh suspend web > /dev/null
check "a paused one is destroyed" timeout $patience virsh destroy web
contains "machined knows the other" '^lxc-[0-9]+-far container libvirt-lxc' \
    "$(machinectl list --no-legend | tr -s ' ')"
same "and no more" 1 "$(machinectl list --no-legend | wc -l)"
kill -9 "$(controller_pid far)"
check "one that has lost its libvirt_lxc ends" wait_for $patience guest_state far "shut off"
check "nothing is left" wait_for $patience no_scopes
check "far starts again" virsh start far
check "and stops" virsh destroy far
check "nothing is left" no_scopes

# ---- who is root inside ----

inner_root=100000
make_root own
root=$(container_root own)
cat > "$root/first" <<'END'
for file in /sys/fs/cgroup/machine.slice/machine-lxc*own.scope/*.max \
    /sys/fs/cgroup/machine.slice/machine-lxc*own.scope/libvirt/*.max; do
    test -e "$file" && { true 3>> "$file" && echo "$file"; }
done >> /taken 2> /refused
END
sed -i "1r $root/first" "$root/init"
for applet in find chmod chown; do
    ln -sf busybox "$root/bin/$applet"
done
cat > "$root/attack" <<'END'
scope=/sys/fs/cgroup$(busybox sed -n 's/^0:://;s/\.scope.*/.scope/p' /proc/self/cgroup)
for file in "$scope"/*.max "$scope"/*.weight "$scope"/libvirt/*.max; do
    chmod 666 "$file"
    chown 0:0 "$file"
    echo max > "$file" && echo "$file"
    echo 10000 > "$file" && echo "$file"
done 2> /dev/null
mkdir "$scope/mine" 2> /dev/null && echo "$scope/mine"
exit 0
END
chown -R $inner_root:$inner_root "$root"
chmod 755 /run/corral-lab /run/corral-lab/roots
ids="<uid start='0' target='$inner_root' count='65536'/><gid start='0' target='$inner_root' count='65536'/>"
define_container own --cputune "<shares>512</shares><period>50000</period><quota>25000</quota>" \
    --top "<idmap>$ids</idmap><features><privnet/></features>" > /dev/null

# closed WHEN: its root has what it needs, and no more
closed()
{
    same "$1: no limit was open to the first that ran" "" "$(cat "$root/taken")"
    differ "$1: which has tried" "" "$(cat "$root/refused")"
    same "$1: nor is one now" "" "$(inside own 'sh /attack')"
    same "$1: its limits are unharmed" "50 25000 50000 $((64 << 20))" \
        "$(value own cpu.weight) $(value own cpu.max) $(value own memory.max)"
    same "$1: what is its own" "cgroup.procs cgroup.subtree_control cgroup.threads " \
        "$(find "$cgroups$(scope_of own)" "$cgroups$(scope_of own)/libvirt" -maxdepth 1 -type f \
            ! -uid 0 -printf '%f\n' | sort | tr '\n' ' ')"
}

must "one with a user namespace starts" virsh start own
check "its init runs" wait_for $patience started_times own 1
closed "started"
check "it makes groups of its own" inside own \
    'd=/sys/fs/cgroup$(busybox sed -n s/^0:://p /proc/self/cgroup)/mine; mkdir $d && echo $$ > $d/cgroup.procs'
rm -f "$root/refused"
check "it boots anew" tell_inside own 'reboot -f'
check "it does" wait_for $patience started_times own 2
check "it is taken over" wait_for $patience eval '[[ $(value own cpu.weight) == 50 ]]'
closed "booted anew"
check "it is destroyed" virsh destroy own
rm "$root/init"
refuse "one that cannot start" . virsh start own
check "nothing is left" no_scopes

# ---- machined is not there ----

host_without_machined
must "no machined: it answers" host_answers
contains "no machined: containers are left to libvirt" 'reason +systemd-machined is missing' \
    "$(corral status)"
check "no machined: a container starts" virsh start old
contains "no machined: where libvirt puts it" '^/machine/lxc-[0-9]+-old.libvirt-lxc$' \
    "$(where_is "$(controller_pid old)" memory)"
check "no machined: it stops" virsh destroy old

same "the daemon has not complained" "" "$(grep -i 'corral.*cannot' $host_log)"

host_with_machined
host_remove old web far own
host_leave
finish
