# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hostile.sh - a client that means harm, for the tests of who suffers it
#
# CORRAL_HOSTILE_SECONDS is for how long (10), CORRAL_HOSTILE_SEED is where the
# random numbers begin; a failure is repeated with the seed that it shows.

seconds=${CORRAL_HOSTILE_SECONDS:-10}
seed=${CORRAL_HOSTILE_SEED:-4711}
export CORRAL_HOSTILE_SEED=$seed

# in_lab_with_harm PREPARE: as in_lab v1; before that, what stock libvirt makes of the
# same is told, not judged.  PREPARE makes a daemon and who suffers.
in_lab_with_harm()
{
    local pid

    if [[ ${LAB_KIND:-} == stock ]]; then
        "$1" > /dev/null 2>&1 || exit 1
        pid=$(daemon_pid)
        "$build_dir/tests/root/hostile-client" -s "$seed" "$seconds" 2> /dev/null | tail -n 1
        [[ $(daemon_pid) == "$pid" ]] && echo "lives" || echo "is dead"
        exit 0
    fi
    if [[ ! ${LAB_MODE:-} ]]; then
        need_root
        need_program tests/root/hostile-client
        note "stock libvirt: $("${laboratory[@]}" v1 --stock -- "$(realpath "$0")" 2>&1 | tr '\n' ' ')"
    fi
    in_lab v1
}

# hostile NAME PID OPTION...: the daemon PID survives it
hostile()
{
    local status

    "$build_dir/tests/root/hostile-client" "${@:3}" -s "$seed" "$seconds" > /run/corral-lab/hostile 2>&1
    status=$?
    [[ ${CORRAL_HOSTILE_SECONDS:-} ]] && cat /run/corral-lab/hostile
    note "seed $seed, calls made: $(tail -n 1 /run/corral-lab/hostile)"
    same "$1: the client ends well" 0 $status
    ((status)) && tail -n 3 /run/corral-lab/hostile
    same "$1: it is the same daemon" "$2" "$(daemon_pid)"
}
