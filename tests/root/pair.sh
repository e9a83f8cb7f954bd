# SPDX-License-Identifier: LGPL-2.1-or-later
#
# pair.sh - what the tests of two hosts have in common
#
# Each host is a laboratory.  They share a directory: there are the sockets of their
# daemons, and what one asks the other to do.  A test that includes this runs in both:
# it does its checks where "here" is, and on the other side only serves: what the other
# side is to know must be defined before begin_pair.

# pair MODE HERE THERE: two laboratories with these options; how the checks in one ended
pair()
{
    local code other

    echo "# $(basename "$0"), mode $1, from '${2:-corral}' to '${3:-corral}'"
    if [[ $1 == hybrid ]] && ! grep -q ' - cgroup2 ' /proc/self/mountinfo; then
        echo "SKIP  this machine has no cgroup2 mount"
        return 77
    fi
    MIGRATE_SHARED=$(mktemp -d /tmp/corral-migrate.XXXXXX) || return 1
    export MIGRATE_SHARED MIGRATE_HERE=${2:-corral} MIGRATE_THERE=${3:-corral}
    chmod 755 "$MIGRATE_SHARED"
    MIGRATE_SIDE=there "${laboratory[@]}" "$1" ${3:-} -- "$self" > "$MIGRATE_SHARED/there.log" 2>&1 &
    other=$!
    MIGRATE_SIDE=here "${laboratory[@]}" "$1" ${2:-} -- "$self"
    code=$?
    touch "$MIGRATE_SHARED/end"
    wait $other
    ((code == 0)) || sed 's/^/      there: /' "$MIGRATE_SHARED/there.log"
    rm -rf "$MIGRATE_SHARED"
    return $code
}

# run_pairs PAIR...: each is what pair() takes, in quotes; does not return, but in a laboratory
run_pairs()
{
    local status=77
    local what

    [[ ${LAB_MODE:-} ]] && return
    need_root
    need_stage
    for what; do
        eval "pair $what"
        case $? in
        0) ((status == 77)) && status=0 ;;
        77) ;;
        *) status=1 ;;
        esac
    done
    exit $status
}

self=$(realpath "$0")
shared=${MIGRATE_SHARED:-}

# settle_in SIDE: starts the daemon, where the other side finds its socket
settle_in()
{
    local uuid=11111111-2222-4333-8444-555555555555

    [[ $1 == there ]] && uuid=99999999-2222-4333-8444-555555555555
    echo "host_uuid = \"$uuid\"" >> /etc/libvirt/libvirtd.conf
    mkdir -p "$shared/$1" /run/libvirt
    mount --bind "$shared/$1" /run/libvirt
    daemon_start && touch "$shared/$1.ready"
}

# there COMMAND: the other host runs it
there()
{
    local n=$(($(find "$shared" -maxdepth 1 -name '*.do' | wc -l) + 1))

    echo "$*" > "$shared/new"
    mv "$shared/new" "$shared/$n.do"
    wait_for 60 test -e "$shared/$n.done" || return 1
    cat "$shared/$n.out"
    return "$(cat "$shared/$n.done")"
}

here()
{
    eval "$*"
}

uri_of()
{
    echo "qemu+unix:///system?socket=$shared/$1/libvirt-sock"
}

# begin_pair: both daemons run; on the other side it serves, until the checks have ended
begin_pair()
{
    local turn=1

    if [[ $MIGRATE_SIDE == there ]]; then
        settle_in there || exit 1
        while wait_for 300 test -e "$shared/$turn.do" -o -e "$shared/end"; do
            [[ -e $shared/$turn.do ]] || exit 0
            eval "$(cat "$shared/$turn.do")" > "$shared/$turn.out" 2>&1
            echo $? > "$shared/$turn.code"
            mv "$shared/$turn.code" "$shared/$turn.done"
            turn=$((turn + 1))
        done
        exit 1
    fi

    must "libvirtd starts here" settle_in here
    must "and there" wait_for 60 test -e "$shared/there.ready"
}

# migrate FROM OPTION...: to the other one
migrate()
{
    local from=$1
    local to=here

    shift
    [[ $from == here ]] && to=there
    $from "virsh migrate --live $* --desturi '$(uri_of $to)'"
}
