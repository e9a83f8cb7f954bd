#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container stands still, goes on and ends when it is told to, whatever goes on in
# it; what libvirt says of that is said once.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
in_lab v1 hybrid

events=/run/corral-lab/events

# Nothing that still stands may be left to the laboratory.
leave()
{
    thaw_all
    [[ ! ${listener:-} ]] || kill "$listener"
}
trap leave EXIT

# listen: from now on what happens to containers is in $events
listen()
{
    stdbuf -oL virsh event --loop --event lifecycle > "$events" 2>&1 < /dev/null &
    listener=$!
    # Whoever is registered sees this one.
    wait_for $patience sees_events
}

sees_events()
{
    virsh define /run/corral-lab/seen.xml && wait_for 3 grep -q seen "$events"
}

# said TEXT: how often events have said it of web
said()
{
    grep -c "domain 'web': $1" "$events"
}

said_once()
{
    wait_for $patience grep -q "domain 'web': $1" "$events" || return 1
    (($(said "$1") == 1)) || { cat "$events"; return 1; }
}

# within SECONDS COMMAND...: it succeeds, and in time
within()
{
    local start=$SECONDS
    local limit=$1

    shift
    timeout 60 "$@" || return 1
    ((SECONDS - start <= limit)) || { echo "took $((SECONDS - start)) s"; return 1; }
}

must "libvirtd starts" daemon_start
make_container seen --uuid 5d6b6a0e-9c8e-4b7e-8f0e-0d8f0c6f3a11 > /run/corral-lab/seen.xml
must "somebody listens" listen

# ---- said once ----

define_container web --partition /production > /dev/null
virsh start web > /dev/null
wait_for $patience started_times web 1
check "it is suspended" virsh suspend web
check "that is said once" said_once 'Suspended Paused'
check "it is suspended again" virsh suspend web
check "that is not said" said_once 'Suspended Paused'
contains "why it stands still is known" 'paused \(user\)' "$(virsh domstate --reason web)"
check "it is resumed" virsh resume web
check "that is said once" said_once 'Resumed Unpaused'
contains "it runs" 'running \(unpaused\)' "$(virsh domstate --reason web)"
check "it is suspended" virsh suspend web
check "a paused one is destroyed" within $patience virsh destroy web
check "that is said once" said_once 'Stopped Destroyed'
same "and nothing else" "" "$(grep "domain 'web': Stopped [^D]" "$events")"
check "nothing is left" no_container_groups
contains "how it ended is known" 'shut off \(destroyed\)' "$(virsh domstate --reason web)"
refuse "it does not run" "domain is not running" virsh destroy web
refuse "nor can it stand still" "domain is not running" virsh suspend web
refuse "or go on" "domain is not running" virsh resume web

# ---- frozen by somebody else ----

virsh start web > /dev/null
freeze "$(controller_mount freezer)$(container_group web)" 1
check "one that is frozen, and libvirt does not know it, is destroyed" within $patience virsh destroy web
check "nothing is left" no_container_groups

virsh start web > /dev/null
group=$(controller_mount freezer)$(container_group web)
freeze "${group%/*}" 1
(
    sleep 1
    freeze "${group%/*}" 0
) &
check "so is one whose partition is frozen, once that is thawed" within $patience virsh destroy web
check "nothing is left" no_container_groups

# ---- a fork bomb that does not listen ----

virsh start web > /dev/null
wait_for $patience started_times web 4
# Held inside by hand: how that is done for good is another test's.
echo 300 > "$(controller_mount pids)$(container_group web)/pids.max"
put_bomb web TERM HUP INT
tell_inside web /bomb
check "a fork bomb goes off" wait_for 40 bomb_at_limit web
check "it is suspended" within $patience virsh suspend web
check "it is paused" guest_state web paused
check "it is resumed" virsh resume web
check "it is destroyed" within $patience virsh destroy web
check "nothing is left" no_container_groups
check "nor is anybody" bash -c '! pgrep -f "^/bin/sh /bomb"'
check "all that was said once" bash -c "(( \$(grep -c 'Stopped Destroyed' '$events') == 4 ))"

# ---- one that is passing ----

must "a transient one starts" create_container passing
virsh suspend passing > /dev/null
check "it is destroyed while it stands still" within $patience virsh destroy passing
refuse "it is forgotten" "failed to get domain" virsh dominfo passing
check "nothing is left" no_container_groups

same "the daemon has not complained" "" "$(lab_log | grep -i 'corral.*cannot')"

finish
