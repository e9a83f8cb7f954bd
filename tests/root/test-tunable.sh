#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tunable events: stock's and ours through one registration, for those who
# leave, those who just die, and those who come after the daemon's death.
# That they are word by word stock's is for test-sched-parity.sh to show.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

events=/run/corral-lab/events

# listen [OPTION]...: another listener, who is there when this returns
listen()
{
    : > $events
    virsh event --loop "$@" >> $events 2>&1 &
    listener=$!
    wait_for $patience event_arrives || fail "a listener hears nothing"
}

# Whatever is in force already: what counts is that something is told.
event_arrives()
{
    virsh schedinfo one --live --set cpu_shares=$((RANDOM + 2))
    grep -q tunable $events
}

heard()
{
    grep -qE "$1" $events
}

must "libvirtd starts" daemon_start
disk=/run/corral-lab/disk.img
truncate -s 1M $disk
must "a guest" create_guest one --devices "$(disk_xml $disk)"
must "another" create_guest two

listen --event tunable
virsh schedinfo one --live --set cpu_shares=4321 --set vcpu_quota=-1 > /dev/null
check "ours arrives" wait_for $patience heard "event 'tunable' for domain 'one'"
check "with the shares" wait_for $patience heard "cputune.cpu_shares: 4321"
check "and the quota" wait_for $patience heard "cputune.vcpu_quota: -1"
virsh blkdeviotune one hda --live --total-iops-sec 1000 > /dev/null
check "stock's arrives" wait_for $patience heard "blkdeviotune.total_iops_sec: 1000"
virsh schedinfo two --set cpu_shares=77 > /dev/null
check "another guest's, too" wait_for $patience heard "domain 'two'"
same "each once" 1 "$(grep -c 'cpu_shares: 4321' $events)"
same "stock's as well" 1 "$(grep -c 'total_iops_sec: 1000' $events)"

# One who dies without a word, and one who leaves.
kill -KILL $listener
wait $listener 2> /dev/null
check "after the death of a listener" virsh schedinfo one --set cpu_shares=5000
listen --domain one --event tunable
virsh schedinfo two --set cpu_shares=78 > /dev/null
virsh schedinfo one --set cpu_shares=5001 > /dev/null
check "one guest's events" wait_for $patience heard "cpu_shares: 5001"
same "and no other's" 0 "$(grep -c "domain 'two'" $events)"
kill -INT $listener
wait $listener 2> /dev/null

# Many come and go while events are sent.
for i in {1..20}; do
    timeout 2 virsh event --all --loop > /dev/null 2>&1 &
    virsh schedinfo one --set cpu_shares=$((6000 + i)) > /dev/null
    ((i % 2)) && kill -KILL $! 2> /dev/null
done
wait
check "the daemon lives" virsh list

must "the daemon is killed" daemon_kill9
must "and comes again" daemon_start
listen --all
virsh schedinfo one --set cpu_shares=7001 > /dev/null
check "ours" wait_for $patience heard "cputune.cpu_shares: 7001"
virsh blkdeviotune one hda --live --total-iops-sec 2000 > /dev/null
check "stock's" wait_for $patience heard "blkdeviotune.total_iops_sec: 2000"
same "each once" "1 1" "$(grep -c 'cpu_shares: 7001' $events) $(grep -c 'total_iops_sec: 2000' $events)"
virsh destroy two > /dev/null
check "other events as ever" wait_for $patience heard "lifecycle.*domain 'two': Stopped"
kill -INT $listener
wait $listener 2> /dev/null
check "the daemon ends as it should" daemon_stop

finish
