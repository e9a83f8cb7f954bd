#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# With access rules every call that corral answers is allowed and refused to a
# user exactly as stock libvirt does: the same calls with the same rights, in a
# laboratory of each kind, by a real polkitd.  And neither a read-only connection
# nor a forged name is a way around.

. "$(dirname "$0")/functions.sh"

dbus_daemon=/usr/bin/dbus-daemon
polkitd=$(compgen -G '/usr/lib*/polkit-1/polkitd' | head -n 1)

self=$(realpath "$0")
if [[ ! ${LAB_MODE:-} ]]; then
    need_root
    need_stage
    [[ -x $dbus_daemon && $polkitd ]] || skip "dbus-daemon or polkitd is not installed"
    getent passwd polkitd messagebus nobody > /dev/null || skip "a user of theirs is missing"
    ACCESS_RESULTS=$(mktemp -d /tmp/corral-access.XXXXXX) || exit 1
    export ACCESS_RESULTS
    "${laboratory[@]}" v1 --stock -- "$self" > "$ACCESS_RESULTS/log" 2>&1 ||
        { cat "$ACCESS_RESULTS/log"; rm -rf "$ACCESS_RESULTS"; exit 1; }
    "${laboratory[@]}" v1 -- "$self"
    code=$?
    rm -rf "$ACCESS_RESULTS"
    exit $code
fi

need_program tests/root/call-forged
need_program tests/root/call-api

rights=/run/corral-lab/rights # ACTION GUEST, one a line
permissions="getattr read write read_secure start stop reset save delete migrate checkpoint snapshot
suspend hibernate core_dump init_control block_read block_write mem_read fs_freeze"
connects="getattr read write search_domains"

# ---- a bus and an authority of our own -----------------------------------------

write_actions()
{
    local action

    cat <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/PolicyKit/1.0/policyconfig.dtd">
<policyconfig>
END
    for action in $(printf 'domain.%s ' $permissions) $(printf 'connect.%s ' $connects); do
        cat <<END
<action id="org.libvirt.api.${action//_/-}"><description>$action</description><message>$action</message>
<defaults><allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>no</allow_active></defaults></action>
END
    done
    echo '</policyconfig>'
}

start_authority()
{
    overlay_dir /usr/share/polkit-1/actions
    write_actions > /usr/share/polkit-1/actions/org.libvirt.api.policy
    mkdir -p /etc/polkit-1/rules.d
    rm -f /etc/polkit-1/rules.d/*
    cat > /etc/polkit-1/rules.d/00-corral.rules <<END
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt.api.") != 0 || subject.user != "nobody")
        return polkit.Result.NOT_HANDLED;
    if (action.id.indexOf("org.libvirt.api.connect.") == 0)
        return polkit.Result.YES;
    try {
        polkit.spawn(["/usr/bin/grep", "-qxF", action.id + " " + action.lookup("domain_name"), "$rights"]);
        return polkit.Result.YES;
    } catch (error) {
        return polkit.Result.NO;
    }
});
END
    chmod -R a+rX /etc/polkit-1 /usr/share/polkit-1
    mkdir -p /run/dbus
    $dbus_daemon --system --fork --nopidfile --address=unix:path=/run/dbus/system_bus_socket || return 1
    "$polkitd" --no-debug > /run/corral-lab/polkitd.log 2>&1 &
    wait_for $patience dbus-send --system --print-reply --dest=org.freedesktop.PolicyKit1 \
        /org/freedesktop/PolicyKit1/Authority org.freedesktop.DBus.Peer.Ping
}

overlay_dir()
{
    mkdir -p /run/corral-lab/over/upper /run/corral-lab/over/work
    mount -t overlay -o "lowerdir=$1,upperdir=/run/corral-lab/over/upper,workdir=/run/corral-lab/over/work" \
        corral-lab "$1"
}

# grant GUEST PERMISSION...: these, and no others
grant()
{
    local guest=$1
    local permission

    shift
    for permission in "$@"; do
        echo "org.libvirt.api.domain.${permission//_/-} $guest"
    done > $rights.new
    chmod a+r $rights.new
    mv $rights.new $rights
}

as_nobody()
{
    HOME=/tmp XDG_CACHE_HOME=/tmp XDG_CONFIG_HOME=/tmp XDG_RUNTIME_DIR=/tmp \
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

chmod a+x /run/corral-lab
for program in call-forged call-api; do
    cp "$build_dir/tests/root/.libs/$program" /run/corral-lab/$program 2> /dev/null ||
        cp "$build_dir/tests/root/$program" /run/corral-lab/$program
    chmod a+rx /run/corral-lab/$program
done
call_api=/run/corral-lab/call-api
sed -i '/^unix_sock_rw_perms/d' /etc/libvirt/libvirtd.conf
cat >> /etc/libvirt/libvirtd.conf <<END
access_drivers = [ "polkit" ]
unix_sock_rw_perms = "0777"
END
must "an authority" start_authority
must "libvirtd starts" daemon_start

# ---- the calls ------------------------------------------------------------------

tune="<shares>1000</shares>"
state=off

# prepare: the guest is as it was
prepare()
{
    if [[ $(virsh domstate g1 | head -n 1) != "$state" ]]; then
        [[ $state == off ]] && virsh destroy g1
        rm -f /var/lib/libvirt/qemu/save/g1.save
        virsh managedsave-remove g1
        [[ $state == running ]] && virsh start g1
    fi > /dev/null 2>&1
}

# call [-r] COMMAND...: by nobody, through virsh; but virsh saves in a thread of its own while
# it asks how that goes on, and whichever fails later is the reason it tells.  So guests are
# saved by call-api.
call()
{
    local read_only=()
    local text

    [[ $1 == -r ]] && { read_only=(-r); shift; }
    case $1 in
    save) text=$(as_nobody $call_api "${read_only[@]}" "$2" save - "$3" 2>&1) ;;
    managedsave) text=$(as_nobody $call_api "${read_only[@]}" "$2" managed-save 0 2>&1) ;;
    *) as_nobody virsh "${read_only[@]}" "$@" 2>&1; return ;;
    esac
    echo "$text"
    [[ $text == "result 0" ]]
}

# outcome COMMAND...: what becomes of it
outcome()
{
    local text

    if text=$(call "$@"); then
        echo allowed
    elif [[ $text == *"access denied"* || $text == *"denied access"* ]]; then
        echo refused
    else
        echo "error: $(tail -n 1 <<< "$text" | sed 's/.*error: //')"
    fi
}

sets=("" "read" "write" "save" "write save" "read write" "start" "write start" "stop"
    "hibernate" "snapshot" "read read_secure" "$permissions")

# matrix STATE COMMAND...: each set of rights
matrix()
{
    local granted

    state=$1
    shift
    for granted in "${sets[@]}"; do
        prepare
        grant g1 getattr $granted
        [[ $granted == "$permissions" ]] && granted=all
        printf '%s; %s; %s; %s\n' "$state" "$*" "${granted:-none}" "$(outcome "$@")"
    done
}

define_guest g1 --vcpus 2 --cputune "$tune" > /dev/null
make_guest t1 > /run/corral-lab/t1.xml
uuid=$(virsh domuuid g1 | head -n 1)
{
    matrix running schedinfo g1
    matrix running schedinfo g1 --config
    matrix running schedinfo g1 cpu_shares=999
    matrix running schedinfo g1 --live cpu_shares=998
    matrix running schedinfo g1 --config cpu_shares=1000
    matrix running memtune g1
    matrix running memtune g1 --live --soft-limit 1000000
    matrix running blkiotune g1 --config
    matrix running numatune g1
    matrix running vcpupin g1 0 0 --live
    matrix running emulatorpin g1 0 --live
    matrix running cpu-stats g1 --total
    matrix running dumpxml g1
    matrix running dumpxml g1 --security-info
    matrix running managedsave g1
    matrix running save g1 /run/corral-lab/g1.save
    matrix running snapshot-create-as g1 s1 --disk-only --print-xml
    matrix running destroy g1
    matrix 'shut off' start g1
    matrix 'shut off' start g1 --paused
    matrix 'shut off' schedinfo g1
    matrix 'shut off' schedinfo g1 cpu_shares=1000
} > "$ACCESS_RESULTS/matrix-$LAB_KIND" 2>&1

# A client that may do everything to "mine", and nothing but see "g1".
state=running
prepare
grant mine $permissions
as_nobody /run/corral-lab/call-forged "$uuid" mine > "$ACCESS_RESULTS/forged-$LAB_KIND" 2>&1

# Read-only connections, whoever it is.
grant g1 $permissions
for command in "schedinfo g1" "schedinfo g1 cpu_shares=5" "memtune g1" "memtune g1 --soft-limit 5000" \
    "dumpxml g1" "dumpxml g1 --security-info" "managedsave g1" "save g1 /x" "destroy g1" "start g1" \
    "restore /x" "save-image-dumpxml /x" "managedsave-dumpxml g1" "snapshot-create g1"; do
    printf '%s; %s\n' "$command" "$(call -r $command > /run/corral-lab/out && echo allowed ||
        tail -n 1 /run/corral-lab/out)"
done > "$ACCESS_RESULTS/readonly-$LAB_KIND" 2>&1

# ---- the comparison --------------------------------------------------------------

check "the guest runs still" guest_state g1 running
virsh destroy g1 > /dev/null
if [[ $LAB_KIND == corral ]]; then
    for what in matrix forged readonly; do
        check "$what: something was asked" test -s "$ACCESS_RESULTS/$what-corral"
        same "$what: as with stock" "$(cat "$ACCESS_RESULTS/$what-stock")" \
            "$(cat "$ACCESS_RESULTS/$what-corral")"
    done
    check "some calls are allowed" grep -q 'allowed$' "$ACCESS_RESULTS/matrix-corral"
    check "some calls are refused" grep -q 'refused$' "$ACCESS_RESULTS/matrix-corral"
    for what in save managedsave; do
        check "$what: who may, can" grep -q "^running; $what .*; all; allowed\$" \
            "$ACCESS_RESULTS/matrix-corral"
        check "$what: who may not, cannot" grep -q "^running; $what .*; none; refused\$" \
            "$ACCESS_RESULTS/matrix-corral"
    done
    same "no forged call comes through" "" "$(grep -v ' 88$' "$ACCESS_RESULTS/forged-corral")"
fi

finish
