#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral balloon asks a real daemon: the guests that run, in order, with what the daemon's
# statistics say of them; and what users write below <metadata> shows there at once, while the
# guest runs.  What it makes of the rest is looked at by tests/cli/test-balloon.sh.

. "$(dirname "$0")/functions.sh"
in_lab v1

# field NAME FIELD: what domstats says
field()
{
    virsh domstats --balloon "$1" | sed -n "s/^  $2=//p"
}

# of NAME KEY: a value of its JSON
of()
{
    corral balloon --json "$1" | sed -n "s/^ *\"$2\" : \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p"
}

# is NAME KEY PATTERN: of its JSON
is()
{
    local got=$(of "$1" "$2")

    [[ $got =~ ^($3)$ ]] || { echo "$2 is $got"; return 1; }
}

# say XML: for the guest "asked"
say()
{
    virsh metadata asked --uri $uri --key corral --live --set "<limits>$1</limits>"
}

# goal_is MEMORY MARGIN: in MiB; the goal of the guest "asked" is the sum of these and QEMU's own, to
# whole MiB upwards
goal_is()
{
    local overhead=$(of asked overhead_bytes)
    local goal=$(of asked goal_bytes)
    local rest=$((goal - ($1 + $2) * mib - overhead))

    ((overhead > 0 && rest >= 0 && rest < mib)) || { echo "goal $goal, QEMU's own $overhead"; return 1; }
}

# held BYTES|none: what the kernel and the command say of the guest "asked"
held()
{
    local limit=$(group_file memory /machine asked memory.limit_in_bytes)
    local told=$(of asked limit_bytes)

    if [[ $1 == none ]]; then
        [[ $told == null && $limit -gt $((1 << 50)) ]] || { echo "$told, $limit"; return 1; }
    else
        [[ $told == "$limit" && $limit -ge $1 ]] || { echo "$told, $limit, not $1"; return 1; }
    fi
}

# nobody COMMAND...: as somebody who is not root
nobody()
{
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

mib=$((1024 * 1024))

must "libvirtd starts" daemon_start
same "no guest runs" "There are no guests." "$(corral balloon)"

make_guest web2 --memory 48 | sed '/memballoon/s/none/virtio/' > /run/corral-lab/web2.xml
must "a guest with a balloon" virsh create /run/corral-lab/web2.xml
must "one without" create_guest web10 --memory 32 --uuid 4dea22b3-1d52-d8f3-2516-782e98ab3fa0
check "and one that does not run" define_guest off

same "those that run, in order" "web2 web10" \
    "$(corral balloon | awk 'NR > 1 { printf "%s%s", sep, $1; sep = " " }')"
same "web2: what it may have" $((48 * 1024 * 1024)) "$(of web2 most_bytes)"
same "web2: what it has" "$(($(field web2 balloon.current) * 1024))" "$(of web2 actual_bytes)"
same "web2: it is asked for nothing" null "$(of web2 state)"
same "web2: it is not held" null "$(of web2 limit_bytes)"
used=$(of web2 usage_bytes)
check "web2: memory is in use" test "$used" -gt $((1024 * 1024))
same "web10: what it may have" $((32 * 1024 * 1024)) "$(of web10 most_bytes)"
same "web10: by its UUID" web10: "$(corral balloon 4dea22b3-1d52-d8f3-2516-782e98ab3fa0 | head -n 1)"
contains "in words" "state +asked for nothing" "$(corral balloon web10)"
refuse "one that does not run" "no guest 'off' runs" corral balloon off

same "nobody is told the same names" "$(corral balloon --json | grep '"uuid"')" \
    "$(nobody corral balloon --json | grep '"uuid"')"
same "another URI of the same daemon" "$(corral balloon --json | grep '"uuid"')" \
    "$(corral balloon --connect qemu+unix:///system --json | grep '"uuid"')"
refuse "containers" "lxc:///system has containers, which have no balloon" \
    corral balloon --connect lxc:///system

check "a guest ends" virsh destroy web2
same "the other is left" 1 "$(corral balloon --json | grep -c '"name"')"
check "it ends, too" virsh destroy web10

# ---- what its owner says ----
#
# A guest without a driver gives nothing back; so little of its memory has been touched that
# none has to be taken, and that it cannot come to harm.

limits="<corral:balloon enforce='yes' grace='3600'><corral:margin unit='MiB'>40</corral:margin></corral:balloon>"
make_guest asked --memory 256 --top "<metadata><corral:limits xmlns:corral='$uri'>$limits</corral:limits></metadata>" |
    sed '/memballoon/s/none/virtio/' > /run/corral-lab/asked.xml
must "a guest whose owner wants it kept to its balloon" virsh create --validate /run/corral-lab/asked.xml
same "it is asked for nothing yet" null "$(of asked state)"
check "it is asked to get by with less" virsh setmem asked 128M --live
check "it is given its time" wait_for $patience is asked state waiting
same "with what" $((128 * mib)) "$(of asked target_bytes)"
check "the goal is that, QEMU's own and the margin" goal_is 128 40
check "nothing holds it" held none
check "its time is over: its owner says so" say '<balloon enforce="yes" grace="0"><margin unit="MiB">48</margin></balloon>'
check "it is held, or as far as swap lets it" wait_for $patience is asked state 'enforced|unreachable'
check "the goal has the new margin" goal_is 128 48
check "the kernel holds it" held $((176 * mib))
must "libvirtd starts anew" daemon_restart
check "it is held as it was" wait_for $patience is asked state 'enforced|unreachable'
check "by the kernel, too" held $((176 * mib))
check "never below that: its owner says so" \
    say '<balloon enforce="yes" grace="0"><margin>0</margin><floor unit="MiB">192</floor></balloon>'
check "the goal is the floor and QEMU's own" wait_for $patience goal_is 192 0
check "the limit is not below it" wait_for $patience held $((192 * mib))
check "it is to be let alone" say '<balloon enforce="no"/>'
check "and is" wait_for $patience is asked state null
check "nothing holds it any more" held none
check "once more" say '<balloon enforce="yes" grace="0"/>'
check "it is held" wait_for $patience is asked state 'enforced|unreachable'
check "its owner says nothing any more" virsh metadata asked --uri $uri --remove --live
check "then, on these hosts, it is let alone" wait_for $patience is asked state null
check "nothing holds it" held none
check "it ends" virsh destroy asked
same "no group is left" "" "$(guest_groups)"

check "the daemon ends" daemon_stop
refuse "nobody answers" "^corral: qemu:///system does not answer: " corral balloon
finish
