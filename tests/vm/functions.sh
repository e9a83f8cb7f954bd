# SPDX-License-Identifier: LGPL-2.1-or-later
#
# functions.sh - what the tests in the virtual machine are written with
#
# On top of the functions of the laboratory's tests: check and its kin, finish.
# What a machine has to say appears in the test's output as it comes.

vm_dir=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$vm_dir/../root/functions.sh"

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# need_machine: makes the image, if need be
need_machine()
{
    local log=$scratch/image.log

    "$vm_dir/machine" image 2>&1 | tee "$log"
    case ${PIPESTATUS[0]} in
    0) ;;
    77) skip "$(sed -n 's/^image: //p' "$log")" ;;
    *) fail "the image of the machine can be made"; finish ;;
    esac
    type -P qemu-system-x86_64 > /dev/null || skip "qemu-system-x86_64 is not installed"
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

# run_programs LAYOUT: each of $CORRAL_VM_PROGRAMS in one machine with cgroups of
# this LAYOUT, and a check for each
run_programs()
{
    local layout=$1
    local payload=$scratch/payload
    local out=$scratch/out
    local program file status number=0 skipped=0

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

    "$vm_dir/machine" run --cgroups "$layout" --timeout $((120 + 400 * number)) \
        --out "$out" "$payload"
    same "the machine ran to its end" 0 $?

    for program in $CORRAL_VM_PROGRAMS; do
        status=$(sed -n "s/^${program##*/} //p" "$out/results" 2> /dev/null)
        case $status in
        0) pass "$program, cgroups $layout" ;;
        77) note "$program, cgroups $layout: skipped"; skipped=$((skipped + 1)) ;;
        *) fail "$program, cgroups $layout" "exit status ${status:-unknown: it was not run}" ;;
        esac
    done
    # As in test-group.sh: if none can run here, so is all of this.
    ((skipped < number)) || skip "none of the programs can run on cgroups $layout"
    finish
}
