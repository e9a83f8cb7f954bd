#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A user's own libvirt, and one that a program has in itself: neither is the
# system's, and both are as with stock libvirt, even where they load corral.

. "$(dirname "$0")/functions.sh"
in_lab v1

must "libvirtd starts" daemon_start
home=/run/corral-lab/user
install -d -o 1000 -g 1000 $home $home/{run,config,config/libvirt}
# The laboratory may not be one where a user may ask for more.
echo 'max_core = 0' > $home/config/libvirt/qemu.conf

# as_user COMMAND...: somebody's own libvirt, which finds corral's modules as the system's does
as_user()
{
    setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=$home XDG_RUNTIME_DIR=$home/run \
        XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config \
        LIBVIRT_DEFAULT_URI=qemu:///session "$@"
}

# cpu_group PID: a process's group, where there is one for processor time
cpu_group()
{
    awk -F: '$2 ~ /^cpu(,|$)/ { print $3 }' "/proc/$1/cgroup"
}

# guest_group NAME: of its process
guest_group()
{
    cpu_group "$(pgrep -f "^/usr/bin/qemu-system.*guest=$1" | head -n 1)"
}

# ---- a user's own ----

make_guest mine > $home/mine.xml
check "a user defines a guest of his own" as_user virsh define $home/mine.xml
check "it starts" as_user virsh start mine
same "it runs" running "$(as_user virsh domstate mine | head -n 1)"
same "in the group of whoever started it" "$(cpu_group self)" "$(guest_group mine)"
refuse "it cannot be tuned, as with stock libvirt" "CPU tuning is not available in session mode" \
    as_user virsh schedinfo mine --live --set cpu_shares=100
check "it ends" as_user virsh destroy mine
check "and is gone" as_user virsh undefine mine

# ---- a program's own ----

# The same guest in two programs and in the system's daemon.
uuid=11111111-2222-4333-8444-555555555555
make_guest embedded --uuid $uuid --cputune '<shares>2048</shares>' > $home/embedded.xml

# embed NUMBER: a program with a libvirt, and the guest in it
embed()
{
    mkdir -p $home/embed$1/etc
    printf '%s\n' 'stdio_handler = "file"' 'security_driver = "none"' 'user = "root"' \
        'group = "root"' > $home/embed$1/etc/qemu.conf
    virt-qemu-run --root $home/embed$1 $home/embedded.xml > $home/embed$1.log 2>&1 &
    programs[$1]=$!
}

# embedded NUMBER: the program's guest
embedded()
{
    pgrep -f "^/usr/bin/qemu-system.*guest=embedded.*$home/embed$1/"
}

# shares_of NUMBER: in the kernel
shares_of()
{
    cat "$(controller_mount cpu)$(cpu_group "$(embedded "$1")" | sed 's,/emulator$,,; s,/vcpu.*,,')/cpu.shares"
}

in_group()
{
    [[ $(cpu_group "$(embedded "$1")") =~ ^/machine/qemu-embed-.*\.libvirt-qemu ]]
}

ended()
{
    ! embedded "$1"
}

programs=()
for program in 1 2; do
    embed $program
    check "program $program starts a guest in its own libvirt" wait_for 60 embedded $program ||
        note "$(cat $home/embed$program.log)"
    check "with a group as stock libvirt makes it" wait_for $patience in_group $program
    same "and with what was said of it" 2048 "$(shares_of $program)"
done
differ "they have groups of their own" "$(cpu_group "$(embedded 1)")" \
    "$(cpu_group "$(embedded 2)")"
places="$(cpu_group "$(embedded 1)") $(cpu_group "$(embedded 2)")"

check "the system has the same guest" virsh define $home/embedded.xml
: > $daemon_log
check "its daemon starts again" daemon_restart
same "and takes neither for its own" "shut off" "$(virsh domstate embedded | head -n 1)"
check "it starts its own" virsh start embedded
check "in a third group" guest_in_place embedded /machine 1
check "which is tuned alone" virsh schedinfo embedded --live --set cpu_shares=512
check "its daemon starts once more" daemon_restart
same "each has what it had" "2048 2048 512" \
    "$(shares_of 1) $(shares_of 2) $(group_file cpu /machine embedded cpu.shares)"
same "where it was" "$places" "$(cpu_group "$(embedded 1)") $(cpu_group "$(embedded 2)")"
same "and nobody complains" "" "$(grep 'corral: ' $daemon_log | grep -E ' (warning|error) ')"

kill -INT ${programs[1]}
wait ${programs[1]}
check "one ends with its program" wait_for 20 ended 1
same "the others do not notice" "2048 running" \
    "$(shares_of 2) $(virsh domstate embedded | head -n 1)"
check "the system's ends" virsh destroy embedded
check "and is undefined" virsh undefine embedded
same "the other program's does not notice" 2048 "$(shares_of 2)"
kill -INT ${programs[2]}
wait ${programs[2]}
check "it ends with its program" wait_for 20 ended 2

# ---- the system's ----

check "the system's daemon is alive" daemon_answers
same "and knows neither" "" "$(virsh list --all --name)"
check "and has corral" corral status
check "nothing is left of them all" no_guest_groups
finish
