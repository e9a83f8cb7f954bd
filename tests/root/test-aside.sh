#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whatever is wrong with corral, libvirtd starts, guests start, and one line says
# why corral is not there.

. "$(dirname "$0")/functions.sh"
in_lab v1

shim=$LIBVIRT_DRIVER_DIR/libvirt_driver_qemu.so
version=$(libvirtd --version | sed 's/.* //')
implementation=${LIBVIRT_DRIVER_DIR%/*}/$version/driver.so
status=/run/libvirt/corral/qemu.status
kept=/run/corral-lab/kept
mkdir $kept

# A damaged file takes its place by rename: nobody writes into a mapped file.
replace()
{
    mv -f "$1" "$2"
}

keep()
{
    cp -p "$1" $kept/
}

put_back()
{
    cp -p "$kept/${1##*/}" "$1.new" && replace "$1.new" "$1"
}

# begin: forget what was said so far, start libvirtd
begin()
{
    : > $daemon_errors
    : > $daemon_log
    daemon_start
}

# said: what corral said
said()
{
    lab_log | grep -o 'corral: .*'
}

# aside DESCRIPTION PATTERN [GROUPS]: libvirtd and a guest run without corral, and
# the reason is given; GROUPS is how many groups the guest has then
aside()
{
    local reason

    if check "$1: libvirtd starts" begin; then
        same "$1: one line tells why" 1 "$(said | grep -vc 'the lxc driver')"
        contains "$1: the line" "$2" "$(said)"
        contains "$1: the status" 'state=aside' "$(cat $status)"
        reason=$(sed -n 's/^reason=//p' $status)
        contains "$1: the reason in the status" . "$reason"
        check "$1: a guest starts" virsh start g1
        same "$1: the guest's groups" "${3:-0}" "$(guest_groups | grep -c .)"
        check "$1: the guest stops" virsh destroy g1
        check "$1: libvirtd ends" daemon_stop
    fi
}

stacked()
{
    if check "$1: libvirtd starts" begin; then
        same "$1: no complaint" "" "$(said | grep -v -i stacked)"
        contains "$1: the status" 'state=stacked' "$(cat $status)"
        check "$1: a guest starts" virsh start g1
        check "$1: in its group" guest_in_place g1 /machine 1
        check "$1: the guest stops" virsh destroy g1
    fi
}

must "the implementation is there" test -s "$implementation"
check "the shim needs neither libvirt nor GLib" \
    test -z "$(objdump -p "$shim" | grep -E 'NEEDED.*(virt|glib|corral)')"
keep "$implementation"
size=$(stat -c %s "$implementation")

begin
define_guest g1 > /dev/null
daemon_stop
stacked "as installed"
must "libvirtd ends" daemon_stop

rm "$implementation"
aside "no implementation" "$version"

mv "${implementation%/*}" "${implementation%/*}.x"
aside "no directory for this version" "$version"
mkdir "${implementation%/*}"
aside "an empty directory for this version" "$version"
rmdir "${implementation%/*}"
mv "${implementation%/*}.x" "${implementation%/*}"

for length in 0 1 63 64 4096 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 4096)) $((size - 1)); do
    head -c $length $kept/driver.so > "$implementation.new"
    replace "$implementation.new" "$implementation"
    aside "truncated to $length bytes" 'driver.so'
done

head -c "$size" /dev/urandom > "$implementation.new"
replace "$implementation.new" "$implementation"
aside "random bytes" 'driver.so'

mkdir "$implementation.dir" && rm -f "$implementation" && mv "$implementation.dir" "$implementation"
aside "a directory" 'driver.so'
rmdir "$implementation"

cp "$(find /usr/lib -name 'libz.so.1*' -type f -print -quit)" "$implementation"
aside "some other library" 'another version of corral'
rm -f "$implementation"

# implement ABI LIBVIRT FUNCTION: an implementation whose stack() is FUNCTION
implement()
{
    cc -shared -fPIC -fno-builtin -I "$source_dir/src/driver" -o "$implementation" -x c - <<END
#include "drv-implementation.h"
extern int $3(const char *, CorralRegisterFunc, int *, char *, size_t);
const CorralImplementation corral_driver = { $1, $2, "0.0", $3 };
END
}

if type -P cc > /dev/null; then
    number=$(awk -F. '{ print $1 * 1000000 + $2 * 1000 + $3 }' <<< "$version")
    implement CORRAL_IMPLEMENTATION_ABI "$number" virSymbolOfAnotherLibvirt
    aside "an unresolved symbol" 'virSymbolOfAnotherLibvirt'
    implement CORRAL_IMPLEMENTATION_ABI 8010000 abort
    aside "one built for libvirt 8.10.0" '8\.10\.0.*'"$version"
    implement CORRAL_IMPLEMENTATION_ABI+1 "$number" abort
    aside "one for another shim" 'another version of corral'
    rm -f "$implementation"
else
    note "no compiler: not tried with implementations for others"
fi

put_back "$implementation"
ln -s /nonexistent "$implementation.new" && replace "$implementation.new" "$implementation"
aside "a dangling link" 'driver.so'
rm -f "$implementation"
put_back "$implementation"

library=$(ldconfig -p | sed -n 's/.*libcorral\.so\.[0-9]* .*=> //p' | head -n 1)
must "libcorral is there" test -e "$library"
mv "$library" $kept/library
aside "no libcorral" 'libcorral'
mv $kept/library "$library"

# libvirt still manages groups: then it does, and corral does not.
cp -p /etc/libvirt/qemu.conf $kept/qemu.conf
sed -i '/cgroup_controllers/d' /etc/libvirt/qemu.conf
aside "libvirt manages cgroups" 'cgroup_controllers' 7
echo 'cgroup_controllers = [ "cpu" ]' >> /etc/libvirt/qemu.conf
aside "libvirt manages one controller" 'cgroup_controllers' 1
cp -p $kept/qemu.conf /etc/libvirt/qemu.conf

stacked "everything put back"

# A loaded implementation is replaced by rename while the daemon runs.
must "a guest starts" virsh start g1
put_back "$implementation"
check "the daemon goes on with the old one" virsh schedinfo g1 --set cpu_shares=300
must "libvirtd starts again" daemon_restart
contains "and takes the new one" 'state=stacked' "$(cat $status)"
contains "the guest was adopted" 'cpu_shares +: 300' "$(virsh schedinfo g1)"

# Running guests are nobody's concern while corral is aside, and adopted later.
rm "$implementation"
must "libvirtd starts again, without corral" daemon_restart
check "the guest runs on" guest_in_place g1 /machine 1
put_back "$implementation"
must "libvirtd starts again, with corral" daemon_restart
contains "the guest is adopted" 'cpu_shares +: 300' "$(virsh schedinfo g1)"
check "the guest stops" virsh destroy g1
same "no group is left" "" "$(guest_groups)"

finish
