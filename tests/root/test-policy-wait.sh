#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who waits for the planner, and whom it waits for: a guest that starts where room has to be made
# holds up no other, and a reserve that another daemon was told of is this one's, too.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/containers.sh"
. "$(dirname "$0")/policy.sh"
in_lab v1
need_containers
type -P strace > /dev/null || skip "strace is not installed"

mib=$((1 << 20))

guests_have_at_most()
{
    at_most "$(sum limit a.partition b.partition)" $(($1 * mib))
}

guests_have_more_than()
{
    ! guests_have_at_most "$1"
}

put_policy "<reserve>$(all_but 500)</reserve>"
must "libvirtd starts" daemon_start
must "a container" create_container a --partition /a --memory 1000
must "another one" create_container b --partition /b --memory 1000
check "what the host leaves is shared out" wait_for $patience guests_have_more_than 400

# ---- one that waits for room ----

limit_file=$(controller_mount memory)/a.partition/memory.limit_in_bytes
slow=/run/corral-lab/slow

# The kernel takes its time over a limit of /a's.
slow_down()
{
    strace -f -qq -o $slow -p "$(daemon_pid)" -P "$limit_file" \
        -e inject=write,pwrite64:delay_enter=60s 2> $slow.errors &
    slow_pid=$!
    wait_for $patience traced
}

traced()
{
    grep -q "^TracerPid:[[:space:]]*$slow_pid$" "/proc/$(daemon_pid)/status"
}

# cut_begun: somebody is about to write it
cut_begun()
{
    grep -q 'write' $slow
}

must "limits are slow to change" slow_down
create_container patient --partition /patient --memory 1000 > /run/corral-lab/patient 2>&1 &
patient_pid=$!
check "one that starts needs room" wait_for $patience cut_begun
create_container second --partition /patient --memory 1000 > /run/corral-lab/second 2>&1 &
second_pid=$!
check "others, who need none, start meanwhile" create_container swift --partition /b --memory 1000
check "it still waits" kill -0 $patient_pid
check "so does another where it is to be" kill -0 $second_pid
kill $slow_pid
wait $slow_pid
check "and starts" wait $patient_pid
check "as does the other" wait $second_pid
check "they go" eval "virsh destroy patient && virsh destroy second && virsh destroy swift"

# ---- the reserve, set over a connection ----

# Another daemon makes this file anew, in one go.
set_reserve=/run/libvirt/corral/reserve
put_reserve()
{
    cp "$1" $set_reserve.new && mv $set_reserve.new $set_reserve
}

# reserve_all_but MIB: over the connection
reserve_all_but()
{
    corral reserve -c "$LIBVIRT_DEFAULT_URI" --memory $(($(host_kib) - ($1 << 10)))K
}

before=$(corral reserve -c "$LIBVIRT_DEFAULT_URI")
check "it is told that more is reserved" reserve_all_but 250
check "and follows" wait_for $patience guests_have_at_most 250
must "that is kept" cp $set_reserve /run/corral-lab/reserve
check "it is told that less is" reserve_all_but 450
check "and follows" wait_for $patience guests_have_more_than 300
must "another daemon is told what this one was at first" put_reserve /run/corral-lab/reserve
check "this one, which plans, follows" wait_for $patience guests_have_at_most 250
must "another daemon finds a new file" rm $set_reserve
same "what the file says holds here" "$before" "$(corral reserve -c "$LIBVIRT_DEFAULT_URI")"

finish
