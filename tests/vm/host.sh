# SPDX-License-Identifier: LGPL-2.1-or-later
#
# host.sh - what the tests are written with that run on a host of systemd's
#
# On top of the functions of the laboratory's tests: check and its kin, make_guest,
# wait_for, finish.  The host is a machine of its own, so nothing has to be put back
# but for the test that comes next.

. "$(dirname "${BASH_SOURCE[0]}")/../root/functions.sh"

# Of the installation: what is in connection-driver/ and, beside it, in VERSION/.
for impl_dir in /usr/{,local/}lib{,64,/*-linux-gnu}/corral; do
    [[ -d $impl_dir/connection-driver ]] && break
done
libvirt_version=$(libvirtd --version | sed 's/.* //')
cgroups=/sys/fs/cgroup
host_log=/var/log/libvirt/host.log

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# host_define NAME [OPTION VALUE]...: of make_guest
host_define()
{
    make_guest "$@" > "$scratch/$1.xml" && virsh define "$scratch/$1.xml"
}

# host_restart: the daemon, as after corral activate
host_restart()
{
    systemctl try-restart libvirtd && host_answers
}

# host_answers: a daemon that has just been started, or is about to be
host_answers()
{
    wait_for 60 virsh uri
}

# host_daemon [ARGUMENTS]: with which libvirtd runs from its next start on; what corral
# tells goes to $host_log
host_daemon()
{
    local dir=/run/systemd/system/libvirtd.service.d

    mkdir -p $dir
    printf '[Service]\nEnvironmentFile=\nEnvironment="LIBVIRTD_ARGS=%s"\n' "${1:-}" > $dir/zz-test.conf
    [[ -e $scratch/libvirtd.conf ]] || cp -a /etc/libvirt/libvirtd.conf "$scratch/libvirtd.conf"
    printf '%s\n' "log_outputs = \"1:file:$host_log\"" 'log_filters = "2:corral 3:*"' \
        > /etc/libvirt/libvirtd.conf
    systemctl daemon-reload
}

# host_has_corral: does libvirtd run with it, for QEMU's guests at least?
host_has_corral()
{
    corral status | sed '1,/^qemu:/d; /^[^ ]/,$d' | grep 'running  *yes'
}

# host_leave: as it was before the test, but for the guests
host_leave()
{
    rm -f /run/systemd/system/libvirtd.service.d/zz-test.conf
    [[ ! -e $scratch/libvirtd.conf ]] || cp -a "$scratch/libvirtd.conf" /etc/libvirt/
    corral deactivate > /dev/null
    systemctl stop libvirtd 2> /dev/null
}

# host_remove NAME...: guests, running or not
host_remove()
{
    local name

    for name; do
        virsh destroy "$name"
        virsh undefine "$name"
    done > /dev/null 2>&1
}

state()
{
    local said

    said=$(virsh domstate "$1") && echo "${said%%$'\n'*}"
}

# shares NAME: as virsh tells them
shares()
{
    [[ $(virsh schedinfo "$1") =~ cpu_shares\ *:\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# guest_scope NAME: the directory of the unit in which the guest's process is
guest_scope()
{
    local group

    group=$(where_is "$(guest_pid "$1")" unified)
    [[ $group == *.scope* ]] && echo "$cgroups${group%.scope*}.scope"
}

# value NAME FILE: of the guest's scope
value()
{
    text "$(guest_scope "$1")/$2"
}

# text FILE: what is in it
text()
{
    local text

    text=$(< "$1") && { [[ ! $text ]] || echo "$text"; }
}

# places NAME: of its vCPUs' threads, below its scope
places()
{
    local task comm group

    for task in "/proc/$(guest_pid "$1")"/task/*; do
        read -r comm < "$task/comm"
        [[ $comm =~ ^CPU\ ([0-9]+) ]] || continue
        group=$(where_is "${task##*/}" unified)
        echo "CPU${BASH_REMATCH[1]} ${group##*.scope/}"
    done | sort
}

no_scope()
{
    ! find $cgroups -name "*-qemu*x2d$1.scope" | grep -q .
}

# host_without_machined: as where it is not installed
host_without_machined()
{
    systemctl stop systemd-machined
    systemctl mask systemd-machined > /dev/null 2>&1
    mv /usr/share/dbus-1/system-services/org.freedesktop.machine1.service "$scratch/"
    systemctl reload dbus
    systemctl restart libvirtd
}

host_with_machined()
{
    mv "$scratch/org.freedesktop.machine1.service" /usr/share/dbus-1/system-services/
    systemctl unmask systemd-machined > /dev/null 2>&1
    systemctl reload dbus
}
