#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral partition, on a machine made of plain files: what it shows, and what becomes of the
# policy's file.  What a daemon makes of it is looked at by tests/root/test-partition-command.sh.

. "$(dirname "$0")/functions.sh"

partition()
{
    "$corral" partition "$@" --root "$root"
}

# row NAME: its line in the table, with single blanks
row()
{
    partition list | grep "^$1 " | tr -s ' '
}

# fact NAME LABEL
fact()
{
    partition show "$1" | sed -n "s/^  $2  *//p"
}

# ---- changing the file ----

make_host host
check "define, without a file" partition define /web --hard-limit 4G --priority 700
same "the file" "<corral>
  <partition name='/web' priority='700'>
    <memtune>
      <hard_limit unit='G'>4</hard_limit>
    </memtune>
  </partition>
</corral>" "$(cat "$policy")"
contains "it says what it did" "^changed: $policy" "$(partition define /batch)"
refuse "define again" "^corral: partition '/web' is described already" partition define /web
refuse "tune what is not described" "^corral: partition '/nobody' is not described" \
    partition tune /nobody --pids 5
refuse "tune without a value" "^corral: partition '/web' .*give at least one option" \
    partition tune /web
same "nothing to change" "There is nothing to change." "$(partition tune /web --hard-limit 4G)"

cat > "$policy" <<'END'
<?xml version="1.0"?>
<!-- mine -->
<corral>

    <partition name="/web"   priority="700">  <!-- paid for -->
        <memtune><hard_limit unit="GiB">4</hard_limit></memtune>
    </partition>
</corral>
END
chmod 640 "$policy"
cp "$policy" "$scratch/before"
check "tune" partition tune /web --shares 2048 --hard-limit 512MiB
same "the rest stays as it was" '6c6,9
<         <memtune><hard_limit unit="GiB">4</hard_limit></memtune>
---
>         <memtune><hard_limit unit='"'MiB'"'>512</hard_limit></memtune>
>         <cputune>
>           <shares>2048</shares>
>         </cputune>' "$(diff "$scratch/before" "$policy")"
same "so does its mode" 640 "$(stat -c %a "$policy")"
check "take values away" partition tune /web --shares none --priority none
same "they leave nothing" '    <partition name="/web">  <!-- paid for -->' "$(grep paid "$policy")"
same "not even an element" "" "$(grep cputune "$policy")"

# Every option is a value of its own, and takes itself away.
cp "$policy" "$scratch/before"
while read -r option value; do
    check "--$option" partition tune /web --"$option" "$value"
    differ "--$option: it is there" "$(cat "$scratch/before")" "$(cat "$policy")"
    check "--$option none" partition tune /web --"$option" none
    same "--$option: it is gone" "$(cat "$scratch/before")" "$(cat "$policy")"
done << 'END'
priority 100
shares 100
global-period 50000
global-quota 25000
cpu-guarantee 1.5
soft-limit 100MiB
swap-hard-limit 1G
min-guarantee 100000
io-weight 500
cpuset 0-1
nodeset 0
pids 100
END

# ---- what would not do is not written ----

before=$(snapshot "$root")
refuse "a value out of range" "^corral: '$policy', line .*<shares>: '1' is no number between" \
    partition tune /web --shares 1
refuse "no amount" "^corral: 'much' is no amount of memory" partition tune /web --hard-limit much
refuse "more than there is" "^corral: '$policy', partitions are guaranteed 102400 MiB" \
    partition define /a --min-guarantee 100G
refuse "a guarantee below nobody's" "^corral: '$policy', line .*'/b' above it is not described" \
    partition define /b/c --min-guarantee 1G
refuse "no name of a partition" "^corral: '$policy', line " partition define nonsense
refuse "CPUs that are not there" "^corral: .*has none of its CPUs" partition tune /web --cpuset 99
refuse "markup" "^corral: '$policy', line " partition tune /web --pids '1</pids><pids>2'
same "nothing is changed" "$before" "$(snapshot "$root")"

make_host bare
rm -r "$root/etc"
before=$(snapshot "$root")
refuse "not even a directory is made" "^corral: .*is no number" partition define /web --pids many
same "nothing is changed" "$before" "$(snapshot "$root")"
check "it is for what is good" partition define /web --pids 5
same "and nobody else's business" 600 "$(stat -c %a "$policy")"

# ---- looking ----

root=$scratch/host
policy=$root/etc/libvirt/corral.xml

make_host_group web
make_host_group web/shop.qemu.libvirt
make_host_group machine
make_host_group other
make_host_group other/box.lxc.libvirt
for group in web/shop.qemu.libvirt other/box.lxc.libvirt; do
    echo 100 | tee "$root"/cg/*/$group/cgroup.procs > "$root/cg/cpu/$group/tasks"
done
echo $((512 << 20)) > "$root/cg/memory/web/memory.limit_in_bytes"
echo $((300 << 20)) > "$root/cg/memory/web/memory.usage_in_bytes"
echo 2048 > "$root/cg/cpu/web/cpu.shares"
check "a guarantee" partition tune /web --min-guarantee 256MiB --priority 800
check "one that is described only" partition define /later

same "described, with a guest" "/web 800 1 300 512 256 - 2048 3" "$(row /web)"
same "described, not there" "/later 500 0 - - - - - -" "$(row /later)"
same "there, not described" "/other - 1 1 none - - 1024 3" "$(row /other)"
same "the default one" "/machine - 0 1 none - - 1024 3" "$(row /machine)"
same "in order" "/later /machine /other /web" \
    "$(partition list | sed -n 's,^\(/[a-z]*\) .*,\1,p' | tr '\n' ' ' | sed 's/ $//')"
same "show: who is in it" "shop (qemu)" "$(fact /web guest)"
same "show: memory used" "300.0 MiB" "$(fact /web 'memory used')"
same "show: memory limit" "512.0 MiB" "$(fact /web 'memory limit')"
same "show: guarantee" "256.0 MiB" "$(fact /web guarantee)"
same "show: shares" "2048" "$(fact /web 'cpu shares')"
same "show: processes" "3" "$(fact /web processes)"
same "show: no limit" "none" "$(fact /other 'memory limit')"
same "show: not described" "no" "$(fact /other described)"
contains "show: described" "^in line [0-9]+ of the policy" "$(fact /web described)"
refuse "show: nobody" "^corral: partition '/nobody' is neither described nor there" \
    partition show /nobody
partition list --json > "$scratch/json"
json_documented partition "$scratch/json"
contains "JSON" '"name":"/web","described":true,"groups":\["web"\],"guests":\["shop\(qemu\)"\]' \
    "$(tr -d ' \n' < "$scratch/json")"
contains "JSON: no limit" '"memory_limit_bytes":null' "$(partition show /other --json | tr -d ' \n')"
same "JSON of one" 1 "$(partition show /web --json | grep -c '"name" :')"

# A bad file is no reason to look away.
cp "$policy" "$scratch/good"
echo '<' > "$policy"
contains "the groups are shown" "/web " "$(partition list 2> /dev/null)"
contains "and what is wrong" "^corral: '$policy', line 1" "$(partition list 2>&1 > /dev/null)"
refuse "it is not changed" "^corral: line 1" partition tune /web --pids 5
cp "$scratch/good" "$policy"

# ---- removing ----

before=$(snapshot "$root")
refuse "guests are in the way" "^corral: partition '/web' has guests: shop \(qemu\)$" \
    partition remove /web
refuse "also where it is not described" "^corral: partition '/other' has guests: box" \
    partition remove /other
refuse "no such partition" "^corral: partition '/nobody' is not described" partition remove /nobody
refuse "no terms" "^corral: partition '/other' is not described" partition remove /other --terms-only
same "nothing is changed" "$before" "$(snapshot "$root")"
check "its terms" partition remove /web --terms-only
same "they are gone" "" "$(grep -n web "$policy")"
check "its group is not" test -d "$root/cg/memory/web/shop.qemu.libvirt"
check "one that is described only" partition remove /later
same "it is gone" "" "$(grep -n later "$policy")"

# ---- move ----

fake=$(dirname "$corral")/tests/cli/corral-fake
daemon=$scratch/daemon
printf '[shop]\nstate=idle\n' > "$daemon"

# move [OPTION]... GUEST NAME
move()
{
    "$fake" partition move -c "fake:$daemon" "$@"
}

# told: what the daemon was
told()
{
    sed -n 's/^partition=//p' "$daemon"
}

check "move" move shop /grey
same "so it is told" /grey "$(told)"
check "move --live --config" move shop /grey/b --live --config
same "so it is told" "/grey/b live config" "$(told)"
check "move --config" move --config shop /c
same "so it is told" "/c config" "$(told)"
refuse "move: no guest" "^corral: fake:$daemon has no guest 'shopp'" move shopp /d
refuse "move: no name of a partition" "^corral: .*must start with '/'" move shop grey
refuse "move: nothing above" "^corral: .*partition" move shop /a/../b
same "nothing is told" "/c config" "$(told)"
refuse "move: no daemon" "^corral: fake:/nowhere does not answer" \
    "$fake" partition move -c fake:/nowhere shop /d
# The command itself, with libvirt in it.
refuse "move: a daemon that is not there" "^corral: qemu\+unix:.* does not answer: " \
    "$corral" partition move -c "qemu+unix:///system?socket=$scratch/no-socket" shop /d
refuse "move: a daemon without corral" "^corral: test:///default .*" \
    "$corral" partition move -c test:///default test /d

for arguments in "move" "move shop" "move shop /a /b" "move shop /a --pids 5" \
    "move shop /a --root $root" "move shop /a --json" "move shop /a --terms-only"; do
    "$fake" partition $arguments > /dev/null 2>&1
    same "'$arguments' makes no sense" 2 $?
done

# ---- what makes no sense ----

for arguments in "" "frobnicate" "show" "define" "list /web" "show /web --pids 5" "tune /a /b" \
    "list --live" "show /web --config" "tune /web --pids 5 -c test:///"; do
    partition $arguments > /dev/null 2>&1
    same "'$arguments' makes no sense" 2 $?
done

finish
