#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The machine itself: no test that runs in it may pass unless it was run to its end.

. "$(dirname "$0")/functions.sh"

need_machine
# What is told by its place belongs to these machines.
export TMPDIR=$scratch

# payload NAME: with standard input as its ./run
payload()
{
    mkdir -p "$scratch/$1" && cat > "$scratch/$1/run" && chmod 755 "$scratch/$1/run"
}

# machine NAME ARGUMENT...: in the background
machine()
{
    local name=$1

    shift
    "$vm_dir/machine" run "$@" "$scratch/$name" > "$scratch/$name.out" 2> "$scratch/$name.err" &
}

emulator_runs()
{
    pgrep -f "qemu-system.*file=$scratch/corral-machine" > /dev/null
}

none_left()
{
    ! emulator_runs && ! compgen -G "$scratch/corral-machine.*"
}

payload good << 'END'
#!/bin/bash
echo "out $MACHINE_CGROUPS $MACHINE_GROUP"
echo "err" >&2
seq 20000 | tee out/numbers
grep -q 1000 /etc/passwd
exit 3
END
payload dead << 'END'
#!/bin/bash
echo "so far"
systemctl poweroff --force --force > /dev/null 2>&1
sleep infinity
END
mkdir "$scratch/empty"

# Two at once.
machine good --cgroups v2 --out "$scratch/back"
good=$!
machine dead --cgroups=v1
dead=$!
wait $good
same "the exit status comes back" 3 $?
same "so does the output" "$(echo "out v2 system.slice/corral-agent.service"; echo err; seq 20000)" \
    "$(< "$scratch/good.out")"
same "and what was left in out" "$(seq 20000)" "$(< "$scratch/back/numbers")"
same "there is no more to say" "" "$(< "$scratch/good.err")"
wait $dead
same "a machine that dies has no result" 125 $?
same "but its output was seen" "so far" "$(< "$scratch/dead.out")"
contains "and it is reported" "gone without a result" "$(< "$scratch/dead.err")"

machine empty --cgroups v2
empty=$!
machine good --cgroups v2 --append systemd.unified_cgroup_hierarchy=0
wrong=$!
wait $empty
same "nothing to run is no result" 125 $?
contains "and it is reported" "there is no ./run" "$(< "$scratch/empty.out")"
wait $wrong
same "other cgroups than asked for are no result" 125 $?
contains "and it is reported" "asked for cgroups v2, got hybrid" "$(< "$scratch/good.out")"

machine good --append root=/dev/nothing
wait $!
same "a machine that does not boot has no result" 125 $?
contains "and its console is shown" "Kernel panic" "$(< "$scratch/good.err")"

machine good --timeout 1
wait $!
same "a machine that takes too long is ended" 124 $?
check "and leaves nothing behind" none_left

machine good
good=$!
must "a machine that runs" wait_for $patience emulator_runs
kill -TERM $good
wait $good
same "ends with its script" 143 $?
check "and leaves nothing behind" none_left

machine good
good=$!
must "a machine that runs" wait_for $patience emulator_runs
kill -KILL $good
wait $good 2> /dev/null
check "ends with its script even if that is killed" wait_for $patience eval '! emulator_runs'

finish
