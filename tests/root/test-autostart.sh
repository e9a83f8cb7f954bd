#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests that are marked start when the machine has booted, once, in their
# groups, whatever becomes of the daemon meanwhile.

. "$(dirname "$0")/functions.sh"
in_lab v1 hybrid

partition=/production/web
tune="<shares>2048</shares><period>50000</period><quota>25000</quota>"
state=/run/libvirt/qemu
stamp=$state/autostarted
turns=$state/corral-autostart

# boot: all that does not outlive the machine goes
boot()
{
    daemon_stop
    rm -rf /run/libvirt
    mkdir /run/libvirt
}

# power_cut: the same, for guests that run
power_cut()
{
    local guest

    for guest in $(virsh list --name); do
        virsh destroy "$guest" > /dev/null
    done
    boot
}

running()
{
    virsh list --name | sort | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}

# started_at NAME: when, in ticks
started_at()
{
    awk '{ print $22 }' "/proc/$(guest_pid "$1")/stat"
}

tuned()
{
    check "$1: $2 is in its group" guest_in_place "$2" $partition 2
    same "$1: $2 has its shares" 2048 "$(group_file cpu $partition "$2" cpu.shares)"
    same "$1: $2 has its ceiling" 25000 "$(group_file cpu $partition "$2" vcpu1/cpu.cfs_quota_us)"
}

must "libvirtd starts" daemon_start
for guest in a1 a2 saved; do
    define_guest $guest --vcpus 2 --partition $partition --cputune "$tune" > /dev/null
    check "mark $guest" virsh autostart $guest
done
define_guest unmarked --vcpus 2 --partition $partition > /dev/null
define_guest broken --partition $partition --devices "$(disk_xml /nonexistent)" > /dev/null
check "mark one that cannot start" virsh autostart broken
must "start the one to be saved" virsh start saved
check "change its tuning" virsh schedinfo saved --set vcpu_quota=12000
check "save it" virsh managedsave saved

must "the first boot" power_cut
must "libvirtd starts" daemon_start
same "those that can and are marked run" "a1 a2 saved" "$(running)"
tuned "after boot" a1
tuned "after boot" a2
check "after boot: the saved one is in its group" guest_in_place saved $partition 2
check "after boot: its image is used up" test ! -e /var/lib/libvirt/qemu/save/saved.save
contains "the log says what failed" "broken.*nonexistent" "$(lab_log)"
check "stock's stamp is there" test -e $stamp
check "ours is gone" test ! -e $turns
contains "the definition is untouched" "<quota>25000</quota>" "$(cputune a1 --inactive)"
check "and the guest persistent" grep -q 'Persistent: *yes' <(virsh dominfo a1)

check "one is stopped" virsh destroy a1
must "libvirtd starts again" daemon_restart
same "nobody is started twice" "a2 saved" "$(running)"
must "libvirtd is killed" daemon_kill9
must "libvirtd starts again" daemon_start
same "not then, either" "a2 saved" "$(running)"

# The daemon is killed while it starts the second guest.
must "another boot" power_cut
mkdir -p /etc/libvirt/hooks
cat > /etc/libvirt/hooks/qemu <<'END'
#!/bin/sh
[ "$2" = prepare ] || exit 0
echo "$1" >> /run/corral-lab/turns
[ "$(wc -l < /run/corral-lab/turns)" -eq 2 ] || exit 0
kill -9 "$(cat /run/corral-lab/libvirtd.pid)"
END
chmod +x /etc/libvirt/hooks/qemu
refuse "libvirtd is killed in between" . daemon_start
first=$(head -n 1 /run/corral-lab/turns)
second=$(tail -n 1 /run/corral-lab/turns)
check "our stamp is still there" test -e $turns
check "so is stock's" test -e $stamp
# The first one ends meanwhile, and is not to come back.
pid=$(guest_pid "$first") && kill -9 "$pid"
must "libvirtd starts again" daemon_start
expected=$(printf '%s\n' a1 a2 saved | grep -vx -e "$first" -e "$second" | tr '\n' ' ')
same "the others had their turn" "${expected% }" "$(running)"
for guest in $expected; do
    check "$guest is in its group" guest_in_place "$guest" $partition 2
done
check "our stamp is gone" test ! -e $turns
check "no groups are left of those two" wait_for $patience test ! -e "$(group_dir cpu $partition "$first")"
rm /etc/libvirt/hooks/qemu

# Killed before there was stock's stamp.
must "another boot" power_cut
mkdir -p $state
touch $turns
must "libvirtd starts" daemon_start
same "all are started" "a1 a2 saved" "$(running)"

# The setting for images that are not to fill the cache.
check "save one" virsh managedsave saved
virsh start --bypass-cache saved > /dev/null 2>&1 && works=1
virsh destroy saved > /dev/null 2>&1
[[ -e /var/lib/libvirt/qemu/save/saved.save ]] || { virsh start saved; virsh managedsave saved; } > /dev/null
echo 'auto_start_bypass_cache = 1' >> /etc/libvirt/qemu.conf
must "another boot" power_cut
must "libvirtd starts" daemon_start
same "bypassing the cache is tried" "a1 a2${works:+ saved}" "$(running)"
sed -i '/auto_start_bypass_cache/d' /etc/libvirt/qemu.conf

# For one boot only, and not all at once.
if libvirt_since 11.2.0; then
    virsh managedsave-remove saved > /dev/null 2>&1
    virsh autostart --disable saved > /dev/null
    virsh autostart --disable a2 > /dev/null
    check "mark one for one boot" virsh autostart --once a2
    echo 'auto_start_delay = 1500' >> /etc/libvirt/qemu.conf
    must "another boot" power_cut
    must "libvirtd starts" daemon_start
    same "both are started" "a1 a2" "$(running)"
    tuned "for one boot" a2
    apart=$(($(started_at a1) - $(started_at a2)))
    check "one after the other" test ${apart#-} -ge $(($(getconf CLK_TCK) * 3 / 2))
    sed -i '/auto_start_delay/d' /etc/libvirt/qemu.conf
    must "another boot" power_cut
    must "libvirtd starts" daemon_start
    same "the mark was for one boot" "a1" "$(running)"
    for guest in a2 saved; do
        virsh autostart $guest > /dev/null
    done
fi

# When corral steps aside it is stock's again.
virsh managedsave-remove saved > /dev/null
virsh autostart --disable broken > /dev/null
for guest in a1 a2 saved; do
    virsh destroy $guest > /dev/null 2>&1
    make_guest $guest --uuid "$(virsh domuuid $guest | head -n 1)" > /run/corral-lab/plain.xml
    virsh define /run/corral-lab/plain.xml > /dev/null
done
must "another boot" power_cut
sed -i '/^cgroup_controllers/d' /etc/libvirt/qemu.conf
must "libvirtd starts without corral" daemon_start
contains "corral has stepped aside" "lets libvirt manage cgroups" "$(lab_log)"
same "stock starts them" "a1 a2 saved" "$(running)"
check "ours is not there" test ! -e $turns
for guest in a1 a2 saved; do
    virsh destroy $guest > /dev/null
done

finish
