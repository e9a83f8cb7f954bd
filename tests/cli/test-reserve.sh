#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral reserve: the daemon's, where the daemon is a file, and the policy's.

. "$(dirname "$0")/functions.sh"

fake=$(dirname "$corral")/tests/cli/corral-fake
[[ -x $fake ]] || skip "there is no '$fake'"

daemon=$scratch/daemon
printf '[reserve]\nmemory_kib=2097152\nguest_memory_kib=31457280\ncpus=0-1\n' > "$daemon"

# reserve [OPTION]...: of the daemon
reserve()
{
    "$fake" reserve -c "fake:$daemon" "$@"
}

# configured [OPTION]...: of the policy
configured()
{
    "$corral" reserve --config --root "$root" "$@"
}

# kept KEY: what the daemon has
kept()
{
    sed -n "s/^$1=//p" "$daemon"
}

# ---- the daemon's ----

same "it is shown" "memory         2 GiB
cpus           0-1
left to guests 30 GiB" "$(reserve)"
reserve --json > "$scratch/json"
json_documented reserve "$scratch/json"
same "in JSON" '{"memory_bytes":2147483648,"cpus":"0-1","guest_memory_bytes":32212254720}' \
    "$(tr -d ' \n' < "$scratch/json")"
check "memory" reserve --memory 4G
same "it has it" 4194304 "$(kept memory_kib)"
same "the CPUs are left" 0-1 "$(kept cpus)"
check "plain is KiB" reserve --memory 1000
same "it has it" 1000 "$(kept memory_kib)"
check "none" reserve --memory none
same "it has it" 0 "$(kept memory_kib)"
check "a number of CPUs" reserve --cpus 3
same "it has it" 3 "$(kept n_cpus)"
check "a list of CPUs" reserve --cpuset 0,4
same "it has it" "0,4" "$(kept cpus)"
before=$(cat "$daemon")
refuse "no amount" "^corral: 'much' is no amount of memory" reserve --memory much
refuse "no number" "^corral: '-1' is no number of CPUs" reserve --cpus=-1
same "nothing is set" "$before" "$(cat "$daemon")"
refuse "no daemon" "^corral: fake:/nowhere does not answer" "$fake" reserve -c fake:/nowhere
refuse "no daemon, set" "^corral: fake:/nowhere does not answer" \
    "$fake" reserve -c fake:/nowhere --memory 1G

# The command itself, with libvirt in it.
refuse "a daemon that is not there" "^corral: qemu\+unix:.* does not answer: " \
    "$corral" reserve --connect "qemu+unix:///system?socket=$scratch/no-socket"
refuse "to be told" "^corral: qemu\+unix:.* does not answer: " \
    "$corral" reserve --connect "qemu+unix:///system?socket=$scratch/no-socket" --memory 1G
refuse "a daemon without corral" "^corral: test:///default " \
    "$corral" reserve --connect test:///default

# ---- the policy's ----

make_host host
same "without a file" "memory         0 B
cpus           none
left to guests 32 GiB" "$(configured)"
check "it is set" configured --memory 2G --cpus 2
same "the file" "<corral>
  <reserve>
    <memory unit='G'>2</memory>
    <cpus count='2'/>
  </reserve>
</corral>" "$(cat "$policy")"
same "it is shown" "memory         2 GiB
cpus           0-1
left to guests 30 GiB" "$(configured)"
check "a list in place of the number" configured --cpuset 5
same "there is one" "    <cpus cpuset='5'/>" "$(grep cpus "$policy")"
same "it is shown" "cpus           5" "$(configured | grep cpus)"
check "none" configured --cpuset none
same "it is gone" "" "$(grep cpus "$policy")"
before=$(snapshot "$root")
refuse "more than there is" "^corral: '$policy', 32768 MiB of memory are reserved" \
    configured --memory 32G
refuse "all the CPUs" "^corral: '$policy', 8 CPUs are reserved" configured --cpus 8
refuse "no amount" "^corral: 'much' is no amount of memory" configured --memory much
same "nothing is changed" "$before" "$(snapshot "$root")"

# ---- what makes no sense ----

for arguments in "--cpus 1 --cpuset 1" "--config -c test:///" "--root $scratch" "now"; do
    "$fake" reserve $arguments > /dev/null 2>&1
    same "'$arguments' makes no sense" 2 $?
done

finish
