#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients of containers: several who start, end, tune and suspend the same one at the
# same time; and one that means harm, read-only and pretending not to be, and one that
# may write.  The daemon lives, and containers are as they were.  What stock libvirt
# makes of the harm is told, not judged.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
. "$test_dir/hostile.sh"
need_containers

# containers_now: what a client that may not write must not have changed
containers_now()
{
    local name

    for name in g1 g2 off; do
        virsh dumpxml $name --inactive
        virsh domstate $name
    done
    virsh list --all --name | sort
    for name in g1 g2; do
        virsh dumpxml $name
        virsh schedinfo $name
        virsh memtune $name
    done
}

prepare()
{
    daemon_start &&
        define_container g1 --vcpus 2 &&
        create_container g2 &&
        define_container off &&
        virsh start g1
}

trap thaw_all EXIT
in_lab_with_harm prepare

must "a daemon and containers" prepare
pid=$(daemon_pid)

# ---- clients that are in each other's way ----

# worker VERB...: says what became of each until time is up; "-" is the container
worker()
{
    local verb

    while ((SECONDS < end)); do
        for verb; do
            timeout $patience virsh ${verb/ - / busy } > /dev/null 2>&1
            (($? == 124)) && echo "$verb hangs"
        done
    done
}

define_container busy --partition /production > /dev/null
end=$((SECONDS + seconds))
workers=()
for verbs in '"start - " "destroy - "' '"start - " "destroy - " "suspend - " "resume - "' \
    '"schedinfo - --live cpu_shares=300" "schedinfo - --live cpu_shares=400" "memtune - --live --hard-limit 60000"' \
    '"suspend - " "domstate - " "resume - " "dominfo - "'; do
    eval "worker $verbs" >> /run/corral-lab/workers 2>&1 &
    workers+=($!)
done
wait "${workers[@]}"
same "none of them was kept waiting" "" "$(cat /run/corral-lab/workers)"
same "it is the same daemon" "$pid" "$(daemon_pid)"
guest_state busy paused && virsh resume busy > /dev/null
guest_state busy running || check "the container starts" virsh start busy
check "it works" inside busy 'echo hello'
same "as it is the only one of its name" 1 \
    "$(container_groups | grep -c "^$(controller_mount memory)/.*-busy.libvirt-lxc")"
check "it is tuned" virsh schedinfo busy --live cpu_shares=500
same "that is in force" 500 "$(container_file cpu busy cpu.shares)"
check "it is destroyed" virsh destroy busy
same "nothing is left of it" "" "$(groups_of '*busy*')$(groups_of production.partition)"
virsh undefine busy > /dev/null

# ---- clients that mean harm ----

before=$(containers_now)
hostile "read-only" "$pid"
same "nothing has changed" "$before" "$(containers_now)"

numbers="$(virsh domid g1) $(virsh domid g2)"
hostile "read-write" "$pid" -w
same "the containers live" "$numbers" "$(virsh domid g1) $(virsh domid g2)"
for name in g1 g2; do
    guest_state $name paused && virsh resume $name > /dev/null
    check "$name runs" guest_state $name running
    check "the daemon answers for $name" virsh schedinfo $name --live cpu_shares=900
    same "and does it" 900 "$(container_file cpu $name cpu.shares)"
done
check "the daemon starts another one" create_container untouched
check "and comes back" daemon_restart
check "with the containers" guest_state g1 running
# The one that was shut off may have been started: whoever writes may do that.
for name in $(virsh list --name); do
    check "$name is destroyed" virsh destroy "$name"
done
check "nothing is left" wait_for $patience no_container_groups

finish
