# SPDX-License-Identifier: LGPL-2.1-or-later
#
# balloon.sh - Linux guests for the tests of the balloon, with a hog in them that uses memory
# as it is told (see linux-guest, memory-hog.c)
#
# After functions.sh, and before in_lab: need_linux_guest.
#
# Emulated, so that the tests are the same on every host.  Of 512 MiB such a guest gives about
# 440 to the hog; it boots in some two seconds if it has a processor for itself.

# For the guests' ports, the kernel and the RAM disk: QEMU may be somebody else.
linux_dir=

# need_linux_guest: makes what they boot, if need be; not in a laboratory, which has no network
need_linux_guest()
{
    local log

    [[ ${CORRAL_LINUX_GUEST:-} ]] && return 0
    log=$(mktemp)
    CORRAL_LINUX_GUEST=$("$test_dir/linux-guest" 2> "$log")
    case $? in
    0) rm -f "$log" ;;
    77) skip "$(sed -n 's/^linux-guest: //p' "$log")" ;;
    *) fail "a Linux guest can be made" "$(cat "$log")"; finish ;;
    esac
    export CORRAL_LINUX_GUEST
}

# linux_dir_make [DIR]: once a test, and gone with the test
linux_dir_make()
{
    [[ $linux_dir ]] && return 0
    linux_dir=${1:-$(mktemp -d)} && mkdir -p "$linux_dir" && chmod 711 "$linux_dir" &&
        cp "$CORRAL_LINUX_GUEST"/{kernel,initrd} "$linux_dir/"
}

# linux_guest NAME [--driver now|never|SECONDS] [OPTION VALUE]...: the XML of a guest with a
# balloon, which its kernel has a driver for or not.  Other OPTIONs are those of make_guest.
linux_guest()
{
    local name=$1
    local driver=now
    local options=()

    shift
    while (($#)); do
        case $1 in
        --driver) driver=$2 ;;
        *) options+=("$1" "$2") ;;
        esac
        shift 2
    done
    make_guest "$name" --memory 512 \
        --features "<acpi/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg>" \
        --os "<kernel>$linux_dir/kernel</kernel><initrd>$linux_dir/initrd</initrd>
            <cmdline>console=ttyS0 quiet panic=-1 tsc=reliable
                memhp_default_state=online balloon_driver=$driver</cmdline>" \
        --balloon "<memballoon model='virtio'/>" \
        --devices "$(serial_xml "$linux_dir/$name.console")
            <serial type='pipe'><source path='$linux_dir/$name'/></serial>" "${options[@]}"
}

# define_linux_guest NAME [OPTION VALUE]...: of linux_guest
define_linux_guest()
{
    local name=$1
    local file

    linux_dir_make || return
    rm -f "$linux_dir/$name".{in,out}
    mkfifo "$linux_dir/$name".{in,out} || return
    file=$(mktemp) && linux_guest "$@" > "$file" && virsh define "$file" && rm -f "$file"
}

# start_linux_guest NAME: until its hog is ready
start_linux_guest()
{
    local line

    virsh start "$1" || return
    line=$(linux_guest_line "$1" $((3 * patience)))
    [[ $line == ready ]] || { echo "'$line'"; tail -n 20 "$linux_dir/$1.console"; return 1; }
}

# linux_guest_line NAME SECONDS: the next line that its hog has to say.  The pipe's other end
# stays open as long as there is the guest, so nothing is lost that was not read yet.
linux_guest_line()
{
    local line

    read -r -t "$2" line <> "$linux_dir/$1.out" || return 1
    echo "${line%$'\r'}"
}

# guest_say NAME COMMAND [SECONDS]: what the hog answers.  Fails if it does not in that time
# (as long as is usual), or is not any more what it was.
guest_say()
{
    local line

    # Answers that nobody has waited for.
    while linux_guest_line "$1" 0.01; do :; done > /dev/null
    printf '%s\n' "$2" > "$linux_dir/$1.in" &&
        line=$(linux_guest_line "$1" "${3:-$patience}") || { echo "no answer to '$2'"; return 1; }
    echo "$line"
    [[ $line != ready ]]
}

# guest_holds NAME MIB: from now on
guest_holds()
{
    guest_say "$1" "hold $2" $((3 * patience)) | grep -x "held $2"
}

# balloon_mib NAME: what the balloon leaves to the guest, as QEMU knows it
balloon_mib()
{
    virsh dommemstat "$1" | awk '$1 == "actual" { print int($2 / 1024) }'
}

# balloon_is NAME MIB
balloon_is()
{
    [[ $(balloon_mib "$1") == "$2" ]] || { echo "it is $(balloon_mib "$1") MiB"; return 1; }
}

# memory_dir NAME: of the guest's group; a test on a host has a better idea
memory_dir()
{
    group_dir memory /machine "$1"
}

# group_usage NAME: of the guest's group, MiB
group_usage()
{
    local dir

    dir=$(memory_dir "$1") || return
    echo $(($(cat "$dir/memory.usage_in_bytes" 2> /dev/null || cat "$dir/memory.current") >> 20))
}

# group_anonymous NAME: what of it is no file's, MiB
group_anonymous()
{
    local dir

    dir=$(memory_dir "$1") || return
    awk '$1 == "total_rss" || $1 == "anon" { print int($2 / 1048576); exit }' "$dir/memory.stat"
}

# usage_between NAME LEAST MOST: MiB
usage_between()
{
    between "$2" "$(group_usage "$1")" "$3"
}

# linux_guests_end NAME...: the guests, and what they had
linux_guests_end()
{
    local name

    for name; do
        virsh destroy "$name"
        virsh undefine "$name"
    done > /dev/null 2>&1
    [[ ! $linux_dir ]] || rm -rf "$linux_dir"
}

# ---- guests without a kernel --------------------------------------------------

# hog_disk FILE MIB: a guest that boots it (disk_xml) writes to so much memory from 16 MiB on,
# says "!", and does it again for each byte that comes in at its first serial port.  It has no
# driver for anything, and boots in a moment where a kernel takes minutes.
hog_disk()
{
    local count=

    # 32 bits, the lowest first.
    printf -v count '\\x%02x' $(($2 * 256 & 255)) $(($2 * 256 >> 8 & 255)) \
        $(($2 * 256 >> 16 & 255)) 0
    {
        printf '\x31\xdb\x8e\xdb'                             # ds = 0
        printf '\xfa\x0f\x01\x16\x53\x7c'                     # 1: cli; lgdt
        printf '\x0f\x20\xc0\x0c\x01\x0f\x22\xc0\xb3\x08\x8e\xe3' # protected; fs: all there is
        printf '\x24\xfe\x0f\x22\xc0\x31\xdb\x8e\xe3'         # real; fs keeps its limit
        printf '\x66\xbf\x00\x00\x00\x01\x66\xb9'"$count"     # edi = 16 MiB, ecx = pages
        printf '\x64\x67\x66\x89\x3f\x66\x81\xc7\x00\x10\x00\x00' # 2: write; next page
        printf '\x66\x49\x75\xf0\xfb'                         # loop 2b; sti
        printf '\xba\xf8\x03\xb0\x21\xee\xb0\x0a\xee'         # out 0x3f8, "!\n"
        printf '\xf4\xba\xfd\x03\xec\xa8\x01\x74\xf7'         # 3: hlt; no byte in 0x3fd? 3b
        printf '\xb2\xf8\xec\xeb\xb1'                         # read it; jmp 1b
        printf '\x0f\x00\x59\x7c\x00\x00'                     # the table: where it is,
        printf '\0\0\0\0\0\0\0\0\xff\xff\x00\x00\x00\x92\xcf\x00' # nothing, and 4 GiB of data
    } > "$1" &&
        truncate -s 510 "$1" &&
        printf '\x55\xaa' >> "$1" &&
        truncate -s 64K "$1"
}

# hog_xml NAME: what such a guest has, for make_guest --devices; its port is in $linux_dir
hog_xml()
{
    rm -f "$linux_dir/$1".{in,out}
    mkfifo "$linux_dir/$1".{in,out} || return
    disk_xml "$linux_dir/$1.disk"
    echo "<serial type='pipe'><source path='$linux_dir/$1'/></serial>"
}

# hog_says NAME [SECONDS]: that it has written to all of its memory
hog_says()
{
    local line

    line=$(linux_guest_line "$1" "${2:-$((3 * patience))}") && [[ $line == '!' ]]
}

# hog_answers NAME [SECONDS]: it has written to all of its memory once more; printed is how many
# milliseconds that took, or it fails if it did not
hog_answers()
{
    local start=$(uptime_ms)

    echo > "$linux_dir/$1.in" && hog_says "$1" "${2:-}" && echo $(($(uptime_ms) - start))
}

# ---- swap ---------------------------------------------------------------------

# The script has it as long as this is open, by it or by what it has started.
swap_hold=

# have_swap MIB: swap in compressed memory for as long as the calling script runs, however it
# ends; the machine's, there is no other: so in a laboratory, before it is entered.  Fails where
# the kernel has no zram.
have_swap()
{
    local number device

    number=$(cat /sys/class/zram-control/hot_add 2> /dev/null) ||
        { modprobe -q zram num_devices=0 && number=$(cat /sys/class/zram-control/hot_add); } ||
        return 1
    device=/dev/zram$number
    # Somebody who is not killed with us and does not go by itself.
    exec {swap_hold}> >(
        trap '' HUP INT TERM
        exec > /dev/null 2>&1
        read -r
        swapoff "$device"
        echo 1 > "/sys/block/zram$number/reset"
        echo "$number" > /sys/class/zram-control/hot_remove
    )
    wait_for $patience test -b "$device" &&
        echo "$1M" > "/sys/block/zram$number/disksize" &&
        mkswap "$device" > /dev/null && swapon "$device"
}

# swap_is_there: anybody's
swap_is_there()
{
    grep -q / /proc/swaps
}

# never_swaps DIR: nobody in that group does, whoever gives the machine swap
never_swaps()
{
    if unified_alone; then
        echo 0 > "$1/memory.swap.max"
    else
        echo 0 > "$1/memory.swappiness"
    fi
}

# group_swapped NAME: what the guest's group has in swap, MiB
group_swapped()
{
    local dir

    dir=$(memory_dir "$1") || return
    if [[ -e $dir/memory.swap.current ]]; then
        echo $(($(< "$dir/memory.swap.current") >> 20))
    else
        awk '$1 == "total_swap" { print int($2 / 1048576) }' "$dir/memory.stat"
    fi
}

# ---- the governor -------------------------------------------------------------

# balloon_metadata ATTRIBUTES [ELEMENTS]: of <corral:balloon>, for make_guest --top
balloon_metadata()
{
    cat <<END
<metadata><corral:limits xmlns:corral='$uri'>
<corral:balloon $1>${2:-}</corral:balloon></corral:limits></metadata>
END
}

# balloon_field NAME FIELD: of domstats' cgroup.balloon
balloon_field()
{
    virsh domstats --balloon "$1" | sed -n "s/^ *cgroup\.balloon\.$2=//p"
}

# balloon_state_is NAME [STATE [REASON]]
balloon_state_is()
{
    local told words

    told=$(virsh domstats --balloon "$1") || return
    words=$(sed -n 's/^ *cgroup\.balloon\.\(state\|reason\)=//p' <<< "$told" | xargs)
    [[ $words == "${*:2}" ]] || { echo "$told"; return 1; }
}

# group_limit NAME: in force, bytes; "max" for none
group_limit()
{
    local dir limit

    dir=$(memory_dir "$1") || return
    limit=$(cat "$dir/memory.high" 2> /dev/null || cat "$dir/memory.limit_in_bytes")
    [[ $limit != max ]] && ((limit > 1 << 62)) && limit=max
    echo "$limit"
}

# limit_follows NAME: it is where the target, QEMU's own and the margin of 32 MiB put it, in
# whole MiB
limit_follows()
{
    local told goal

    told=$(virsh domstats --balloon "$1")
    goal=$(sed -n 's/^ *cgroup\.balloon\.\(target\|overhead\)=//p' <<< "$told" | paste -s -d +)
    [[ $goal == *+* && $(group_limit "$1") == $((((goal + (33 << 20) - 1) >> 20) << 20)) ]] ||
        { echo "$told"; group_limit "$1"; return 1; }
}
