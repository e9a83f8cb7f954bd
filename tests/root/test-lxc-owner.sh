#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who is root in a container's user namespace gets to none of its limits.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1 hybrid

inner_root=100000

# Its init is the first to try, and loses no time: nothing here is another process.
make_root web
root=$(container_root web)
cat > "$root/first" <<'END'
for file in /sys/fs/cgroup/production.partition/lxc-*-web.libvirt-lxc/*.max \
    /sys/fs/cgroup/memory/production.partition/lxc-*-web.libvirt-lxc/*limit_in_bytes; do
    test -e "$file" && { true 3>> "$file" && echo "$file"; }
done >> /taken 2> /refused
END
sed -i "1r $root/first" "$root/init"
ln -sf busybox "$root/bin/sed"
for applet in find chmod chown stat unshare umount id; do
    ln -sf busybox "$root/bin/$applet"
done
# All that it can see and write to of any group.
cat > "$root/writable" <<'END'
for file in $(find /sys/fs/cgroup -type f 2> /dev/null); do
    true 3>> "$file" && echo "$file"
done 2> /dev/null
exit 0
END
cat > "$root/attack" <<'END'
group=$(sed -nE 's/^(0:|[0-9]+:memory)://p' /proc/self/cgroup | busybox head -n 1)
for file in "/sys/fs/cgroup$group"/*.max "/sys/fs/cgroup$group/cpu.weight" \
    /sys/fs/cgroup/*/"$group"/*limit_in_bytes; do
    chmod 666 "$file"
    chown 0:0 "$file"
    for value in max -1 10000; do
        echo $value > "$file"
    done
done 2> /dev/null
# A view of its own.
mkdir -p /view
for kind in cgroup2 "cgroup -o memory"; do
    mount -t $kind none /view && for file in $(find /view -name '*.max' -o -name '*limit_in_bytes'); do
        echo max > "$file" || echo -1 > "$file"
    done
    umount /view
done 2> /dev/null
exit 0
END
chown -R $inner_root:$inner_root "$root"
chmod 755 /run/corral-lab /run/corral-lab/roots

ids="<uid start='0' target='$inner_root' count='65536'/><gid start='0' target='$inner_root' count='65536'/>"
limits="<shares>512</shares><period>50000</period><quota>25000</quota>"

# directories: of the container's group
directories()
{
    local hierarchy

    for hierarchy in $own_hierarchies; do
        echo "$(controller_mount $hierarchy)$(container_group web)"
    done | sort -u
}

# limits_are: what the kernel has
limits_are()
{
    echo "$(container_has web shares) $(container_has web quota) $(container_has web hard_limit)"
}

# not_ours: files of the container's group that its root has, or everybody
not_ours()
{
    find $(directories) -maxdepth 1 -type f '(' ! -uid 0 -o -perm /022 ')' -printf '%f\n' |
        sort -u | tr '\n' ' '
}

given=
unified_alone && given="cgroup.procs cgroup.subtree_control cgroup.threads "

# closed: the container has what it may have, and no more
closed()
{
    local group own

    # What it has made itself below is its own.
    same "its root has what it needs of its group, and no more" "$given" "$(not_ours)"
    group=/sys/fs/cgroup$(container_group web)
    own=$(inside web 'sh /writable' | grep -v -e '^/sys/fs/cgroup/systemd/' -e /mine/ | sort)
    same "so it is, seen from inside" "$(printf "${given:+$group/%s\n}" $given)" "$own"
    inside web 'sh /attack'
    same "its limits are unharmed" "512 25000 $((64 << 20))" "$(limits_are)"
}

must "libvirtd starts" daemon_start
define_container web --partition /production --cputune "$limits" --top "<idmap>$ids</idmap><features><privnet/></features>" \
    > /dev/null
must "a container with a user namespace starts" virsh start web
check "its init runs" wait_for $patience started_times web 1
same "as root there" 0 "$(inside web 'id -u')"
same "and as nobody here" $inner_root \
    "$(stat -c %u "/proc/$(container_file memory web cgroup.procs |
        grep -vx "$(controller_pid web)" | head -n 1)")"
same "no limit was open to the first that ran" "" "$(cat "$root/taken")"
differ "which has tried" "" "$(cat "$root/refused")"
closed
if unified_alone; then
    check "it makes groups of its own" inside web \
        'd=/sys/fs/cgroup$(sed -nE s/^0:://p /proc/self/cgroup)/mine; mkdir $d && echo $$ > $d/cgroup.procs'
fi

dirs=$(directories)
must "the daemon is killed" daemon_kill9
for dir in $dirs; do
    chown $inner_root "$dir"/*
    chmod 666 "$dir"/*.max "$dir"/*limit_in_bytes
done 2> /dev/null
must "and started" daemon_start
check "what was given away meanwhile is taken back" wait_for $patience eval '[[ $(not_ours) == "$given" ]]'
closed

# libvirt starts it anew by itself.
rm -f "$root/refused"
check "it boots anew" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 2
same "no limit was open to the first that ran" "" "$(cat "$root/taken")"
differ "which has tried" "" "$(cat "$root/refused")"
check "it is taken over again" wait_for $patience eval '[[ $(not_ours) == "$given" ]]'
closed
check "it is destroyed" virsh destroy web
check "nothing is left" no_container_groups
check "nor of its partition" test -z "$(groups_of '*.partition')"

rm "$root/init"
refuse "one that cannot start" . virsh start web
check "nothing is left" no_container_groups

finish
