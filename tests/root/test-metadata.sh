#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What users write below <metadata> for corral stays there beside what corral itself leaves
# there: libvirt keeps one element of a namespace.

. "$(dirname "$0")/functions.sh"
in_lab v1

partition=/production
quota="<period>100000</period><quota>40000</quota>"
image=/run/corral-lab/image
limits="<metadata><corral:limits xmlns:corral='$uri'><corral:pids>200</corral:pids></corral:limits></metadata>"

# metadata NAME [OPTION]: on one line, with no blanks between elements
metadata()
{
    virsh dumpxml "$@" | sed -n '/<metadata>/,/<\/metadata>/p' | tr -d '\n' | sed 's/> *</></g; s/^ *//'
}

# kept NAME: how many elements of ours and of the user's libvirt has in its own file
kept()
{
    echo "$(grep -c '<corral:held' "/run/libvirt/qemu/$1.xml")" "$(grep -c ':limits ' "/run/libvirt/qemu/$1.xml")"
}

# both WHEN NAME PIDS METADATA: quota and limits are in force, and shown where they were written
both()
{
    same "$1: the quota" 40000 "$(group_file cpu $partition "$2" vcpu0/cpu.cfs_quota_us)"
    same "$1: the limit" "$3" "$(group_file pids $partition "$2" pids.max)"
    same "$1: libvirt has one of each" "1 1" "$(kept "$2")"
    same "$1: dumpxml has the user's" "$4" "$(metadata "$2")"
    contains "$1: dumpxml has the quota" "<quota>40000</quota>" "$(cputune "$2")"
}

must "libvirtd starts" daemon_start
must "a guest with a quota and limits" define_guest web --partition $partition --cputune "$quota" \
    --top "$limits"
written=$(metadata web --inactive)
contains "its definition has the limits" "<corral:pids>200</corral:pids>" "$written"
must "it starts" virsh start web
both "running" web 200 "$written"
contains "virsh metadata finds them" "<pids>200</pids>" "$(virsh metadata web --uri $uri)"

must "libvirtd starts anew" daemon_restart
both "after a restart" web 200 "$written"

check "it is saved" virsh save web $image
contains "the image has the limits" "<corral:pids>200</corral:pids>" "$(virsh save-image-dumpxml $image)"
must "and restored" virsh restore $image
both "restored" web 200 "$written"
same "the definition is what it was" "$written" "$(metadata web --inactive)"

# ---- while it runs ----

check "other limits are written" virsh metadata web --uri $uri --key c --set '<limits><pids>300</pids></limits>' --live
contains "they are shown" "<c:pids>300</c:pids>" "$(metadata web)"
same "the definition still has the old ones" "$written" "$(metadata web --inactive)"
contains "the quota is where it was" "<quota>40000</quota>" "$(cputune web)"
same "libvirt has one of each" "1 1" "$(kept web)"
must "libvirtd starts anew" daemon_restart
contains "they are still shown" "<c:pids>300</c:pids>" "$(metadata web)"
same "and nothing of ours" "" "$(virsh dumpxml web | grep -i 'held')"

refuse "those that make no sense are not taken" "<pids>: 'many' is no number" \
    virsh metadata web --uri $uri --key c --set '<limits><pids>many</pids></limits>' --live
refuse "nor is what corral keeps" "is for what corral keeps" \
    virsh metadata web --uri ${uri/domain/held} --remove --live
refuse "a key that libvirt could never read again is not taken" "of 50000 bytes: XML has no such name" \
    virsh metadata web --uri urn:x --key "$(printf 'x%.0s' {1..50000})" --set '<a/>' --live
contains "what was there is still there" "<c:pids>300</c:pids>" "$(metadata web)"

check "they are taken away" virsh metadata web --uri $uri --remove --live
same "nothing is left to show" "" "$(virsh dumpxml web | grep -i -e corral -e held)"
same "ours stays" "1 0" "$(kept web)"
contains "with the quota" "<quota>40000</quota>" "$(cputune web)"

check "the guest stops" virsh destroy web
must "it starts again" virsh start web
both "as defined" web 200 "$written"
check "and stops" virsh destroy web

# ---- nobody has it without ----

must "a guest with limits alone" create_guest alone --partition $partition --top "$limits"
same "libvirt has nothing of ours" "0 1" "$(kept alone)"
same "its limits" "$written" "$(metadata alone)"
check "it stops" virsh destroy alone
same "no group is left" "" "$(guest_groups)"
finish
