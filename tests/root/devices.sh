# SPDX-License-Identifier: LGPL-2.1-or-later
#
# devices.sh - what the tests of the device list have in common
#
# Loop devices are the machine's: each is given back when the test ends.

loops=()
devices_place=/run/corral-lab/devices

give_back_loops()
{
    local loop

    for loop in "${loops[@]}"; do
        losetup -d "$loop" 2> /dev/null
    done
}
trap give_back_loops EXIT

# make_loop VARIABLE FILE: puts FILE behind a loop device
make_loop()
{
    local loop

    loop=$(losetup --find --show "$2") || return 1
    loops+=("$loop")
    printf -v "$1" %s "$loop"
}

# make_loops VARIABLE...: loop devices of a megabyte of nothing
make_loops()
{
    local name

    mkdir -p "$devices_place"
    for name; do
        truncate -s 1M "$devices_place/$name.img" && make_loop "$name" "$devices_place/$name.img" ||
            skip "no loop device to be had"
    done
}

# devices_dir NAME: the group that has the list
devices_dir()
{
    group_dir devices /machine "$1"
}

# probe NAME NODE r|w|rw: what the kernel says to a process in the guest's group
probe()
{
    local dir

    dir=$(devices_dir "$1") || return 1
    (
        echo 0 > "$dir/cgroup.procs" || exit 1
        case $3 in
        r) exec 5< "$2" ;;
        w) exec 5>> "$2" ;;
        rw) exec 5<> "$2" ;;
        esac
    ) 2>&1 | grep -q 'Operation not permitted' && echo refused || echo allowed
}

# opens NAME NODE r|w|rw, cannot_open NAME NODE r|w|rw
opens()
{
    [[ $(probe "$@") == allowed ]]
}

cannot_open()
{
    [[ $(probe "$@") == refused ]]
}

block_disk()
{
    local format=${3:-raw}

    echo "<disk type='block' device='disk'><driver name='qemu' type='$format'/><source dev='$1'/>" \
        "<target dev='$2' bus='${4:-scsi}'/>${5:-}</disk>"
}
