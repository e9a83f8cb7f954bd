#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvirt loses the connection to a container's libvirt_lxc when the first message
# is faster than the thread that starts the container, and does not notice.  Here
# that thread is slow.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
slow=tests/root/.libs/slow-monitor.so
need_program $slow
in_lab v1

switch=/run/corral-lab/slow-monitor
events=/run/corral-lab/events
socket=/run/libvirt/lxc/web.sock

# connected: is libvirtd connected to the container's libvirt_lxc?
connected()
{
    awk -v socket="$socket" '$6 == "03" && $8 == socket { found = 1 } END { exit !found }' \
        /proc/net/unix
}

not_connected()
{
    ! connected
}

heard()
{
    grep -q "$1" "$events"
}

shut_off()
{
    [[ $(virsh domstate web) == "shut off"* ]]
}

process_gone()
{
    [[ ! -d /proc/$1 ]]
}

listen()
{
    stdbuf -oL virsh event --all --loop > "$events" 2>&1 < /dev/null &
    listener=$!
    wait_for $patience grep -q . /proc/$listener/stat
}

# start_deaf: it starts, and libvirt misses the first message
start_deaf()
{
    rm -f "$(container_root web)/started"
    touch $switch
    check "it starts" virsh start web
    check "its init runs" wait_for $patience started_times web 1
    rm -f $switch
}

LD_PRELOAD=$build_dir/$slow must "libvirtd starts" daemon_start
must "a container is defined" define_container web
ln -sf busybox "$(container_root web)/bin/poweroff"
listen
trap 'kill $listener' EXIT

# ---- it is heard again ----

start_deaf
check "libvirt is connected to it" wait_for $patience connected
check "and has its init" wait_for $patience grep -q "<init pid='[1-9]" /run/libvirt/lxc/web.xml
first=$(controller_pid web)
check "its shares are set" virsh schedinfo web --live cpu_shares=2048
check "it boots anew" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 2
check "as another run" test "$(controller_pid web)" != "$first"
check "whoever listens is told" wait_for $patience heard "'reboot'.*web"
check "it is taken over" wait_for $patience virsh schedinfo web --live
check "with what was set of it" wait_for $patience eval '[[ $(container_has web shares) == 2048 ]]'
check "it switches itself off" tell_inside web 'poweroff -f'
check "libvirt knows" wait_for $patience shut_off
check "so does whoever listens" wait_for $patience heard "'lifecycle'.*web.*Stopped.*"
check "nothing is left" wait_for $patience no_container_groups

# Nobody has had time to look.
start_deaf
check "it boots anew at once" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 2
check "it is destroyed" virsh destroy web
check "nothing is left" no_container_groups

start_deaf
check "libvirt is connected to one that stands still" wait_for $patience connected
check "it stands still" virsh suspend web
check "is destroyed" virsh destroy web
check "nothing is left" no_container_groups

start_deaf
first=$(controller_pid web)
must "the daemon is killed" daemon_kill9
LD_PRELOAD=$build_dir/$slow must "and started" daemon_start
same "it is found again" "$first" "$(controller_pid web)"
check "libvirt is connected to it" wait_for $patience connected
check "it boots anew" tell_inside web 'reboot -f'
check "it does" wait_for $patience started_times web 2
check "it is destroyed" virsh destroy web

# The one before has ended with the daemon.
listen

# ---- it is not: its socket has gone meanwhile ----

touch $switch
rm -f "$(container_root web)/started"
virsh start web > /dev/null &
starter=$!
check "its init runs" wait_for $patience started_times web 1
check "its socket is there" wait_for $patience test -S $socket
mv $socket $socket.away
wait $starter
rm -f $switch
check "libvirt is not connected to it" not_connected
id=$(controller_pid web)
check "it is left alone" test -d "/proc/$id"
same "and runs" here "$(inside web 'echo here')"
check "it switches itself off" tell_inside web 'poweroff -f'
check "its libvirt_lxc ends" wait_for $patience process_gone "$id"
check "libvirt is told in the end" wait_for 45 shut_off
check "so is whoever listens" wait_for $patience heard "'lifecycle'.*web.*Stopped.*"
contains "the log says why" "libvirt has not heard that container 'web' has ended" "$(lab_log)"
check "nothing is left" wait_for $patience no_container_groups
check "it starts again" virsh start web
check "and is heard" wait_for $patience connected
check "it is destroyed" virsh destroy web

finish
