#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Migration between two hosts, each a laboratory: the guest arrives in a group
# with its tuning, whoever directs it, and nothing is left where it was; and what it was
# asked to get by with.  The other host may be one without corral, whose libvirt manages cgroups.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"
. "$test_dir/pair.sh"
[[ ${LAB_MODE:-} ]] || need_linux_guest

run_pairs "v1 '' ''" "hybrid '' ''" "v1 --stock ''" "v1 '' --stock"
begin_pair

partition=/machine
[[ $MIGRATE_HERE$MIGRATE_THERE == corralcorral ]] && partition=/production/web
tune="<shares>2048</shares><period>50000</period><quota>25000</quota><emulator_quota>30000</emulator_quota>"
own_metadata="<metadata><x:owner xmlns:x='http://example.org/owner'>us</x:owner></metadata>"

kind_of()
{
    [[ $1 == here ]] && echo "$MIGRATE_HERE" || echo "$MIGRATE_THERE"
}

# lives WHEN HOST NAME QUOTA: runs there with its tuning
lives()
{
    local group=$partition/$3.qemu.libvirt

    check "$1: runs $2" "$2" "guest_state $3 running"
    if [[ $(kind_of $2) == corral ]]; then
        check "$1: in its group" "$2" "guest_in_place $3 $partition 2"
        same "$1: shares" 2048 "$($2 "group_file cpu $partition $3 cpu.shares")"
        same "$1: quota" "$4" "$($2 "group_file cpu $partition $3 vcpu1/cpu.cfs_quota_us")"
        same "$1: emulator's quota" 30000 \
            "$($2 "group_file cpu $partition $3 emulator/cpu.cfs_quota_us")"
    fi
    contains "$1: dumpxml shows the quota" "<quota>$4</quota>" "$($2 "virsh dumpxml $3")"
    contains "$1: schedinfo, too" "vcpu_quota +: $4" "$($2 "virsh schedinfo $3")"
    contains "$1: and the user's metadata" '<x:owner.*>us<' "$($2 "virsh dumpxml $3")"
    same "$1: nothing of corral's" "" "$($2 "virsh dumpxml $3" | grep -i corral)"
    same "$1: nothing of corral's to travel" "" \
        "$($2 "virsh dumpxml --migratable $3" | grep -i corral)"
}

# left WHEN HOST NAME
left()
{
    check "$1: does not run $2" "$2" "! virsh domstate $3 || guest_state $3 'shut off'"
    same "$1: no group is left $2" "" "$($2 "guest_groups | grep '/$3[.]'")"
}

must "a guest" define_guest g1 --vcpus 2 --cputune "$tune" --top "$own_metadata" \
    $([[ $partition == /machine ]] || echo --partition $partition)
must "it starts" virsh start g1
check "its tuning changes" virsh schedinfo g1 --live vcpu_quota=12000
check "its memory nodes change" virsh numatune g1 --nodeset 0 --live
nodes="<memory mode='strict' nodeset='0'/>"
lives "before" here g1 12000

must "migrate" migrate here g1 --migrateuri "unix://$shared/1.sock"
lives "direct" there g1 12000
contains "direct: with its nodes" "$nodes" "$(there "virsh dumpxml g1")"
left "direct" here g1

check "its tuning changes there" there "virsh schedinfo g1 --live vcpu_quota=13000"
must "and back, the daemons among themselves" migrate there --p2p g1 \
    --migrateuri "unix://$shared/2.sock"
lives "peer to peer" here g1 13000
contains "peer to peer: with its nodes" "$nodes" "$(virsh dumpxml g1)"
left "peer to peer" there g1
same "transient there, it is gone" "" "$(there "virsh list --all --name")"
contains "persistent here, it is what it was" "<quota>25000</quota>" "$(cputune g1 --inactive)"

if [[ $MIGRATE_HERE$MIGRATE_THERE == corralcorral ]]; then
    must "through a tunnel" migrate here --p2p --tunnelled g1
    lives "tunnel" there g1 13000
    left "tunnel" here g1
    must "and back" migrate there --p2p --tunnelled g1
    lives "tunnel back" here g1 13000
fi

must "by another name, to stay" migrate here --persistent --dname g2 g1 \
    --migrateuri "unix://$shared/3.sock"
lives "another name" there g2 13000
left "another name" here g1
contains "its definition came along" "<quota>25000</quota>" "$(there "virsh dumpxml --inactive g2")"
same "with nothing of corral's" "" "$(there "cat /etc/libvirt/qemu/g2.xml" | grep -i corral)"
check "stop it there" there "virsh destroy g2"
left "stopped" there g2
check "it starts from that" there "virsh start g2"
lives "started there" there g2 25000
check "stop and forget it" there "virsh destroy g2 && virsh undefine g2"

# What fails, fails without a trace.
must "it starts again" virsh start g1
refuse "nowhere to listen" . migrate here g1 --migrateuri unix:///nonexistent/4.sock
left "nowhere to listen" there g1
lives "nowhere to listen" here g1 25000
# Only the other host can see this socket: it prepares in vain.
refuse "nowhere to connect to" . migrate here g1 --migrateuri unix:///run/corral-lab/5.sock
left "nowhere to connect to" there g1
lives "nowhere to connect to" here g1 25000
refuse "likewise among themselves" . migrate here --p2p g1 --migrateuri unix:///run/corral-lab/6.sock
left "likewise" there g1
lives "likewise" here g1 25000
check "stop it" virsh destroy g1

# A guest that was never defined stays where it goes.
must "a transient guest" create_guest t1 --vcpus 2 --cputune "$tune" --top "$own_metadata" \
    $([[ $partition == /machine ]] || echo --partition $partition)
check "its tuning changes" virsh schedinfo t1 --live vcpu_quota=14000
must "it goes to stay" migrate here --persistent --p2p t1 --migrateuri "unix://$shared/7.sock"
lives "transient" there t1 14000
left "transient" here t1
contains "it is defined there" "<quota>14000</quota>" "$(there "virsh dumpxml --inactive t1")"
same "with nothing of corral's" "" "$(there "cat /etc/libvirt/qemu/t1.xml" | grep -i corral)"
check "stop and forget it" there "virsh destroy t1 && virsh undefine t1"

# One that is held to its balloon.
if [[ $MIGRATE_HERE$MIGRATE_THERE == corralcorral ]]; then
    must "both hosts have what a guest boots" linux_dir_make "$shared/linux"
    must "a guest with a balloon" define_linux_guest g3 \
        --top "$(balloon_metadata "enforce='yes' grace='2'")"
    must "boots" start_linux_guest g3
    check "it is asked for half" virsh setmem g3 256M
    check "and held to it" wait_for $patience balloon_state_is g3 enforced
    check "it goes" migrate here --p2p g3 --migrateuri "unix://$shared/8.sock"
    check "it is held there" there "wait_for $patience balloon_state_is g3 enforced"
    same "to the same" $((256 << 20)) "$(there "balloon_field g3 target")"
    differ "by the kernel" max "$(there "group_limit g3")"
    check "it answers" guest_say g3 pulse
    check "it is given all" there "virsh setmem g3 512M"
    same "and not held any more" max "$(there "group_limit g3")"
    check "it ends" there "virsh destroy g3"
    left "kept" here g3
    virsh undefine g3 > /dev/null
fi

# A definition alone.
check "offline" here "virsh migrate --offline --persistent g1 --desturi '$(uri_of there)'"
contains "the definition is there" "<quota>25000</quota>" "$(there "virsh dumpxml g1")"
same "and no group" "" "$(there guest_groups)"
check "no group is left here, either" no_guest_groups

finish
