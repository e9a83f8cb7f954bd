#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# NUMA parameters of a running guest: what can be changed, is, in every part; the
# words of refusal are stock's.

. "$(dirname "$0")/functions.sh"
in_lab v1

all=$(cat "$(controller_mount cpuset)/cpuset.mems")
[[ $all == 0 ]] || skip "this is for one memory node"

# numatune GUEST [FLAG]: mode and nodes
numatune()
{
    virsh numatune "$@" | awk -F ': *' '/^numa_/ { printf "%s%s", sep, $2; sep = " " } END { print "" }'
}

memory_of()
{
    virsh dumpxml "$@" | sed -n 's/^ *\(<memory mode.*\)/\1/p'
}

must "libvirtd starts" daemon_start
must "one without nodes" define_guest bare --vcpus 2 --iothreads 1
for mode in strict preferred restrictive; do
    must "one that is $mode" define_guest $mode --vcpus 2 --iothreads 1 \
        --top "<numatune><memory mode='$mode' nodeset='0'/></numatune>"
    must "it starts" virsh start $mode
done
must "it starts" virsh start bare

restrictions="can't change nodeset for strict mode for running domain"
refuse "strict stays as it is" "$restrictions" virsh numatune strict --mode strict --nodeset 1
check "strict to what it is" virsh numatune strict --mode strict --nodeset 0
refuse "strict without saying so" "requires restrictive numa mode" virsh numatune strict --nodeset 0
refuse "preferred" "requires restrictive numa mode" virsh numatune preferred --nodeset 0 --live
for mode in strict preferred restrictive; do
    refuse "another mode than $mode" "can't change numatune mode for running domain" \
        virsh numatune $mode --mode interleave --nodeset 0
done
refuse "a node that is not there" "(NUMA|host) node|unavailable" virsh numatune restrictive --nodeset 1
refuse "no node" "Invalid nodeset of 'numatune'" virsh numatune restrictive --nodeset 0,^0
refuse "no such mode" . virsh numatune restrictive --mode 9
refuse "a mode alone where there are no nodes" "must be set if 'placement' is 'static'" \
    virsh numatune bare --mode interleave --live
same "nothing has changed" "strict " "$(numatune bare)"

check "restrictive" virsh numatune restrictive --nodeset 0 --live --config
same "is said" "restrictive 0" "$(numatune restrictive --live)"
same "in the persistent description as well" "restrictive 0" "$(numatune restrictive --config)"

# Without any <numatune> nodes can be given once, and are strict from then on.
check "nodes where there are none" virsh numatune bare --nodeset 0 --live
same "they are strict" "strict 0" "$(numatune bare --live)"
same "the persistent description is left alone" "strict " "$(numatune bare --config)"
same "the description says so" "<memory mode='strict' nodeset='0'/>" "$(memory_of bare)"
same "that of the next start does not" "" "$(memory_of bare --inactive)"
refuse "and they stay" "requires restrictive numa mode" virsh numatune bare --nodeset 0
for child in emulator vcpu0 vcpu1 iothread1; do
    same "$child has them" 0 "$(group_file cpuset /machine bare $child/cpuset.mems)"
done

daemon_kill9
must "libvirtd starts again" daemon_start
same "they are there after a restart" "strict 0" "$(numatune bare --live)"
same "and in the description" "<memory mode='strict' nodeset='0'/>" "$(memory_of bare)"
check "a thread comes" virsh iothreadadd bare 4 --live
same "and has them" 0 "$(group_file cpuset /machine bare iothread4/cpuset.mems)"

# They are what the guest is saved with.
for way in "save bare /run/corral-lab/bare.image;restore /run/corral-lab/bare.image" \
    "managedsave bare;start bare"; do
    must "${way%% *}" virsh ${way%;*}
    must "it comes back" virsh ${way#*;}
    same "with its nodes" "strict 0" "$(numatune bare --live)"
    same "they are in its description" "<memory mode='strict' nodeset='0'/>" "$(memory_of bare)"
    same "and in its groups" 0 "$(group_file cpuset /machine bare vcpu1/cpuset.mems)"
    same "the persistent description is left alone" "strict " "$(numatune bare --config)"
done

# All or nothing: what the persistent description refuses is taken back.
must "it starts anew" virsh destroy bare
must "it starts anew" virsh start bare
same "a new run has no nodes" "" "$(memory_of bare)"
mount --bind /etc/libvirt/qemu /etc/libvirt/qemu
must "definitions cannot be written" mount -o remount,bind,ro /etc/libvirt/qemu
refuse "what cannot be saved" "qemu/bare.xml" virsh numatune bare --nodeset 0 --live --config
same "is taken back" "" "$(memory_of bare)"
check "definitions can be written again" umount /etc/libvirt/qemu
must "one that is transient" create_guest transient
refuse "has no other description" "persistent" virsh numatune transient --nodeset 0 --live --config
same "and is left alone" "" "$(memory_of transient)"
check "by a mode of its own" virsh numatune transient --mode restrictive --nodeset 0
same "it is restrictive" "restrictive 0" "$(numatune transient)"
check "and can be changed again" virsh numatune transient --nodeset 0

finish
