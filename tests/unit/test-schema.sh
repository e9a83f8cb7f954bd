#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# xml/held.rng accepts what corral writes, xml/limits.rng and xml/corral.rng what it reads, and
# nothing else.
set -u

schema=$CORRAL_SRCDIR/xml/held.rng
namespace=https://corral.dev/xmlns/libvirt/held/1.0
failed=0

if ! type -P xmllint > /dev/null; then
    echo "SKIP: xmllint is not installed"
    exit 77
fi

# validate CONTENT [ATTRIBUTES]: of <held>
validate()
{
    xmllint --noout --relaxng "$schema" - \
        <<< "<corral:held xmlns:corral='$namespace' ${2:-}>$1</corral:held>" 2>&1
}

good()
{
    local said

    said=$(validate "$@") || { echo "FAIL: refused: $*"; echo "$said"; failed=1; }
}

bad()
{
    ! validate "$@" > /dev/null || { echo "FAIL: accepted: $*"; failed=1; }
}

# cputune ELEMENT VALUE...
cputune()
{
    local text=

    while (($#)); do
        text+="<corral:$1>$2</corral:$1>"
        shift 2
    done
    echo "<corral:cputune>$text</corral:cputune>"
}

good "$(cputune quota 25000)"
good "$(cputune quota 25000)" "metadata='empty'"
good "$(cputune period 1000 quota 1000 global_period 1000000 global_quota 17592186044415 \
    emulator_period 2000 emulator_quota -1 iothread_period 3000 iothread_quota -17592186044415)"
good "$(printf '\n  ')$(cputune quota 25000)$(printf '\n')"

bad ""
bad "$(cputune quota 25000)" "metadata='full'"
bad "$(cputune quota 25000)" "else='1'"
bad "$(cputune quota 25000 quota 25000)"
bad "$(cputune shares 1024)"
bad "$(cputune quota 999)"
bad "$(cputune quota 0)"
bad "$(cputune quota 17592186044416)"
bad "$(cputune period 999)"
bad "$(cputune period 1000001)"
bad "$(cputune period -1)"
bad "$(cputune quota many)"
bad "$(cputune quota 25000)$(cputune quota 25000)"
bad "<cputune><quota>25000</quota></cputune>"

# libvirt keeps one element of a namespace: theirs and ours are two.
users=https://corral.dev/xmlns/libvirt/domain/1.0
bad "<x:cputune xmlns:x='$users'><x:quota>25000</x:quota></x:cputune>"

# ---- what users write ----

validate()
{
    xmllint --noout --relaxng "$CORRAL_SRCDIR/xml/limits.rng" - \
        <<< "<corral:limits xmlns:corral='$users'>$1</corral:limits>" 2>&1
}

good ""
good "<corral:pids>1</corral:pids>"
good "<corral:pids>4194304</corral:pids>"
bad "<corral:pids>0</corral:pids>"
bad "<corral:pids>4194305</corral:pids>"
bad "<corral:pids>many</corral:pids>"
bad "<corral:pids/>"
bad "<corral:pids>1</corral:pids><corral:pids>1</corral:pids>"
bad "<pids>1</pids>"
bad "<x:pids xmlns:x='$namespace'>1</x:pids>"

balloon()
{
    echo "<corral:balloon $1>${2:-}</corral:balloon>"
}

good "<corral:balloon/>"
good "$(balloon "enforce='yes'")"
good "$(balloon "enforce='no' grace='0' on-unreachable='hold'")"
good "$(balloon "grace='3600' on-unreachable='release'" "<corral:floor>1</corral:floor>")"
good "$(balloon "" "<corral:margin unit='MiB'>32</corral:margin><corral:floor unit='g'>1</corral:floor>")"
good "$(balloon "" "<corral:floor unit='bytes'>1</corral:floor><corral:margin>0</corral:margin>")"
good "<corral:balloon/><corral:pids>1</corral:pids>"
bad "$(balloon "enforce='maybe'")"
bad "$(balloon "grace='3601'")"
bad "$(balloon "grace='-1'")"
bad "$(balloon "grace='1.5'")"
bad "$(balloon "grace=''")"
bad "$(balloon "on-unreachable='kill'")"
bad "$(balloon "margin='32'")"
bad "$(balloon "corral:enforce='yes'")"
bad "$(balloon "" "<corral:margin/>")"
bad "$(balloon "" "<corral:margin>-1</corral:margin>")"
bad "$(balloon "" "<corral:margin unit='pages'>1</corral:margin>")"
bad "$(balloon "" "<corral:floor unit=''>1</corral:floor>")"
bad "$(balloon "" "<corral:floor>1</corral:floor><corral:floor>1</corral:floor>")"
bad "$(balloon "" "<floor>1</floor>")"
bad "<corral:balloon/><corral:balloon/>"

on_oom()
{
    echo "<corral:on_oom $1>${2:-}</corral:on_oom>"
}

on_pressure()
{
    echo "<corral:on_pressure $1>${2:-}</corral:on_pressure>"
}

most="<corral:most unit='GiB'>4</corral:most>"
good "$(on_oom "action='ignore'")"
good "$(on_oom "action='log'")<corral:balloon/>"
good "$(on_oom "action='pause'")$(on_pressure "action='ignore'")"
good "$(on_oom "action='raise'" "$most")"
good "$(on_oom "action='raise'" "$most<corral:step>65536</corral:step>")"
good "$(on_oom "action='pause'" "$most")"
good "$(on_pressure "action='raise' some_ms='1' window_ms='500'" "$most")"
good "$(on_pressure "action='log' some_ms='10000' window_ms='10000'")"
bad "$(on_oom "")"
bad "$(on_oom "action='kill'")"
bad "$(on_oom "action='raise'")"
bad "$(on_oom "action='raise'" "<corral:step>65536</corral:step>")"
bad "$(on_oom "action='raise'" "<corral:most>0</corral:most>")"
bad "$(on_oom "action='raise'" "$most$most")"
bad "$(on_oom "action='log' some_ms='100'")"
bad "$(on_oom "action='log'")$(on_oom "action='log'")"
bad "$(on_pressure "action='log' some_ms='0'")"
bad "$(on_pressure "action='log' window_ms='499'")"
bad "$(on_pressure "action='log' window_ms='10001'")"
bad "<on_oom action='log'/>"

# ---- what operators write ----

validate()
{
    xmllint --noout --relaxng "$CORRAL_SRCDIR/xml/corral.rng" - <<< "<corral>$1</corral>" 2>&1
}

partition()
{
    echo "<partition name='/a'>$1</partition>"
}

good ""
for layout in flat nested service single root uuid stock; do
    good "<layout type='$layout'/>"
done
good "<partition name='/a/b'/><reserve excess='squeeze'><memory unit='GiB'>1</memory></reserve><partition name='/a'/>"
good "<reserve excess='refuse'><cpus count='2'/></reserve>"
good "<reserve><cpus cpuset='0-1,^1, 4'/></reserve>"
good "<partition name='/a' priority='1000'/>"
good "$(partition "<cputune><min_guarantee>2.5</min_guarantee><shares>2</shares></cputune>")"
good "$(partition "<cputune><global_period>1000</global_period><global_quota>1000</global_quota></cputune>")"
good "$(partition "<memtune><hard_limit unit='G'>1</hard_limit><min_guarantee>1</min_guarantee></memtune>")"
good "$(partition "<blkiotune><weight>10</weight><device><path>/dev/a</path></device></blkiotune>")"
good "$(partition "<numatune><memory nodeset='0'/></numatune><cpuset>1-3</cpuset><pids>1</pids>")"
good "<on_oom action='log'/><on_pressure action='ignore' some_ms='1'/><partition name='/a'/>"
good "$(partition "<on_oom action='raise'><most unit='GiB'>4</most><step>1</step></on_oom>")"
bad "$(partition "<on_oom action='raise'/>")"
bad "<on_oom action='kill'/>"
bad "<on_oom action='log'/><on_oom action='log'/>"
bad "$(partition "<on_pressure action='log' window_ms='1'/>")"
bad "<layuot type='flat'/>"
bad "<layout/>"
bad "<layout type='Flat'/>"
bad "<layout type='flat'>words</layout>"
bad "<layout type='flat'/><layout type='flat'/>"
bad "words"
bad "<reserve excess='kill'/>"
bad "<reserve><memory/></reserve>"
bad "<reserve><memory unit='pages'>1</memory></reserve>"
bad "<reserve><cpus/></reserve>"
bad "<reserve><cpus count='1' cpuset='0'/></reserve>"
bad "<reserve><cpus cpuset='0-'/></reserve>"
bad "<partition/>"
bad "<partition name='a'/>"
bad "<partition name='/'/>"
bad "<partition name='/a' priority='1001'/>"
bad "$(partition "<memory>1</memory>")"
bad "$(partition "<cputune><period>1000</period></cputune>")"
bad "$(partition "<cputune><shares>1</shares></cputune>")"
bad "$(partition "<cputune><global_quota>-1</global_quota></cputune>")"
bad "$(partition "<cputune><min_guarantee>-1</min_guarantee></cputune>")"
bad "$(partition "<memtune><hard_limit>much</hard_limit></memtune>")"
bad "$(partition "<blkiotune><weight>9</weight></blkiotune>")"
bad "$(partition "<numatune><memory mode='preferred' nodeset='0'/></numatune>")"
bad "$(partition "<cpuset/>")"
bad "$(partition "<pids>0</pids>")"
bad "$(partition "<pids>1</pids><pids>1</pids>")"

policies=0
for file in "$CORRAL_SRCDIR"/xml/policies/*.xml; do
    said=$(xmllint --noout --relaxng "$CORRAL_SRCDIR/xml/corral.rng" "$file" 2>&1) ||
        { echo "FAIL: $file"; echo "$said"; failed=1; }
    policies=$((policies + 1))
done
((policies >= 3)) || { echo "FAIL: $policies policies"; failed=1; }

# ---- the examples ----

validate()
{
    xmllint --noout --relaxng "$CORRAL_SRCDIR/xml/limits.rng" - \
        <<< "<corral:limits xmlns:corral='$users'>$1</corral:limits>" 2>&1
}

examples=0
for file in "$CORRAL_SRCDIR"/xml/examples/*.xml; do
    said=$(xmllint --noout "$file" 2>&1) || { echo "FAIL: $file"; echo "$said"; failed=1; }
    inside=$(sed -n '/<corral:limits/,/<\/corral:limits>/p' "$file" | sed '1d;$d')
    [[ $inside ]] || continue
    grep -q "<corral:limits xmlns:corral='$users'>" "$file" ||
        { echo "FAIL: $file: another namespace"; failed=1; }
    good "$inside"
    examples=$((examples + 1))
done
((examples)) || { echo "FAIL: no example has limits"; failed=1; }

exit $failed
