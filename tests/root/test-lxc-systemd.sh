#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container with a systemd of its own, which makes groups below the container's.  Its
# root is the machine's, with something writable on top.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
need_containers
type -P systemctl > /dev/null || skip "systemd is not installed"
in_lab v2

container=/run/corral-lab/systemd

# make_machine_root: of this machine, without the laboratory's mounts and without
# what this machine was started for
make_machine_root()
{
    local dir=$container

    mkdir -p "$dir"/{lower,layer,root} && mount -t tmpfs corral-lab "$dir/layer" &&
        mkdir -p "$dir/layer"/{upper,work} && mount --bind / "$dir/lower" &&
        mount -t overlay -o "lowerdir=$dir/lower,upperdir=$dir/layer/upper,workdir=$dir/layer/work" \
            corral-lab "$dir/root" || return 1
    rm -f "$dir/root/etc/systemd/system/multi-user.target.wants/"* "$dir/root/etc/fstab" &&
        echo -n > "$dir/root/etc/machine-id"
}

define_machine()
{
    cat > "$container/web.xml" <<END
<domain type='lxc'>
  <name>web</name>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <cputune><shares>700</shares></cputune>
  <resource><partition>/production</partition></resource>
  <os><type>exe</type><init>/sbin/init</init></os>
  <devices>
    <filesystem type='mount'><source dir='$container/root'/><target dir='/'/></filesystem>
    <console type='pty'/>
  </devices>
</domain>
END
    virsh define "$container/web.xml"
}

# run_inside COMMAND...: next to its systemd, by its namespaces
run_inside()
{
    timeout 60 virsh lxc-enter-namespace web --noseclabel -- "$@"
}

is_up()
{
    run_inside /bin/systemctl is-system-running | grep -E '^(running|degraded)'
}

# groups_below: those that its systemd has made
groups_below()
{
    find "$(controller_mount memory)$(container_group web)" -mindepth 1 -type d -printf '%P\n'
}

in_force()
{
    [[ $(container_file memory web memory.max) == $((256 << 20)) ]] &&
        virsh schedinfo web | grep -E 'cpu_shares *: 700'
}

must "libvirtd starts" daemon_start
must "a root is made" make_machine_root
must "the container is defined" define_machine
must "it starts" virsh start web
check "its systemd comes up" wait_for 120 is_up
contains "it has groups of its own" 'system.slice/systemd-journald.service' "$(groups_below)"
check "limits are in force" in_force

check "it is suspended" virsh suspend web
check "and resumed" virsh resume web
check "the daemon is killed" daemon_kill9
check "and started" daemon_start
check "it runs on" wait_for $patience is_up
check "limits are in force" in_force
check "they can be changed" virsh schedinfo web --set cpu_shares=800
check "and are, while systemd works" run_inside /bin/systemctl daemon-reload
contains "they stay" 'cpu_shares *: 800' "$(virsh schedinfo web)"
check "they are changed back" virsh schedinfo web --live --set cpu_shares=700

first=$(virsh domid web)
run_inside /bin/systemctl reboot > /dev/null 2>&1
check "it starts anew" wait_for 60 eval '[[ $(virsh domid web) != $first && $(virsh domid web) != - ]]'
check "its systemd comes up" wait_for 120 is_up
check "limits are in force" in_force

run_inside /bin/systemctl poweroff > /dev/null 2>&1
check "it powers off" wait_for 60 guest_state web "shut off"
check "nothing is left" wait_for $patience no_container_groups

finish
