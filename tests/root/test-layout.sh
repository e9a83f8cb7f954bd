#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where guests' groups are: for each layout a guest runs at the expected path in every
# hierarchy, is tuned there, is found again by a daemon that comes after one that was
# killed, stays where it is when the layout changes, and leaves nothing behind.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

type -P qemu-img > /dev/null || skip "qemu-img is not installed"
corral=$(type -P corral) || skip "the stage has no corral"
policy=/etc/libvirt/corral.xml
uuid=5b2c6f0e-8a3d-4c51-9a77-c0ffee000001

# layout TYPE: what guests that start from now on have; a daemon reads it when it starts
layout()
{
    echo "<corral><layout type='$1'/></corral>" > $policy
    daemon_kill9 2> /dev/null
    daemon_start
}

# path_in LAYOUT NAME UUID RUN: of a guest in the default partition
path_in()
{
    case $1 in
    flat) echo "/machine/$2.qemu.libvirt" ;;
    nested) echo "/svc/libvirtd/libvirt/qemu/$2" ;;
    service) echo "/svc/libvirtd/qemu/$2" ;;
    single) echo "/svc/libvirtd/qemu-$2" ;;
    root) echo "/libvirt/qemu/$2" ;;
    uuid) echo "/svc/libvirtd/libvirt/qemu/$3" ;;
    stock) echo "/machine/qemu-$4-$2.libvirt-qemu" ;;
    esac
}

# placed NAME PATH: is all of the guest there, in every hierarchy?
placed()
{
    local pid hierarchy got

    pid=$(guest_pid "$1") || { echo "guest '$1' has no process"; return 1; }
    threads_in_place "$pid" "$2" 1 || return 1
    for hierarchy in $own_hierarchies; do
        [[ " $thread_hierarchies " == *" $hierarchy "* ]] && continue
        got=$(where_is "$pid" $hierarchy)
        [[ $got == "$2" ]] || { echo "guest '$1' in $hierarchy: $got"; return 1; }
    done
}

# shares_of PATH: what the kernel has
shares_of()
{
    cat "$(controller_mount cpu)$1/cpu.shares"
}

# groups_now: all groups there are, a hierarchy and a path, one a line
groups_now()
{
    groups_of '*' | sort
}

run_of()
{
    virsh domid "$1" | head -n 1
}

# goes_through LAYOUT NEXT: the life of a guest, with another layout on the way
goes_through()
{
    local layout=$1
    local next=$2
    local before path other

    must "$layout: libvirtd takes the layout" layout $layout
    before=$(groups_now)
    must "$layout: a guest starts" virsh start web
    path=$(path_in $layout web $uuid "$(run_of web)")
    check "$layout: all of it is in '$path'" placed web "$path"
    check "$layout: it can be tuned" virsh schedinfo web --live --set cpu_shares=700
    same "$layout: the kernel has it" 700 "$(shares_of "$path")"
    contains "$layout: corral tree shows it there" "\"name\":\"web\".*\"group\":\"${path#/}\"" \
        "$("$corral" tree --json | tr -d '\n ')"

    must "$layout: libvirtd is killed, and comes with layout $next" layout $next
    check "$layout: the guest stays where it is" placed web "$path"
    contains "$layout: schedinfo finds what was set" 'cpu_shares +: 700'$'\n' "$(virsh schedinfo web)"
    check "$layout: it can be tuned again" virsh schedinfo web --live --set cpu_shares=800
    same "$layout: the kernel has that, too" 800 "$(shares_of "$path")"
    must "$next: another guest starts" virsh start db
    other=$(path_in $next db "$(virsh domuuid db | head -n 1)" "$(run_of db)")
    check "$next: it is in '$other'" placed db "$other"
    check "$layout: the first one is where it was" placed web "$path"

    check "$layout: it is stopped" virsh destroy web
    check "$next: so is the other one" virsh destroy db
    same "$layout, $next: nothing is left" "$before" "$(groups_now)"
}

# A service manager gives libvirtd a group, in some hierarchies; elsewhere the levels of
# its name are made for guests, and go with them.
service=$(controller_mount cpu)/svc/libvirtd
must "libvirtd shall have a group of its own" mkdir -p "$service"
echo $BASHPID > "$service/cgroup.procs"
echo "<corral/>" > $policy
must "libvirtd starts" daemon_start
same "it is in its group" /svc/libvirtd "$(where_is "$(daemon_pid)" cpu)"
must "a guest is defined" define_guest web --uuid $uuid
must "another one, too" define_guest db

# Born there: the first program that the guest's process executes sees where it is.
cat > /run/corral-lab/emulator <<'END'
#!/bin/bash
[[ "$*" != *guest=* ]] || cat /proc/self/cgroup > /run/corral-lab/born
exec /usr/bin/qemu-system-x86_64 "$@"
END
chmod +x /run/corral-lab/emulator

# is_born_in PATH
is_born_in()
{
    local hierarchy want

    for hierarchy in $own_hierarchies; do
        want=$1
        [[ " $thread_hierarchies " != *" $hierarchy "* ]] || want+=/emulator
        grep -Eqx "[0-9]+:([^:]*,)?$hierarchy(,[^:]*)?:$want" /run/corral-lab/born ||
            { cat /run/corral-lab/born; return 1; }
    done
}

define_guest born --uuid ${uuid%1}2 > /dev/null
virsh dumpxml born | sed 's,<emulator>.*<,<emulator>/run/corral-lab/emulator<,' > /run/corral-lab/born.xml
for layout in nested stock; do
    must "$layout: libvirtd takes the layout" layout $layout
    must "$layout: a guest that says where it was born is defined" virsh define /run/corral-lab/born.xml
    must "$layout: it starts" virsh start born
    check "$layout: it was born in its group" is_born_in "$(path_in $layout born - "$(run_of born)")"
    check "$layout: it is stopped" virsh destroy born
done

# What is somebody else's is not touched, and the guest does not start over it.
must "root: libvirtd takes the layout" layout root
must "somebody has a group of that name" mkdir -p "$(controller_mount cpu)/libvirt/qemu/web"
refuse "root: the guest does not start over it" \
    "group 'libvirt/qemu/web' is there already, and is no guest's" virsh start web
check "root: the next daemon leaves it alone, too" layout root
check "it is still there" rmdir "$(controller_mount cpu)"/libvirt/{qemu/web,qemu,}
check "root: now the guest starts" virsh start web
must "a guest shall be in a partition of its name" define_guest inner --partition /libvirt/qemu/web
refuse "root: not below another one" "which is the group of a guest" virsh start inner
check "root: the guest is stopped" virsh destroy web
check "root: now the other one starts" virsh start inner
refuse "root: and that is in the first one's way" "is there already" virsh start web
check "root: the other one is stopped" virsh destroy inner
virsh undefine inner > /dev/null

# A restored guest, one that goes back to a snapshot, and one that is started anew from inside a
# call have their places by the layout, too.
must "stock: libvirtd takes the layout" layout stock
before=$(groups_now)
must "stock: a guest starts" virsh start web
first=$(run_of web)
check "stock: it is saved" virsh save web /run/corral-lab/web.save
same "stock: nothing is left" "$before" "$(groups_now)"
check "stock: it is restored" virsh restore /run/corral-lab/web.save
differ "stock: as another run" "$first" "$(run_of web)"
check "stock: it is in that one's group" placed web "$(path_in stock web - "$(run_of web)")"
check "stock: it is stopped" virsh destroy web
same "stock: again nothing is left" "$before" "$(groups_now)"

# Going back to a snapshot ends the run and begins another one, in one call.
qcow2=/run/corral-lab/disk.qcow2
must "a guest with a disk is defined" define_guest back --devices "<disk type='file' device='disk'>
<driver name='qemu' type='qcow2'/><source file='$qcow2'/><target dev='hda' bus='ide'/></disk>"
must "it has a disk" qemu-img create -q -f qcow2 $qcow2 16M
must "stock: it starts" virsh start back
must "stock: it has a snapshot" virsh snapshot-create-as back first
first=$(run_of back)
check "stock: it goes back" virsh snapshot-revert back first --running --force
differ "stock: as another run" "$first" "$(run_of back)"
check "stock: it is in that one's group" placed back "$(path_in stock back - "$(run_of back)")"
same "stock: the former one is gone" "" "$(groups_of "qemu-$first-back*")"
check "stock: it is stopped" virsh destroy back
same "stock: and nothing is left" "$before" "$(groups_now)"

# Several at once, which libvirt itself tells apart by nothing but the number where it cuts names.
long=a-name-that-is-cut-after-twenty
for i in 1 2 3 4; do
    must "a guest with a long name is defined" define_guest $long-$i --memory 16
done
clients=()
for i in 1 2 3 4; do
    virsh start $long-$i > /dev/null &
    clients+=($!)
done
wait "${clients[@]}"
for i in 1 2 3 4; do
    check "stock: number $i of many is in its group" placed $long-$i \
        "$(path_in stock $long-$i - "$(run_of $long-$i)")"
    check "stock: it is stopped" virsh destroy $long-$i
done
same "stock: nothing is left of them" "$before" "$(groups_now)"

# What is no layout leaves the one that was in force before.
must "bogus: libvirtd starts" layout bogus
contains "bogus: the log says why" "corral\.xml.*bogus" "$(lab_log)"
check "bogus: a guest starts" virsh start web
check "bogus: it is where the file had it before" placed web "$(path_in stock web - "$(run_of web)")"
check "bogus: it is stopped" virsh destroy web

# starts_in PATH: a guest that starts now is there; or it is stopped again
starts_in()
{
    virsh start web > /dev/null || return 1
    placed web "$1" && return
    virsh destroy web > /dev/null
    return 1
}

# A daemon that is told to read its files again has the layout for guests that start then.
echo "<corral><layout type='single'/></corral>" > $policy
check "single: the daemon reads its files again" kill -HUP "$(daemon_pid)"
check "single: a guest that starts then is in its place" wait_for $patience starts_in "$(path_in single web)"
check "single: it is stopped" virsh destroy web

# half_born NAME: libvirt saves the status of a guest before it knows its process; killed
# in between, it waits for process 0 when it comes back, for ever (see test-crash.sh)
half_born()
{
    [[ $(virsh domstate "$1" --reason) == 'paused (starting up)' ]] &&
        ! pgrep -f "^/usr/bin/qemu-system-x86_64 -name guest=$1," > /dev/null
}

# consistent LAYOUT: if the guest runs it is in its place; if not it has none
consistent()
{
    if guest_state web running; then
        placed web "$(path_in "$1" web $uuid "$(run_of web)")"
    else
        same_groups
    fi
}

same_groups()
{
    local now=$(groups_now)

    [[ $now == "$before" ]] || { diff <(echo "$before") <(echo "$now"); return 1; }
}

for layout in nested stock; do
    must "$layout: libvirtd takes the layout" layout $layout
    before=$(groups_now)
    for delay in 20 60 100 150 220 300; do
        interrupted $delay virsh start web
        if ! wait_for 4 consistent $layout > /dev/null && half_born web; then
            note "libvirt waits for a process that never was; without its status file it does not"
            daemon_kill9
            rm -f /run/libvirt/qemu/web.{xml,pid}
            must "libvirtd starts again" daemon_start
        fi
        wait_for $patience consistent $layout > /dev/null
        check "$layout: killed $delay ms after the start of a start" consistent $layout
        guest_state web running ||
            check "$layout: the guest can be started" virsh start web
        check "$layout: it is stopped" virsh destroy web
        check "$layout: nothing is left" wait_for $patience same_groups
    done
done

layouts=(flat nested service single root uuid stock)
for i in "${!layouts[@]}"; do
    goes_through "${layouts[i]}" "${layouts[(i + 1) % ${#layouts[@]}]}"
done

finish
