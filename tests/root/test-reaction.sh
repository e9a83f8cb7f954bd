#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is done for a guest that is out of memory, or waits for it, and the hook that is told.

. "$(dirname "$(realpath "$0")")/functions.sh"
. "$test_dir/containers.sh"
. "$test_dir/balloon.sh"
. "$test_dir/policy.sh"
need_containers
in_lab v1 hybrid

hook=/etc/libvirt/hooks/corral
calls=/run/corral-lab/calls
mib=$((1 << 20))

# reactions XML: of <limits>, for --top
reactions()
{
    echo "<metadata><corral:limits xmlns:corral='$uri'>$1</corral:limits></metadata>"
}

# say NAME XML: from now on, of one that runs
say()
{
    virsh metadata "$1" --uri $uri --key corral --live --set "<limits>$2</limits>"
}

# lines PATTERN: how many the daemon's log has
lines()
{
    lab_log | grep -cE "$1"
}

# told NUMBER PATTERN: the log has so many lines, or comes to
told()
{
    local number=$1

    wait_for $patience has_lines "$number" "$2" || { lab_log | tail -n 20; return 1; }
}

has_lines()
{
    (($(lines "$2") == $1))
}

# nobody_of SESSION
nobody_of()
{
    ! pgrep -s "$1"
}

# watched NAME: somebody hears when its group is out of memory
watched()
{
    find "/proc/$(daemon_pid)/fd" -lname "*$(container_group "$1")*" | grep -q .
}

unwatched()
{
    ! watched "$1"
}

hog="echo 1000 > /proc/self/oom_score_adj; exec busybox tail /dev/zero"

# want_memory NAME: without an end; who would say what became of that may be paused by then
want_memory()
{
    tell_inside "$1" "$hog"
}

# all_want_memory NAME: so many that some wait for it still when something is done
all_want_memory()
{
    tell_inside "$1" "for i in 1 2 3 4 5 6 7 8 9; do busybox sh -c '$hog' & done; wait"
}

# nobody_wants NAME: of a paused one; whoever is left is killed, which takes effect when it goes on
nobody_wants()
{
    local pid

    for pid in $(cat "$(controller_mount memory)$(container_group "$1")/cgroup.procs"); do
        grep -qa /dev/zero "/proc/$pid/cmdline" && kill -KILL "$pid"
    done
    return 0
}

# stays_running NAME: for longer than there is between one reaction and the next
stays_running()
{
    local until=$((SECONDS + 3))

    while ((SECONDS < until)); do
        [[ $(virsh domstate "$1") == running ]] || { echo "it is $(virsh domstate "$1")"; return 1; }
        sleep 0.2
    done
}

# goes_on NAME: resumed, and it says what became of that
goes_on()
{
    virsh resume "$1" && wait_for $patience test -e "$(container_root "$1")/said"
}

# out_of_memory NAME: once, and whoever wanted it is killed, and nobody else
out_of_memory()
{
    local said

    said=$(inside "$1" "$hog")
    (($? == 137)) || { echo "he is not killed, but says: $said"; return 1; }
}

limit_is()
{
    (($(container_has "$1" hard_limit) == $2 * mib)) || { container_has "$1" hard_limit; return 1; }
}

# write_hook COMMANDS: what it does besides leaving its arguments and the guest's XML
write_hook()
{
    mkdir -p "${hook%/*}"
    cat > $hook.new <<END
#!/bin/sh
$1
END
    chmod 755 $hook.new && mv $hook.new $hook
}

hook_calls()
{
    cat $calls 2> /dev/null | wc -l
}

was_called()
{
    (($(hook_calls) >= $1))
}

must "libvirtd starts" daemon_start

# ---- without a word said ----

must "a container" create_container web
must "has begun" wait_for $patience started_times web 1
must "has no swap to turn to" never_swaps "$(controller_mount memory)$(container_group web)"
check "is watched" wait_for $patience watched web
check "is out of memory" out_of_memory web
check "that is in the log, with its limit" told 1 \
    "guest 'web' is out of memory, and the kernel has killed a process of it; its limit is 64 MiB"
check "its limit stays" limit_is web 64
check "it goes on" inside web "echo here"

# So often that most of it is not told.
is_counted()
{
    out_of_memory web && (($(lines "guest 'web' is out of memory.*[(]and (once|[1-9][0-9]* times) more") > 0))
}
check "what was left out is counted" wait_for $patience is_counted
few=$(lines "guest 'web' is out of memory")
check "and few lines are written" test "$few" -le 5

# ---- the hook ----

write_hook "cat > $calls.xml; echo \"\$@ \$LC_ALL \$(ls /proc/self/fd | wc -l)\" >> $calls"
check "other reactions are written" say web "<on_oom action='raise'><step unit='MiB'>48</step><most unit='MiB'>144</most></on_oom>"
check "who is out of memory" out_of_memory web
check "has its limit raised" wait_for $patience limit_is web 112
same "as memtune shows" $((112 * 1024)) "$(virsh memtune web | sed -n 's/^hard_limit *: //p')"
check "that is told" told 1 "guest 'web' is out of memory.*; its limit is 64 MiB, raised to 112 MiB"
check "what needs no more than that can be had" inside web "dd if=/dev/zero of=/dev/null bs=80M count=1"
check "the hook is called" wait_for $patience was_called 1
same "as libvirt calls its own" "web oom-kill raised $(container_group web | sed 's,^/,,') C 4" "$(cat $calls)"
contains "with the guest's XML" "<hard_limit unit='KiB'>114688</hard_limit>" "$(cat $calls.xml)"

check "who is out of memory again" out_of_memory web
check "has it raised as far as was allowed" wait_for $patience limit_is web 144
check "and once more" out_of_memory web
check "there is no more" told 1 "guest 'web' is out of memory.*; its limit is 144 MiB; nothing is done: it has the most it may have"
check "and the limit stays" limit_is web 144
check "the hook is told that, too" wait_for $patience grep -q "^web oom-kill logged" $calls

write_hook "echo \"\$@\" >> $calls.failed; echo 'no such pager' >&2; exit 1"
check "a hook that fails" out_of_memory web
check "is named in the log" told 1 "hook '$hook' for guest 'web', oom-kill: exit status 1: no such pager"

# A script that does not read what it is given, leaves a child, and hangs.
write_hook "echo \$\$ > $calls.pid; sleep 1000 & sleep 1000"
check "the guest is to pause" say web "<on_oom action='pause'/>"
check "a hook that hangs" want_memory web
check "does not keep the guest from being paused" wait_for $patience guest_state web paused
check "nor the daemon from answering" virsh schedinfo web
check "it has begun" wait_for $patience test -s $calls.pid
hung=$(cat $calls.pid)
check "and is ended" wait_for $patience daemon_gone "$hung"
check "which is told" told 1 "hook '$hook' for guest 'web', oom-kill: not done in 10 s, so it was killed"
check "with what it has started" wait_for $patience nobody_of "$hung"

check "its user lets it go on" goes_on web
check "and it does" inside web "echo here"
check "that it was paused is told" told 1 "guest 'web' is out of memory.*; its limit is 144 MiB; it is paused"

chmod 644 $hook
check "a hook that may not be executed" want_memory web
check "is named" told 1 "hook '$hook' is not called: it is not executable"
check "and what is to be done is done" wait_for $patience guest_state web paused
check "it goes on" goes_on web

# ---- nothing, and pressure ----

before=$(lines "guest 'web' is out of memory")
check "nothing is to be done" say web "<on_oom action='ignore'/>"
check "and nobody watches" wait_for $patience unwatched web
out_of_memory web
check "the other is watched for" say web "<on_oom action='ignore'/><on_pressure action='pause' some_ms='50'/>"
check "who is watched" want_memory web
check "a guest that waits for memory is paused" wait_for $patience guest_state web paused
check "which is told" told 1 "guest 'web' waits for memory; its limit is 144 MiB; it is paused"
same "and nothing of what is ignored" "$before" "$(lines "guest 'web' is out of memory")"
check "it goes on" goes_on web
check "many want memory" all_want_memory web
check "and it is paused" wait_for $patience guest_state web paused
check "they want nothing any more" nobody_wants web
check "it goes on" goes_on web
check "and is not paused again for what it was paused for" stays_running web
refuse "what makes no sense is not taken" "<on_oom>, attribute action: 'raise' is nothing without a <most>" \
    say web "<on_oom action='raise'/>"

# ---- what the operator says ----

check "the guest says nothing" say web ""
same "the operator says it for all" "in force" "$(reload_policy "<on_oom action='pause'/>")"
check "a guest that wants memory" want_memory web
check "is paused" wait_for $patience guest_state web paused
check "it goes on" goes_on web
same "all are to be let be" "in force" "$(reload_policy "<on_oom action='ignore'/>")"
check "and nobody watches" wait_for $patience unwatched web
same "but not those of one partition" "in force" "$(reload_policy \
    "<partition name='/machine'><on_oom action='log'/></partition><on_oom action='ignore'/>")"
check "and somebody watches" wait_for $patience watched web
check "the guest has the last word" say web "<on_oom action='ignore'/>"
check "and nobody watches" wait_for $patience unwatched web
same "the operator says nothing any more" "in force" "$(reload_policy "")"

# ---- the daemon is killed ----

check "what was set stays" say web "<on_oom action='raise'><most unit='MiB'>160</most></on_oom>"
check "libvirtd is killed" daemon_kill9
out_of_memory web
must "and starts" daemon_start
check "the guest is watched again" out_of_memory web
check "as was said" wait_for $patience limit_is web 160

check "it ends" virsh destroy web
same "that is not taken for a kill" 0 "$(lines "guest 'web' has ended")"

# ---- QEMU ----

rm -f $hook $calls
write_hook "cat > $calls.xml; echo \"\$@\" >> $calls"
export LIBVIRT_DEFAULT_URI=qemu:///system
linux_dir=$(mktemp -d) && chmod 711 "$linux_dir"
hog_disk "$linux_dir/db.disk" 200
must "a guest" define_guest db --memory 256 --devices "$(hog_xml db)"
must "has begun" virsh start db --paused
must "has no swap either" never_swaps "$(memory_dir db)"
must "has a limit" virsh memtune db --live --hard-limit $((96 << 10))
check "and wants more" virsh resume db
check "is killed, which is told by name and limit" told 1 \
    "guest 'db' has ended: the kernel has killed its QEMU for want of memory; its limit is 96 MiB"
check "the hook is called" wait_for $patience grep -q "^db oom-kill ended machine/db.qemu.libvirt" $calls
contains "with its XML" "<name>db</name>" "$(cat $calls.xml)"
check "its group goes" wait_for $patience no_guest_groups
rm -rf "$linux_dir"
finish
