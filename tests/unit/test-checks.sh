#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Do the checks of the tree refuse what they are there to refuse?  Each is shown a
# sample that is in order and then samples that are not, one fault in each.
set -u

checks=${CORRAL_SRCDIR:-$(dirname "$0")/../..}/build-aux
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
done=0

spdx='/* SPDX-License-Identifier: LGPL-2.1-or-later */'

result() {
    done=$((done + 1))
    if [ "$1" = 0 ]; then
        echo "ok    $2"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n%s\n' "$2" "$output"
    fi
}

# passes COMMAND...
passes() {
    output=$("$@" 2>&1)
    result $? "$(basename "$1") passes what is in order"
}

# refuses TEXT COMMAND...: it must fail, and say TEXT.
refuses() {
    local text=$1 status

    shift
    output=$("$@" 2>&1)
    status=$?
    [ $status = 1 ] && grep -qF -- "$text" <<<"$output"
    result $? "$(basename "$1") refuses: $text"
}

# tree FILE: a fresh tree of two files in order, and FILE made of standard input.
tree() {
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/$(dirname "$1")" "$scratch/tree/src/guest" "$scratch/tree/tests"
    printf '%s\n#pragma once\n#include <glib.h>\n' "$spdx" >"$scratch/tree/src/guest/guest.h"
    printf '%s\n#include <config.h>\n#include "guest.h"\n#include "corral.h"\n' "$spdx" \
        >"$scratch/tree/src/guest/guest.c"
    cat >"$scratch/tree/$1"
}

# c FILE LINE...: such a tree with the C file FILE, which has LINE after the usual ones.
c() {
    { printf '%s\n#include <config.h>\n\n' "$spdx"; printf '%s\n' "${@:2}"; } | tree "$1"
}

# ---- check-includes ------------------------------------------------------------

includes() {
    c "$2" "#include $3"
    refuses "$1" "$checks/check-includes" "$scratch/tree"
}

c src/cli/cli-connect.c '#include <libvirt/libvirt.h>' '#include "guest.h"'
passes "$checks/check-includes" "$scratch/tree"
includes 'belongs to driver, which cli must not include' src/cli/main.c '"drv-stack.h"'
includes 'belongs to cli, which driver must not include' src/driver/drv-life.c '"cli-print.h"'
includes 'belongs to guest, which cgroup must not include' src/cgroup/corral-host.c '"guest.h"'
includes 'belongs to cgroup, which driver must not include' src/driver/drv-life.c '"cg-tree.h"'
includes '"guest-private.h" is private to src/guest' src/cli/main.c '"guest-private.h"'
includes 'libxml2 is not for this file' src/driver/drv-xml.c '<libxml/tree.h>'
includes 'json-glib is not for this file' src/cli/main.c '<json-glib/json-glib.h>'
includes 'libvirt is not for this file' src/cli/main.c '<libvirt/libvirt.h>'
includes "libvirt's private part is not for this file" src/driver/drv-life.c '"datatypes.h"'
includes "libvirt's private part is not for this file" src/driver/drv-life.c '<virerror.h>'
includes 'not a name of ours' src/driver/drv-life.c '"somebody.h"'
printf '%s\n#include <glib.h>\n#include <config.h>\n' "$spdx" | tree src/cli/main.c
refuses '<config.h> must come first' "$checks/check-includes" "$scratch/tree"
printf '%s\n' "$spdx" | tree src/cli/main.c
refuses '<config.h> is missing' "$checks/check-includes" "$scratch/tree"

# ---- check-lists ---------------------------------------------------------------

lists() {
    echo 'int x;' | tree "$1"
    printf 'x = \\\n\tsrc/guest/guest.c \\\n\tsrc/guest/guest.h \\\n\t%s\n' "$2" \
        >"$scratch/tree/src/guest/local.mk"
}

lists src/guest/guest-xml.c src/guest/guest-xml.c
passes "$checks/check-lists" "$scratch/tree"
lists tests/root/test-x.sh src/guest/guest-xml.c
refuses 'tests/root/test-x.sh: in no local.mk' "$checks/check-lists" "$scratch/tree"
lists src/guest/guest-xml.h src/guest/guest-xml.c
refuses 'src/guest/guest-xml.h: in no local.mk' "$checks/check-lists" "$scratch/tree"
lists build-aux/tool src/guest/guest-xml.c
chmod +x "$scratch/tree/build-aux/tool"
refuses 'build-aux/tool: in no local.mk' "$checks/check-lists" "$scratch/tree"

# ---- check-style ---------------------------------------------------------------

style() {
    c "$2" "${@:3}"
    refuses "$1" "$checks/check-style" "$scratch/tree"
}

blank=' '
c src/cli/main.c '/* strcpy() in a comment, "sprintf(" in */' 'const char *text = "atoi(text)";' \
    'if (fd >= 0) strtoll(text, NULL, 10);' '/* T''ODO: wait for the kernel to learn it */'
passes "$checks/check-style" "$scratch/tree"
style 'strcpy() is refused' src/cli/main.c 'strcpy(a, b);'
style 'sprintf() is refused' src/cli/main.c 'sprintf(a, "%d", b);'
style 'strtok() is refused' src/cli/main.c 'strtok(a, b);'
style 'atoi() is refused' src/cli/main.c 'x = atoi(a);'
style 'strtol() is refused' src/cli/main.c 'x = strtol(a, NULL, 10);'
style 'time comes from the monotonic clock' src/cli/main.c 'gettimeofday(&now, NULL);'
style 'a descriptor is valid at >= 0' src/cli/main.c 'if (fd)'
style 'a descriptor is valid at >= 0' src/cli/main.c 'if (!dir_fd)'
style 'a descriptor is valid at >= 0' src/cli/main.c 'while (fd > 0)'
style 'a test waits for an event' tests/unit/test-x.c 'g_usleep(1000);'
style 'a macro must not return' src/cli/main.c '#define TRY(x) do { \' '    if (!(x)) return; \' '} while (0)'
style 'trailing blank' src/cli/main.c "int x;$blank"
style 'tab' src/cli/main.c $'int\tx;'
style 'longer than 100 columns' src/cli/main.c "/* $(printf '%0100d' 0) */"
style 'longer than 900 lines' src/cli/main.c "$(seq -f 'int x%g;' 900)"
style 'without a reason' src/cli/main.c '/* T''ODO */'
style 'a drawer is not a room' src/cli/cli-utils.c 'int x;'
printf 'int x;\n' | tree src/cli/main.c
refuses 'no SPDX line' "$checks/check-style" "$scratch/tree"
printf '#!/bin/sh\nexit 0\n' | tree build-aux/tool
refuses 'no SPDX line' "$checks/check-style" "$scratch/tree"

# ---- check-slots ---------------------------------------------------------------

mkdir -p "$scratch/headers/src"
echo 9.0.0 >"$scratch/headers/version"
cat >"$scratch/headers/src/driver-hypervisor.h" <<'END'
struct _virHypervisorDriver {
    const char *name; /* the name of the driver */
    virDrvConnectOpen connectOpen;
    virDrvDomainCreate domainCreate;
    virDrvDomainDestroy domainDestroy;
};
END

slots() {
    printf '%s\n' "$@" >"$scratch/slots.def"
}

slots 'PASS(connectOpen)' 'VET(domainCreate, drv_create)' '#if LIBVIR_VERSION_NUMBER >= 11002000' \
    'PASS(domainLater)' '#endif' 'WATCH(domainDestroy, drv_destroy)'
passes "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"
mkdir -p "$scratch/later/src"
echo 11.3.0 >"$scratch/later/version"
sed '/domainCreate/a virDrvDomainLater domainLater;' "$scratch/headers/src/driver-hypervisor.h" \
    >"$scratch/later/src/driver-hypervisor.h"
passes "$checks/check-slots" "$scratch/slots.def" "$scratch/headers:$scratch/later"
slots 'PASS(connectOpen)' 'PASS(domainCreate)' 'PASS(domainDestroy)'
refuses 'no verdict on domainLater' "$checks/check-slots" "$scratch/slots.def" "$scratch/headers:$scratch/later"
slots 'PASS(connectOpen)' 'PASS(domainDestroy)'
refuses 'no verdict on domainCreate' "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"
slots 'PASS(connectOpen)' 'PASS(domainCreate)' 'PASS(domainDestroy)' 'PASS(domainFly)'
refuses 'has no slot domainFly' "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"
slots 'PASS(connectOpen)' 'PASS(domainCreate)' 'PASS(domainDestroy)' 'OWN(domainCreate, f)'
refuses 'domainCreate has a verdict already' "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"
slots 'PASS(connectOpen)' 'PASS(domainDestroy)' 'PASS(domainCreate)'
refuses 'domainDestroy stands where the header has domainCreate' \
    "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"
slots 'PASS(connectOpen)' 'PASS(domainCreate)' 'PASS(domainDestroy)' 'OWN(domainCreate)'
refuses 'not a verdict: OWN(domainCreate)' "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"
slots 'PASS(connectOpen)' 'NONE(domainCreate)' 'PASS(domainDestroy)'
passes "$checks/check-slots" "$scratch/slots.def" "$scratch/headers"

# ---- check-symbols -------------------------------------------------------------

# build NAME [FLAG]...: a library NAME.so of standard input.
build() {
    cat >"$scratch/$1.c"
    # CC may be a compiler and its flags.
    ${CC:-cc} -shared -fPIC -o "$scratch/$1.so" "$scratch/$1.c" "${@:2}" ||
        { echo "cannot build $1.so"; exit 99; }
}

mkdir -p "$scratch/include"
printf '%s\n' 'int corral_one(void);' 'G_DECLARE_FINAL_TYPE(CorralTwo, corral_two, CORRAL, TWO, GObject)' \
    >"$scratch/include/corral.h"
printf '%s\n' corral_one corral_two_get_type >"$scratch/list"
library=("$checks/check-symbols" library "$scratch/lib.so" "$scratch/list" "$scratch/include/corral.h")

build lib <<<'void corral_one(void) {} void corral_two_get_type(void) {}'
passes "${library[@]}"
build lib <<<'void corral_one(void) {}'
refuses 'corral_two_get_type is in' "${library[@]}"
build lib <<<'void corral_one(void) {} void corral_two_get_type(void) {} void cg_tree_open(void) {}'
refuses 'lib.so exports cg_tree_open' "${library[@]}"
echo corral_three >>"$scratch/list"
build lib <<<'void corral_one(void) {} void corral_two_get_type(void) {} void corral_three(void) {}'
refuses 'no public header declares it' "${library[@]}"

build module <<<'int corral_driver;'
passes "$checks/check-symbols" module "$scratch/module.so" corral_driver
build module <<<'int corral_driver; int helper;'
refuses 'module.so exports corral_driver helper' "$checks/check-symbols" module "$scratch/module.so" corral_driver

build libvirt_driver_qemu <<<'int qemuRegister(void) { return 0; }'
passes "$checks/check-symbols" shim "$scratch/libvirt_driver_qemu.so"
build libvirt_driver_qemu <<<'int virInitialize(void); int qemuRegister(void) { return virInitialize(); }'
refuses 'libvirt_driver_qemu.so wants virInitialize' "$checks/check-symbols" shim "$scratch/libvirt_driver_qemu.so"
build libcorral -Wl,-soname,libcorral.so.0 <<<'int corral_one;'
build libvirt_driver_qemu -Wl,--no-as-needed "$scratch/libcorral.so" <<<'int qemuRegister(void) { return 0; }'
refuses 'libvirt_driver_qemu.so needs libcorral.so.0' "$checks/check-symbols" shim "$scratch/libvirt_driver_qemu.so"

# ---- check-api -----------------------------------------------------------------

# api GIR-ELEMENT... [-- HEADER-LINE...]: the description of one function, corral_one.
api() {
    local elements=()

    while (($#)) && [[ $1 != -- ]]; do
        elements+=("$1")
        shift
    done
    printf '%s\n' "${@:2}" >"$scratch/include/corral.h"
    echo corral_one >"$scratch/list"
    cat >"$scratch/one.gir" <<END
<repository xmlns="http://www.gtk.org/introspection/core/1.0"
    xmlns:c="http://www.gtk.org/introspection/c/1.0"
    xmlns:glib="http://www.gtk.org/introspection/glib/1.0">
<namespace name="Corral"> ${elements[@]} </namespace></repository>
END
}

# one ATTRIBUTES RESULT-ATTRIBUTES [ELEMENT]...
one() {
    echo "<function name='one' c:identifier='corral_one' $1> ${*:3}" \
        "<return-value $2><doc>one</doc><type name='gboolean'/></return-value></function>"
}

doc='<doc>One.</doc>'
api_check=("$checks/check-api" "$scratch/one.gir" "$scratch/list" "$scratch/include/corral.h")

if type -P python3 >/dev/null; then
    api "$(one "version='0.1' throws='1'" "skip='1'" "$doc")"
    passes "${api_check[@]}"
    api "$(one "version='0.1' introspectable='0'" '' "$doc")" -- ' * corral_one: (skip)'
    passes "${api_check[@]}"
    api
    refuses 'corral_one is exported, but other languages do not see it' "${api_check[@]}"
    api "$(one "version='0.1' introspectable='0'" '' "$doc")"
    refuses 'other languages cannot call it' "${api_check[@]}"
    api "$(one "version='0.1' throws='1'" '' "$doc")"
    refuses 'it must say "Returns: (skip): ..."' "${api_check[@]}"
    for transfer in container full; do
        api "$(one "version='0.1'" "transfer-ownership='$transfer'" "$doc" |
            sed "s/<type name='gboolean'/<array name='GLib.PtrArray'/")"
        if [[ $transfer == full ]]; then
            refuses 'must be (transfer container)' "${api_check[@]}"
        else
            passes "${api_check[@]}"
        fi
    done
    api "$(one "version='0.1'" "skip='1'")"
    refuses 'corral_one is not described' "${api_check[@]}"
    api "$(one '' '' "$doc")"
    refuses 'does not say since when' "${api_check[@]}"
    api "$(one "version='0.1'" '' "$doc <parameters><parameter name='n'/></parameters>")"
    refuses 'corral_one: @n is not described' "${api_check[@]}"
    api "$(one "version='0.1'" '' "$doc")" "<bitfield c:type='CorralTwo' version='0.1'>$doc" \
        "<member name='a' c:identifier='CORRAL_TWO_A'/></bitfield>"
    refuses 'CORRAL_TWO_A is not described' "${api_check[@]}"
    api "$(one "version='0.1'" '' "$doc")" -- '#define CORRAL_MANY G_MAXUINT64'
    refuses 'CORRAL_MANY is not a number as other languages see it' "${api_check[@]}"
else
    echo "skip  check-api: no python3"
fi

# ---- check-format --------------------------------------------------------------

c src/cli/main.c 'int' 'main(void)' '{' '    return 0;' '}'
cp "$checks/../.clang-format" "$scratch/tree/"
sed -i -e '3d' "$scratch/tree/src/guest/guest.h"
output=$("$checks/check-format" "$scratch/tree" 2>&1)
if [ $? = 77 ]; then
    echo "skip  check-format: $output"
else
    passes "$checks/check-format" "$scratch/tree"
    c src/cli/main.c 'int main(void) {' '  return 0;' '}'
    cp "$checks/../.clang-format" "$scratch/tree/"
    refuses '+main(void)' "$checks/check-format" "$scratch/tree"
fi

echo "$((done - failed)) of $done"
[ $failed = 0 ]
