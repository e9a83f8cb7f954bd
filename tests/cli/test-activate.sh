#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral activate and deactivate: there and back, and nothing left of it.

. "$(dirname "$0")/functions.sh"

# first_setting FILE: what libvirt takes: the first line that sets the key
first_setting()
{
    grep -a -m 1 '^[[:space:]]*cgroup_controllers' "$1" | tr -d '\r'
}

# round_trip NAME: activates, twice, and deactivates, twice, the machine $root
round_trip()
{
    local before=$(snapshot "$root")
    local once

    check "$1: activate" activate
    same "$1: libvirt is told to leave groups alone" "cgroup_controllers = [ ]" \
        "$(first_setting "$root$qemu_conf")"
    once=$(snapshot "$root")
    check "$1: activate again" activate
    same "$1: which changes nothing" "$once" "$(snapshot "$root")"
    check "$1: deactivate" deactivate
    same "$1: everything is as it was" "$before" "$(snapshot "$root")"
    check "$1: deactivate again" deactivate
    same "$1: which changes nothing" "$before" "$(snapshot "$root")"
}

# ---- qemu.conf, in all shapes ----

make_machine usual
printf '# settings\nuser = "root"\n' > "$root$qemu_conf"
chmod 640 "$root$qemu_conf"
round_trip "the usual file"

make_machine no-newline
printf 'user = "root"' > "$root$qemu_conf"
round_trip "no newline at the end"

make_machine empty
: > "$root$qemu_conf"
round_trip "an empty file"

make_machine missing
round_trip "no file"

make_machine nothing
rm -r "$root/etc"
round_trip "no /etc"

make_machine crlf
printf 'user = "root"\r\ngroup = "root"\r\n' > "$root$qemu_conf"
round_trip "DOS line ends"

make_machine bytes
printf 'user = "\xff\xfe"\n\0\n' > "$root$qemu_conf"
round_trip "bytes that are no text"

make_machine list
printf 'cgroup_controllers = [\n  "cpu",\n  "memory",\n]\nuser = "root"\n' > "$root$qemu_conf"
round_trip "a list over several lines"

make_machine same-setting
printf 'cgroup_controllers = [ ]\n' > "$root$qemu_conf"
round_trip "the same setting by the administrator"

make_machine link
echo 'user = "root"' > "$root/etc/qemu-real.conf"
ln -s ../qemu-real.conf "$root$qemu_conf"
round_trip "a symbolic link"
activate > /dev/null
check "the link is still one when activated" test -L "$root$qemu_conf"

make_machine mode
echo 'vnc_password = "secret"' > "$root$qemu_conf"
chmod 600 "$root$qemu_conf"
activate > /dev/null
same "the mode is kept" 600 "$(stat -c %a "$root$qemu_conf")"
make_machine mode-new
activate > /dev/null
same "a new file is nobody else's business" 600 "$(stat -c %a "$root$qemu_conf")"

if type -P setfattr > /dev/null && make_machine attribute &&
    echo 'user = "root"' > "$root$qemu_conf" &&
    setfattr -n user.corral.test -v kept "$root$qemu_conf" 2> /dev/null; then
    activate > /dev/null
    contains "attributes are kept" 'user.corral.test="kept"' \
        "$(getfattr -d "$root$qemu_conf" 2> /dev/null)"
else
    note "no user attributes here: not checked that they are kept"
fi

# ---- the administrator was there in between ----

make_machine edited
printf 'user = "root"\ngroup = "root"' > "$root$qemu_conf"
activate > /dev/null
sed -i 's/^user = .*/user = "qemu"/' "$root$qemu_conf"
printf '\nmax_files = 5\n' >> "$root$qemu_conf"
check "deactivate after an edit" deactivate
same "only our block is gone" $'user = "qemu"\ngroup = "root"\nmax_files = 5' \
    "$(cat "$root$qemu_conf")"

make_machine edited-new
activate > /dev/null
echo 'user = "qemu"' >> "$root$qemu_conf"
check "deactivate after an edit of a file that we made" deactivate
same "the edit is kept" 'user = "qemu"' "$(cat "$root$qemu_conf")"

make_machine before
echo 'user = "root"' > "$root$qemu_conf"
activate > /dev/null
sed -i '1i cgroup_controllers = [ "cpu" ]' "$root$qemu_conf"
contains "status sees that our setting is not the first any more" \
    'qemu.conf +off' "$("$corral" status --root "$root")"
check "activate again" activate
same "now it is" "cgroup_controllers = [ ]" "$(first_setting "$root$qemu_conf")"
same "there is one block" 1 "$(grep -c 'BEGIN corral' "$root$qemu_conf")"
deactivate > /dev/null
same "the administrator's line is kept" $'cgroup_controllers = [ "cpu" ]\nuser = "root"' \
    "$(cat "$root$qemu_conf")"

make_machine converted
echo 'user = "root"' > "$root$qemu_conf"
activate > /dev/null
sed -i 's/$/\r/' "$root$qemu_conf"
check "deactivate after an editor changed the line ends" deactivate
same "our block is gone" $'user = "root"\r' "$(cat "$root$qemu_conf")"

make_machine damaged
echo 'user = "root"' > "$root$qemu_conf"
activate > /dev/null
sed -i '/END corral/d' "$root$qemu_conf"
before=$(snapshot "$root")
refuse "a block without its end" "$qemu_conf' is damaged" deactivate
same "nothing has changed" "$before" "$(snapshot "$root")"
refuse "not to be activated either" "$qemu_conf' is damaged" activate
same "nothing has changed" "$before" "$(snapshot "$root")"

make_machine dirs
rm -r "$root/etc"
activate > /dev/null
touch "$root/etc/hostname"
sed -i 's/directories made: [0-9]*/directories made: 4000/' "$root$qemu_conf"
check "deactivate, with something else in a directory that we made" deactivate
same "that directory stays" "$root/etc $root/etc/hostname" \
    "$(find "$root/etc" | sort | tr '\n' ' ' | sed 's/ $//')"
check "and so does the root" test -d "$root"

make_machine bare
rm -r "$root/etc"
activate > /dev/null
find "$root/etc" -type f -exec sed -i 's/directories made: [0-9]*/directories made: 4000/' {} +
for dir in "$root"/*/; do
    [[ $dir == "$root/etc/" ]] || rm -r "$dir"
done
check "deactivate, with nothing else below the root" deactivate
same "no directory above is taken for one that we made" "$root" "$(find "$root")"

# ---- the modules ----

make_machine modules
output=$(activate)
same "a link for each of libvirt's modules but the one that corral has" \
    "lxc network storage" \
    "$(find "$root$driver_dir" -type l -printf '%f\n' | sort |
        sed 's/libvirt_driver_\(.*\)\.so/\1/' | tr '\n' ' ' | sed 's/ $//')"
same "they lead where the modules will be, not below the root" \
    "$stock_dir/libvirt_driver_lxc.so" "$(readlink "$root$driver_dir/libvirt_driver_lxc.so")"
same "corral's own is untouched" shim "$(cat "$root$driver_dir/libvirt_driver_qemu.so")"
contains "it says what it did" "linked in $root$driver_dir: 3 modules" "$output"

rm "$root$stock_dir/libvirt_driver_lxc.so"
echo new > "$root$stock_dir/libvirt_driver_interface.so"
mkdir "$root/opt"
echo own > "$root/opt/network.so"
ln -sf /opt/network.so "$root$driver_dir/libvirt_driver_network.so"
echo host > "$scratch/on-the-host.so"
ln -sf "$scratch/on-the-host.so" "$root$driver_dir/libvirt_driver_storage.so"
ln -s /usr/lib/nowhere/libvirt_driver_old.so "$root$driver_dir/libvirt_driver_old.so"
output=$(activate)
check "a link to a module that is gone is removed" \
    test ! -L "$root$driver_dir/libvirt_driver_lxc.so"
check "so is one that leads nowhere" test ! -L "$root$driver_dir/libvirt_driver_old.so"
check "a new module is linked" test -L "$root$driver_dir/libvirt_driver_interface.so"
same "somebody's own module stays" /opt/network.so \
    "$(readlink "$root$driver_dir/libvirt_driver_network.so")"
same "one that is only on the host does not" "$stock_dir/libvirt_driver_storage.so" \
    "$(readlink "$root$driver_dir/libvirt_driver_storage.so")"
contains "and it says so" "left alone: .*libvirt_driver_network.so" "$output"
deactivate > /dev/null
same "deactivate leaves what is not ours" "libvirt_driver_network.so libvirt_driver_qemu.so" \
    "$(ls "$root$driver_dir" | tr '\n' ' ' | sed 's/ $//')"

# corral's package was removed before corral deactivate was run.
make_machine removed
echo 'user = "root"' > "$root$qemu_conf"
activate > /dev/null
rm -r "$root$driver_dir"
check "deactivate without the modules" deactivate
same "qemu.conf is restored" 'user = "root"' "$(cat "$root$qemu_conf")"

# ---- the drop-ins ----

make_machine drop-ins
activate > /dev/null
for drop_in in $drop_ins; do
    same "the drop-in of ${drop_in%.d/*}" "[Service] Environment=LIBVIRT_DRIVER_DIR=$driver_dir" \
        "$(grep -v '^#' "$root$drop_in" | tr '\n' ' ' | sed 's/ $//')"
    same "others may read it" 644 "$(stat -c %a "$root$drop_in")"
done
drop_in=$(head -n 1 <<< "$drop_ins")
echo 'Nice=5' >> "$root$drop_in"
activate > /dev/null
contains "what was added to it stays" 'Nice=5' "$(cat "$root$drop_in")"
sed -i 's,^Environment=.*,Environment=LIBVIRT_DRIVER_DIR=/old,' "$root$drop_in"
activate > /dev/null
contains "what was wrong in it does not" "DIR=$driver_dir" "$(cat "$root$drop_in")"

make_machine foreign
mkdir -p "$root${drop_in%/*}"
echo '[Service]' > "$root$drop_in"
before=$(snapshot "$root")
refuse "a drop-in of somebody else's is in the way" "$root$drop_in' was not made by corral" activate
same "what was done before is undone" "$before" "$(snapshot "$root")"
contains "deactivate leaves it alone" "left alone: $root$drop_in" "$(deactivate)"
same "nothing has changed" "$before" "$(snapshot "$root")"

# ---- what it says ----

make_machine words
output=$(activate)
same "activate says one line for each part" "linked in made made made set" \
    "$(sed -n '1,5s/[:$].*//p' <<< "$output" | sed "s, $root.*,," | tr '\n' ' ' | sed 's/ $//')"
contains "libvirtd must be restarted" 'libvirtd must be restarted' "$output"
contains "no systemd: what to do about it" "set LIBVIRT_DRIVER_DIR=$driver_dir" "$output"
output=$(activate)
same "again: already, five times" 5 "$(grep -c '^already' <<< "$output")"
same "again: no need to restart" "" "$(grep restart <<< "$output")"
same "again: no word on guests" "" "$(grep Guests <<< "$output")"
contains "what becomes of the guests" 'Guests that are running go on' "$(deactivate)"
activate > /dev/null
mkdir -p "$root/usr/lib/systemd/system" "$root/etc/systemd/system"
touch "$root/usr/lib/systemd/systemd" "$root/usr/lib/systemd/system/libvirtd.service"
output=$(deactivate)
same "with systemd: how to restart" \
    'libvirtd must be restarted: systemctl daemon-reload && systemctl try-restart libvirtd' \
    "$(grep restart <<< "$output")"
same "with systemd: no hint about the environment" "" "$(grep environment <<< "$output")"
rm "$root/usr/lib/systemd/system/libvirtd.service"
touch "$root/usr/lib/systemd/system/virtqemud.service" "$root/etc/systemd/system/virtlxcd.service"
contains "with a daemon for each driver: which to restart" \
    'try-restart virtqemud virtlxcd$' "$(activate | grep restart)"
rm "$root"/etc/systemd/system/virt*.service "$root"/usr/lib/systemd/system/virt*.service
same "with none that is known: that is left to the reader" 'libvirtd must be restarted.' \
    "$(deactivate | grep restart)"
same "deactivate again: already, five times" 5 "$(deactivate | grep -c '^already')"

# ---- what it refuses ----

# unchanged NAME PATTERN: activate refuses, names the culprit and changes nothing
unchanged()
{
    local before=$(snapshot "$root")

    refuse "$1" "^corral: .*$2" activate
    same "$1: nothing has changed" "$before" "$(snapshot "$root")"
    activate > /dev/null 2>&1
    same "$1: exit status" 1 $?
}

make_machine no-shim
rm "$root$driver_dir/libvirt_driver_qemu.so"
unchanged "corral's module is not there" "$root$driver_dir/libvirt_driver_qemu.so' is not installed"
ln -s "$stock_dir/libvirt_driver_qemu.so" "$root$driver_dir/libvirt_driver_qemu.so"
unchanged "it is only a link to libvirt's" "$root$driver_dir/libvirt_driver_qemu.so' is not installed"

make_machine no-stock
rm "$root$stock_dir/libvirt_driver_qemu.so"
unchanged "libvirt's driver is not there" "$root$stock_dir/libvirt_driver_qemu.so' is not installed"

make_machine no-stock-dir
rm -r "$root$stock_dir"
unchanged "libvirt's directory is not there" "$root$stock_dir"

make_machine conf-is-dir
mkdir "$root$qemu_conf"
unchanged "qemu.conf is a directory" "$root$qemu_conf"

make_machine leads-out
echo 'user = "root"' > "$scratch/outside.conf"
ln -s "$scratch/outside.conf" "$root$qemu_conf"
unchanged "qemu.conf leads out of the root" "$root$qemu_conf' leads out of '$root'"
same "what it leads to is untouched" 'user = "root"' "$(cat "$scratch/outside.conf")"

make_machine dangling
ln -s nowhere.conf "$root$qemu_conf"
unchanged "qemu.conf leads nowhere" "$root$qemu_conf"

root=$scratch/no-such-root
refuse "the root is not there" "^corral: .*$root" activate
refuse "nor to deactivate" "^corral: .*$root" deactivate
root=$scratch/outside.conf
refuse "the root is a file" "^corral: .*$root" activate

# read_only FILE COMMAND...: runs it where the directory of FILE cannot be written
if ((EUID != 0)); then
    read_only()
    {
        chmod a-w "${1%/*}"
        "${@:2}"
    }
elif unshare --mount true 2> /dev/null; then
    export -f activate deactivate
    export corral root
    read_only()
    {
        unshare --mount bash -c '
            mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"' "${1%/*}" "${@:2}"
    }
else
    note "root, and no mount namespace: not checked what a read-only directory does"
fi
if declare -F read_only > /dev/null; then
    make_machine read-only
    echo 'user = "root"' > "$root$qemu_conf"
    before=$(snapshot "$root" | grep -v '^d')
    refuse "a read-only directory, after the other parts are done" \
        "^corral: cannot write .*$root${qemu_conf%/*}" read_only "$root$qemu_conf" activate
    chmod u+w "$root${qemu_conf%/*}"
    same "what was done is undone" "$before" "$(snapshot "$root" | grep -v '^d')"
    activate > /dev/null
    before=$(snapshot "$root" | grep -v '^d')
    refuse "the same for deactivate" "^corral: cannot .*$root$driver_dir" \
        read_only "$root$driver_dir/x" deactivate
    chmod u+w "$root$driver_dir"
    same "what was done is undone again" "$before" "$(snapshot "$root" | grep -v '^d')"
fi

# Interrupted half way: it reads a drop-in that is a pipe, and so waits for us.
make_machine interrupted
echo 'user = "root"' > "$root$qemu_conf"
last=$(tail -n 1 <<< "$drop_ins")
mkdir -p "$root${last%/*}"
mkfifo "$root$last"
before=$(snapshot "$root" | grep -v '^p' | sort)
"$corral" activate --root "$root" > /dev/null 2>&1 &
job=$!
first=$root$(head -n 1 <<< "$drop_ins")
check "it is half way, and gets a signal" timeout 60 bash -c '
    exec > "$0" && [[ -f $1 ]] && kill -TERM "$2" && echo "not made by corral"' \
    "$root$last" "$first" "$job"
wait "$job"
same "a signal ends it" 143 $?
same "and what was done is undone first" "$before" "$(snapshot "$root" | grep -v '^p' | sort)"

# Several at once take turns.
make_machine together
echo 'user = "root"' > "$root$qemu_conf"
jobs=()
for n in 1 2 3 4 5 6; do
    activate > "$scratch/together.$n" 2>&1 &
    jobs+=($!)
done
for n in 1 2 3 4 5 6; do
    wait "${jobs[n - 1]}"
    same "six at once, number $n" 0 $?
done
same "one of them did it" 1 "$(cat "$scratch"/together.* | grep -c '^set:')"
same "no temporary file is left" "" "$(find "$scratch" -name '.*.corral-*')"

finish
