#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral status, on what libvirtd may have left and may be doing.

. "$(dirname "$0")/functions.sh"

implementation=/usr/lib/corral/9.0.0/driver.so

# write_status LINE...: what libvirtd left
write_status()
{
    write_status_of qemu "$@"
}

# write_status_of DRIVER LINE...
write_status_of()
{
    local driver=$1

    shift
    mkdir -p "$root/run/libvirt/corral"
    printf '%s\n' "$@" > "$root/run/libvirt/corral/$driver.status"
}

# run_process PID FILE...: a process that has these files mapped
run_process()
{
    local pid=$1
    local file

    mkdir -p "$root/proc/$pid"
    shift
    for file in "$@"; do
        echo "7f0000000000-7f0000001000 r-xp 00000000 fe:01 4711                     $file"
    done > "$root/proc/$pid/maps"
}

# says NAME STATUS [PATTERN]...: what status says and exits with
says()
{
    local name=$1
    local expected=$2
    local output pattern

    shift 2
    output=$("$corral" status --root "$root" 2>&1)
    same "$name: exit status" "$expected" $?
    for pattern in "$@"; do
        contains "$name: $pattern" "$pattern" "$output"
    done
    "$corral" status --json --root "$root" > "$scratch/json" 2>&1
    same "$name: exit status with --json" "$expected" $?
}

# json_has NAME PATTERN: what the last JSON had; white space does not count
json_has()
{
    contains "$1" "$2" "$(tr -d ' \n' < "$scratch/json")"
}

stacked=(state=stacked reason= libvirt=9.0.0 corral=0.1.0 "implementation=$implementation"
    stock=/usr/lib/stock/libvirt_driver_qemu.so pid=4711)

make_machine never
says "never loaded" 3 'running +no: no libvirtd has loaded it'
json_has "never loaded: JSON" '"name":"qemu","running":false'

make_machine running
write_status "${stacked[@]}"
run_process 4711 /usr/sbin/libvirtd "$implementation" /usr/lib/libc.so.6
says "running" 0 'running +yes, in process 4711' 'state +stacked' 'corral +0\.1\.0' \
    'libvirt +9\.0\.0' "driver +$implementation" 'stacked over +/usr/lib/stock/libvirt_driver_qemu.so'
json_documented status "$scratch/json"
json_has "running: JSON" '"running":true,"state":"stacked","corral":"0.1.0","libvirt":"9.0.0"'
json_has "running: JSON has the rest" \
    '"implementation":"[^"]*","stock":"[^"]*","pid":4711'
same "running: no reason, so none is shown" "" "$("$corral" status --root "$root" | grep reason)"

# More than one driver.

says "the driver of containers, which nobody has loaded" 0 'lxc:.*running +no: no libvirtd'
json_has "it is told of" '"name":"lxc","running":false'
write_status_of lxc "${stacked[@]/qemu.so/lxc.so}"
says "both are running" 0 'qemu:.*running +yes.*lxc:.*running +yes, in process 4711'
json_documented status "$scratch/json"
json_has "both are told of" '"name":"qemu","running":true.*"name":"lxc","running":true'
write_status_of lxc state=aside reason=because libvirt=9.0.0 corral=0.1.0 implementation= \
    stock=/usr/lib/stock/libvirt_driver_lxc.so pid=4711
says "one stepped aside" 3 'lxc:.*running +no: corral stepped aside'
write_status_of lxc ""
says "of one that cannot be told" 4 'lxc:.*running +unknown'
rm "$root/run/libvirt/corral/lxc.status" "$root$stock_dir/libvirt_driver_lxc.so"
says "the driver of containers is not installed" 0 'running +yes'
same "nothing is said of it" "" "$("$corral" status --root "$root" | grep lxc:)"
make_machine containers
write_status_of lxc "${stacked[@]/qemu.so/lxc.so}"
run_process 4711 /usr/sbin/virtlxcd "$implementation"
says "only that of containers" 0 'qemu:.*running +no: no libvirtd.*lxc:.*running +yes'

make_machine replaced
write_status "${stacked[@]}"
run_process 4711 /usr/sbin/libvirtd "$implementation (deleted)"
says "the file was replaced" 0 'running +yes.*restart libvirtd'

make_machine ended
write_status "${stacked[@]}"
mkdir "$root/proc"
says "the process has ended" 3 'running +no: process 4711 has ended'

make_machine another
write_status "${stacked[@]}"
run_process 4711 /usr/bin/vi "/home/someone$implementation"
says "the process id is another's" 3 'running +no: process 4711 is another one'

make_machine aside
write_status state=aside "reason=qemu.conf gives cgroups to libvirt; a=b" libvirt=11.3.0 \
    corral=0.1.0 implementation= stock=/usr/lib/stock/libvirt_driver_qemu.so pid=4711
run_process 4711 /usr/sbin/libvirtd
says "stepped aside" 3 'running +no: corral stepped aside' 'state +aside' \
    'reason +qemu.conf gives cgroups to libvirt; a=b' 'libvirt +11\.3\.0'
json_documented status "$scratch/json"
json_has "stepped aside: JSON" '"state":"aside","reason":"qemu.confgivescgroupstolibvirt;a=b"'

for broken in '' 'garbage' 'state=' 'state=upside-down' 'pid=4711' \
    $'state=stacked\npid=-1\nimplementation=/x' $'state=stacked\npid=1e3\nimplementation=/x' \
    $'state=stacked\npid=99999999999999999999\nimplementation=/x' $'state=stacked\npid=4711' \
    $'state=stacked\nimplementation=/x'; do
    make_machine broken
    write_status "$broken"
    run_process 4711 /usr/sbin/libvirtd
    says "a status file with '${broken//$'\n'/ }'" 4 'running +unknown: '
    json_has "a status file with '${broken//$'\n'/ }': JSON" '"running":null'
done

make_machine hostile
write_status state=aside $'reason=\e[2J\xff\tno' libvirt=9.0.0
says "control characters" 3 'reason +\\x1b\[2J\\xff\\x09no'
check "control characters: JSON is UTF-8" iconv -f UTF-8 -t UTF-8 "$scratch/json"

make_machine unreadable
mkdir -p "$root/run/libvirt/corral/qemu.status"
says "a status file that cannot be read" 4 'running +unknown: .*qemu\.status'

make_machine no-access
write_status "${stacked[@]}"
mkdir -p "$root/proc/4711/maps"
says "a process that one may not look at" 4 'running +unknown: .*/proc/4711/maps'

# What activate put in place.

make_machine activation
says "not activated" 3 "modules +off +$driver_dir" "libvirtd.service +off" "virtqemud.service +off" "virtlxcd.service +off" \
    "qemu.conf +off +$qemu_conf"
json_has "not activated: JSON" '"name":"qemu.conf","path":"[^"]*","on":false'
activate > /dev/null
before=$(snapshot "$root")
says "activated" 3 "modules +on +$driver_dir" "libvirtd.service +on" "virtqemud.service +on" "virtlxcd.service +on" \
    "qemu.conf +on +$qemu_conf"
json_has "activated: JSON" '"name":"qemu.conf","path":"[^"]*","on":true'
same "asking changes nothing" "$before" "$(snapshot "$root")"
rm "$root$driver_dir/libvirt_driver_lxc.so"
says "a link is missing" 3 "modules +off"
rm "$root$driver_dir/libvirt_driver_qemu.so"
says "corral's module is missing" 3 "modules +off +corral's driver .* is not installed"
rm "$root$qemu_conf"
mkdir "$root$qemu_conf"
says "qemu.conf cannot be read" 3 "qemu.conf +unknown .*$qemu_conf"
json_has "qemu.conf cannot be read: JSON" '"name":"qemu.conf","path":"[^"]*","on":null'

# What became of the policy.

make_machine policy
says "nobody has read a policy" 3 'policy:.*file +/.*/corral\.xml.*state +unknown: no daemon'
same "no state: JSON" "" "$(grep -A3 '"policy"' "$scratch/json" | grep state)"
write_status_of policy file=/etc/libvirt/corral.xml state=none reason=
says "there is none" 3 'policy:.*state +none'
write_status_of policy file=/etc/libvirt/corral.xml "state=in force" reason=
says "one is in force" 3 'policy:.*state +in force'
json_has "in force: JSON" '"policy":\{"file":"[^"]*","state":"inforce"\}'
write_status_of policy file=/etc/libvirt/corral.xml state=refused "reason=line 3: no"
says "one is refused" 3 'policy:.*state +refused: line 3: no'
json_has "refused: JSON" '"state":"refused","reason":"line3:no"'
json_documented status "$scratch/json"

# The host's hierarchies.

make_machine hierarchies
says "no hierarchies" 3 'hierarchies:.*none: '
mkdir -p "$root/proc/self" "$root/cg/cpu"
touch "$root/cg/cpu/cgroup.procs"
echo '30 25 0:26 / /cg/cpu rw,relatime - cgroup cgroup rw,cpu' > "$root/proc/self/mountinfo"
says "a hierarchy" 3 'hierarchies:.*/cg/cpu \(legacy\): cpu'
json_has "a hierarchy: JSON" '"hierarchies":\["/cg/cpu\(legacy\):cpu"\]'

refuse "a root that is not there" "^corral: .*$scratch/nowhere" \
    "$corral" status --root "$scratch/nowhere"

finish
