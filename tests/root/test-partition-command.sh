#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral partition, reserve, plan and check beside a real daemon: what is written into the policy's
# file is followed at once, what is shown is what the kernel has, and once it is followed there
# is nothing left to change.

. "$(dirname "$0")/functions.sh"
. "$(dirname "$0")/containers.sh"
. "$(dirname "$0")/policy.sh"
in_lab v1
need_containers

mib=$((1 << 20))

# row NAME: of the list, with single blanks
row()
{
    corral partition list | grep "^$1 " | tr -s ' '
}

# nothing_to_do: what the policy says is what there is
nothing_to_do()
{
    [[ $(corral plan) == "Nothing would change." ]] || { corral plan; return 1; }
}

# json_of NAME KEY
json_of()
{
    corral partition show "$1" --json | sed -n "s/^ *\"$2\" : \([^,]*\),*$/\1/p"
}

pids_of()
{
    partition_has shop.partition pids
}

must "libvirtd starts without a policy" daemon_start
must "a container" create_container busy --partition /shop --memory 500
contains "its partition is shown, though nobody describes it" "^/shop - 1 [0-9]+ none" "$(row /shop)"
contains "corral status knows of no policy" "state +none" "$(corral status)"
check "there is nothing to change" nothing_to_do

# ---- define, tune ----

output=$(corral partition define /shop --pids 500 --global-quota 50000 2>&1)
contains "define: the daemon follows" "process $(daemon_pid): in force" "$output"
same "define: so does the kernel" "500 50000" "$(pids_of) $(partition_has shop.partition quota)"
contains "define: corral status" "state +in force" "$(corral status)"
check "define: there is nothing left to change" nothing_to_do
contains "define: the list" "^/shop 500 1 [0-9]+ none" "$(row /shop)"

sed 's/>500</>600</' "$policy_file" > /run/corral-lab/other.xml
same "plan: another file" "/shop: processes: 500 -> 600" "$(corral plan /run/corral-lab/other.xml)"
same "plan: nothing has changed" 500 "$(pids_of)"
check "tune" corral partition tune /shop --pids 600 --hard-limit 300MiB
same "tune: the kernel" "600 $((300 * mib))" "$(pids_of) $(partition_has shop.partition limit)"
check "tune: there is nothing left to change" nothing_to_do
contains "tune: the list" "^/shop 500 1 [0-9]+ 300 " "$(row /shop)"
same "tune: as the kernel counts" "$(partition_file pids shop.partition pids.current)" \
    "$(json_of /shop processes)"
check "tune: take away" corral partition tune /shop --hard-limit none
same "tune: it is gone" max "$(partition_has shop.partition limit)"
check "tune: there is nothing left to change" nothing_to_do

# ---- what would not do ----

before=$(cat "$policy_file")
refuse "what would not do" "^corral: '$policy_file', line .*<shares>" \
    corral partition tune /shop --shares 1
same "is not written" "$before" "$(cat "$policy_file")"
contains "nor is the daemon asked" "state +in force" "$(corral status)"
echo "<nonsense/>" > "$policy_file"
refuse "a bad file" "^corral: '$policy_file', line 1: the root element is <nonsense>" corral check
refuse "has no plan" "^corral: '$policy_file', line 1" corral plan
echo "$before" > "$policy_file"
check "a good one" corral check

# ---- the reserve ----

check "reserve: over the connection" corral reserve -c "$LIBVIRT_DEFAULT_URI" --memory 1G
contains "reserve: it is shown" $'^memory +1 GiB\n' "$(corral reserve -c "$LIBVIRT_DEFAULT_URI")"
check "reserve: it is shared out" [ "$(partition_has shop.partition limit)" != max ]
refuse "reserve: more than there is" "MiB of memory are reserved, and this host has" \
    corral reserve -c "$LIBVIRT_DEFAULT_URI" --memory 100T
contains "reserve: in the file" "process $(daemon_pid): in force" \
    "$(corral reserve --config --memory 2G)"
contains "reserve: which the daemon has now" $'^memory +2 GiB\n' \
    "$(corral reserve -c "$LIBVIRT_DEFAULT_URI")"
check "reserve: there is nothing left to change" nothing_to_do
check "reserve: none" corral reserve --config --memory none
same "reserve: nothing is shared out" max "$(partition_has shop.partition limit)"
check "reserve: there is nothing left to change" nothing_to_do

# ---- what is shared out ----

must "a container in another partition" create_container grey --partition /grey --memory 500
check "shared: who gives way" corral partition define /grey --priority 100
check "shared: who does not" corral partition tune /shop --priority 800 --min-guarantee 1G \
    --cpu-guarantee 0.5
check "shared: in the end there is nothing left to change" wait_for $patience nothing_to_do
contains "shared: the list" "^/shop 800 1 [0-9]+ [0-9]+ 1024 " "$(row /shop)"
same "shared: as the kernel has it" "$(partition_has grey.partition limit)" \
    "$(json_of /grey memory_limit_bytes)"
same "shared: who is idle" "$(partition_has grey.partition idle)" \
    "$(json_of /grey cpu_idle | sed 's/true/1/; s/false/0/')"
check "shared: no more" corral partition remove /grey --terms-only
check "shared: neither does the other" corral partition tune /shop --priority none \
    --min-guarantee none --cpu-guarantee none
same "shared: nobody has a limit" "max max" \
    "$(partition_has shop.partition limit) $(partition_has grey.partition limit)"
check "shared: there is nothing left to change" nothing_to_do

# ---- move ----

refuse "move: not a container" "^corral: $LIBVIRT_DEFAULT_URI: .*libvirt looks for a container where" \
    corral partition move -c "$LIBVIRT_DEFAULT_URI" busy /grey
same "move: nothing has changed" /shop "$(shown_partition busy)"

# ---- remove ----

refuse "remove: a guest is in it" "^corral: partition '/shop' has guests: busy \(lxc\)$" \
    corral partition remove /shop
same "remove: nothing has changed" 600 "$(pids_of)"
check "remove: its terms" corral partition remove /shop --terms-only
same "remove: the kernel" "max -1" "$(pids_of) $(partition_has shop.partition quota)"
same "remove: the container goes on" alive "$(inside busy "echo alive")"
check "remove: there is nothing left to change" nothing_to_do
check "one that is described again" corral partition define /shop --pids 700
check "when the container has gone" virsh destroy busy
must "a group that somebody has made" mkdir -p "$(controller_mount pids)/shop"
contains "remove: with its group" "removed: group shop" "$(corral partition remove /shop 2>&1)"
check "remove: it is gone" [ ! -e "$(controller_mount pids)/shop" ]
same "remove: from the file, too" "" "$(grep shop "$policy_file")"

# ---- no daemon ----

must "the daemon stops" daemon_stop
contains "no daemon is told" "No libvirtd runs with corral; the next one follows it\." \
    "$(corral partition define /shop --pids 800)"
must "the next one" daemon_start
must "a container" create_container busy2 --partition /shop --memory 500
same "has what the file says" 800 "$(pids_of)"
check "there is nothing left to change" nothing_to_do

# A process that has the number of one that has ended is none of ours.
must "the daemon is killed" daemon_kill9
tail -f /dev/null &
bystander=$!
sed -i "s/^pid=.*/pid=$bystander/" /run/libvirt/corral/*.status
contains "a bystander is not told" "No libvirtd runs with corral" \
    "$(corral partition tune /shop --pids 900)"
check "and goes on" kill -0 $bystander
kill $bystander
wait $bystander 2> /dev/null

finish
