# SPDX-License-Identifier: LGPL-2.1-or-later
#
# functions.sh - what the tests in the virtual machine are written with
#
# On top of the functions of the laboratory's tests: check and its kin, finish.
# What a machine has to say appears in the test's output as it comes.

vm_dir=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# A test that is ended from outside leaves none behind.
machine=(setpriv --pdeathsig TERM "$vm_dir/machine")
. "$vm_dir/../root/functions.sh"

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# need_machine [OPTION]...: makes the image, if need be
need_machine()
{
    local log=$scratch/image.log

    "$vm_dir/machine" image "$@" 2>&1 | tee "$log"
    case ${PIPESTATUS[0]} in
    0) ;;
    77) skip "$(sed -n 's/^image: //p' "$log")" ;;
    *) fail "the image of the machine can be made"; finish ;;
    esac
    type -P qemu-system-x86_64 > /dev/null || skip "qemu-system-x86_64 is not installed"
}

# need_driver MAJOR: one in the stage for such a libvirt, which is not this host's
need_driver()
{
    need_stage
    find "$CORRAL_STAGE" -path "*/corral/$1.*/driver.so" | grep -q . ||
        skip "there is no driver for libvirt $1 in this build: configure --with-also-libvirt=trixie"
}

# real_program NAME: the file of a program or script of the build or source tree.
# Libtool has put a script before the programs that link what is not installed.
real_program()
{
    local dir=$build_dir/${1%/*}
    local file

    for file in "$dir/.libs/${1##*/}" "$dir/${1##*/}" "$source_dir/$1"; do
        if [[ -f $file && -x $file ]]; then
            echo "$file"
            return
        fi
    done
    return 1
}

# pack_corral PAYLOAD: what is installed in the stage, the data of the tests, and
# the documents that are tests
pack_corral()
{
    mkdir -p "$1/tests" &&
        cp -a "$CORRAL_STAGE" "$1/stage" &&
        cp -a "$source_dir/tests/data" "$1/tests/" &&
        cp -a "$source_dir/docs" "$1/"
}

# run_machine OPTION... PAYLOAD: what takes two minutes, no part of it more than one.  An
# emulated machine may stand still and not say why: once more, if there was no result.
run_machine()
{
    local status

    "${machine[@]}" run "$@"
    status=$?
    ((status == 124)) || return $status
    note "the machine was not through in time: once more"
    "${machine[@]}" run "$@"
}

# tell_failed OUT NAME...: once more, and last, what those that failed have said: an output
# that is cut is cut in the middle
tell_failed()
{
    local out=$1
    local name

    shift
    for name; do
        echo "# $name failed:"
        "$source_dir/build-aux/excerpt" "$out/$name.log" | sed 's/^/      | /'
    done
}

# run_programs LAYOUT: each of $CORRAL_VM_PROGRAMS in one machine with cgroups of
# this LAYOUT, and a check for each
run_programs()
{
    local layout=$1
    local payload=$scratch/payload
    local out=$scratch/out
    local program file status number=0 skipped=0
    local failed=()

    need_stage
    need_machine
    pack_corral "$payload" && mkdir "$payload/programs" || exit 1
    cp "$vm_dir/run-programs" "$payload/run" || exit 1
    for program in $CORRAL_VM_PROGRAMS; do
        file=$(real_program "$program")
        must "$program is built" test "$file"
        cp "$file" "$payload/programs/" || exit 1
        number=$((number + 1))
    done

    must "there is something to run" test "$number" -gt 0

    # Some move a group from one processor to another.
    run_machine --cgroups "$layout" --cpus 2 --timeout 600 --out "$out" "$payload"
    same "the machine ran to its end" 0 $?

    for program in $CORRAL_VM_PROGRAMS; do
        status=$(sed -n "s/^${program##*/} //p" "$out/results" 2> /dev/null)
        case $status in
        0) pass "$program, cgroups $layout" ;;
        77) note "$program, cgroups $layout: skipped"; skipped=$((skipped + 1)) ;;
        *)
            fail "$program, cgroups $layout" "exit status ${status:-unknown: it was not run}"
            failed+=("${program##*/}")
            ;;
        esac
    done
    tell_failed "$out" "${failed[@]}"
    # As in test-group.sh: if none can run here, so is all of this.
    ((skipped < number)) || skip "none of the programs can run on cgroups $layout"
    finish
}

# check_results OUT WHERE TEST...: a check for each, of what the machine has left in OUT; those
# that failed and have a log there are heard once more
check_results()
{
    local out=$1
    local where=$2
    local failed=()
    local test status

    shift 2
    for test; do
        status=$(sed -n "s/^${test##*/} //p" "$out/results" 2> /dev/null)
        same "$test, $where" 0 "${status:-unknown: it was not run}"
        [[ $status == 0 || ! -e $out/${test##*/}.log ]] || failed+=("${test##*/}")
    done
    tell_failed "$out" "${failed[@]}"
}

# run_labs LAYOUT [OPTION VALUE]... -- TEST...: each of the laboratory's tests in one machine with
# cgroups of this LAYOUT, in a laboratory there, and a check for each.  OPTIONs are the machine's.
run_labs()
{
    local layout=$1
    local payload=$scratch/payload
    local out=$scratch/out
    local options=()

    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    need_stage
    need_machine
    pack_corral "$payload" && cp -a "$source_dir/tests/root" "$payload/tests/" &&
        cp "$vm_dir/run-labs" "$payload/run" || exit 1
    printf '%s\n' "$@" > "$payload/labs"

    "${machine[@]}" run --cgroups "$layout" "${options[@]}" --timeout 1400 --out "$out" "$payload"
    same "the machine ran to its end" 0 $?

    check_results "$out" "cgroups $layout" "$@"
    finish
}

# run_hosts [OPTION VALUE]... -- TEST...: each of the scripts host-*.sh on a host with systemd, one
# after the other, and a check for each.  OPTIONs are the machine's; cgroups are v2's.  And:
#
#   --with FILE PLACE   FILE is there, too, as PLACE of the payload
#   --keep DIRECTORY    where to leave what they have put into the payload's directory "out"
run_hosts()
{
    local payload=$scratch/payload
    local out=$scratch/out
    local options=()
    local release=()
    local with=()
    local i

    while [[ $1 != -- ]]; do
        case $1 in
        --with) with+=("$2" "$3"); shift ;;
        --keep) out=$2 ;;
        --release) release=("$1" "$2"); options+=("$1" "$2") ;;
        *) options+=("$1" "$2") ;;
        esac
        shift 2
    done
    shift
    need_stage
    need_machine "${release[@]}"
    pack_corral "$payload" && cp -a "$source_dir"/tests/{root,vm} "$payload/tests/" &&
        cp "$vm_dir/run-hosts" "$payload/run" || exit 1
    for ((i = 0; i < ${#with[@]}; i += 2)); do
        cp -a "${with[i]}" "$payload/${with[i + 1]}" || exit 1
    done
    printf 'tests/vm/%s\n' "$@" > "$payload/hosts"

    "${machine[@]}" run "${options[@]}" --timeout 1400 --out "$out" "$payload"
    same "the machine ran to its end" 0 $?

    check_results "$out" "${release[1]:-this release}" "$@"
    finish
}
