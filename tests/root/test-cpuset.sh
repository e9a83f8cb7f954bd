#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where a guest's threads may run, and from which nodes they have memory: as its
# description says, from the start, and after the daemon has been away.

. "$(dirname "$0")/functions.sh"
in_lab v1
(($(nproc) >= 2)) || skip "this takes two CPUs"

# cpuset_of GUEST CHILD: its CPUs and nodes
cpuset_of()
{
    echo "$(group_file cpuset /machine "$1" "$2/cpuset.cpus") $(group_file cpuset /machine "$1" "$2/cpuset.mems")"
}

# affinity_of GUEST THREAD: where the kernel lets the thread run
affinity_of()
{
    local task

    for task in /proc/"$(guest_pid "$1")"/task/*; do
        [[ $(cat "$task/comm") == "$2"* ]] && awk '/^Cpus_allowed_list/ { print $2 }' "$task/status"
    done
}

all=$(cat "$(controller_mount cpuset)/cpuset.cpus")
nodes=$(cat "$(controller_mount cpuset)/cpuset.mems")
pins="<vcpupin vcpu='1' cpuset='1'/><emulatorpin cpuset='0'/><iothreadpin iothread='2' cpuset='1'/>"

must "libvirtd starts" daemon_start
must "a guest with pins" define_guest pinned --vcpus 3 --iothreads 2 --cputune "$pins"
must "a guest without" define_guest free --vcpus 1 --iothreads 1

# More than once: what is pinned when depends on who is faster.
for i in 1 2 3; do
    must "it starts" virsh start pinned
    same "the emulator has its pin" "0 $nodes" "$(cpuset_of pinned emulator)"
    same "a vCPU without a pin has all" "$all $nodes" "$(cpuset_of pinned vcpu0)"
    same "a vCPU has its pin" "1 $nodes" "$(cpuset_of pinned vcpu1)"
    same "an iothread without a pin has all" "$all $nodes" "$(cpuset_of pinned iothread1)"
    same "an iothread has its pin" "1 $nodes" "$(cpuset_of pinned iothread2)"
    same "the vCPU runs there" 1 "$(affinity_of pinned "CPU 1/")"
    same "the emulator runs there" 0 "$(affinity_of pinned qemu-system | sort -u)"
    check "every thread is in its place" guest_in_place pinned /machine 3
    ((i < 3)) && virsh destroy pinned > /dev/null
done
same "memory follows its nodes" 1 "$(group_file cpuset /machine pinned vcpu1/cpuset.memory_migrate)"

must "the other guest starts" virsh start free
same "who is not pinned runs everywhere" "$all $nodes" "$(cpuset_of free emulator)"

# A daemon that was killed in the middle of a start or a hot-plug left it open.
dir=$(group_dir cpuset /machine pinned)
daemon_kill9
echo "$all" > "$dir/emulator/cpuset.cpus"
for hierarchy in $own_hierarchies; do
    setfattr -n trusted.corral.emulator -v "0;$nodes" "$(group_dir $hierarchy /machine pinned)"
done
echo 0 > "$dir/vcpu0/cpuset.cpus"
must "libvirtd starts again" daemon_start
emulator_closed()
{
    [[ $(cpuset_of pinned emulator) == "0 $nodes" ]]
}
check "the emulator is closed again" wait_for $patience emulator_closed
same "what is in force stays" "0 $nodes" "$(cpuset_of pinned vcpu0)"
check "every thread is in its place" guest_in_place pinned /machine 3

# <vcpu cpuset> is for all that have no pin; a set that is not there is refused.
make_guest general --vcpus 2 --cputune "<vcpupin vcpu='0' cpuset='1'/>" \
    --top "<numatune><memory mode='restrictive' nodeset='0'/></numatune>" |
    sed "s/<vcpu placement='static'>/<vcpu placement='static' cpuset='0'>/" > /run/corral-lab/general.xml
must "a guest with a cpuset" virsh create /run/corral-lab/general.xml
same "it is the emulator's" "0 0" "$(cpuset_of general emulator)"
same "a pin counts more" "1 0" "$(cpuset_of general vcpu0)"
same "it is the other vCPU's" "0 0" "$(cpuset_of general vcpu1)"
virsh destroy general > /dev/null

# Where the host chooses, libvirt asks numad; the group has its answer when the guest runs.
mkdir -p /run/corral-lab/over/upper /run/corral-lab/over/work
must "a directory for numad" mount -t overlay corral-lab /usr/bin \
    -o lowerdir=/usr/bin,upperdir=/run/corral-lab/over/upper,workdir=/run/corral-lab/over/work
cat > /usr/bin/numad <<'END'
#!/bin/sh
echo 0
END
chmod +x /usr/bin/numad
advice()
{
    getfattr --only-values -n trusted.corral.advice "$(group_dir cpuset /machine "$1")" 2>/dev/null
}

for mode in strict restrictive preferred; do
    must "$mode: the host chooses" create_guest advised --vcpus 2 --max-vcpus 3 \
        --top "<numatune><memory mode='$mode' placement='auto'/></numatune>"
    same "$mode: what it chose is known" "$([[ $mode == preferred ]] || echo 0)" "$(advice advised)"
    check "$mode: every thread is in its place" guest_in_place advised /machine 2
    check "$mode: a vCPU comes" virsh setvcpus advised 3 --live
    same "$mode: with its nodes" 0 "$(group_file cpuset /machine advised vcpu2/cpuset.mems)"
    must "$mode: it ends" virsh destroy advised
done

# A vCPU that libvirt plugs in at the start, for which the emulator is opened once more.
plugged="<vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/>
<vcpu id='1' enabled='yes' hotpluggable='yes'/></vcpus>"
must "a guest with a vCPU to be plugged in" create_guest plugged --vcpus 2 --max-vcpus 2 \
    --cputune "<emulatorpin cpuset='1'/>" \
    --top "$plugged<numatune><memory mode='restrictive' nodeset='0'/></numatune>"
check "every thread is in its place" guest_in_place plugged /machine 2
same "the emulator is narrow" "1 0" "$(cpuset_of plugged emulator)"
must "it ends" virsh destroy plugged

must "a guest with a CPU that is not there" define_guest nowhere \
    --cputune "<vcpupin vcpu='0' cpuset='0,4000'/>"
refuse "it does not start" "CPU 4000" virsh start nowhere
same "and leaves nothing behind" "" "$(groups_of 'nowhere.*')"

finish
