# SPDX-License-Identifier: LGPL-2.1-or-later
#
# functions.sh - what the tests in the laboratory are written with
#
# A test is a script that sources this file, asks for a laboratory with in_lab,
# says what should be so with check and its kin, and ends with finish.  A line
# is printed for each check; a failed one shows what was there instead.  The
# exit status is 0, 1 if a check failed, 77 if the test was not possible here.
#
# Nothing here sleeps for the sake of sleeping: whoever has to wait says for
# what, and until when (wait_for).
#
# What is asked again and again starts no programs if the shell can do it: in an
# emulated machine each takes as long as hundreds of them should.

# Otherwise & in a replacement means what was replaced, in bash 5.2 and later.
shopt -u patsub_replacement 2> /dev/null

test_dir=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
source_dir=$(realpath "$test_dir/../..")

# The stage is made in the build directory.
build_dir=${CORRAL_BUILDDIR:-$(dirname "${CORRAL_STAGE:-.}")}

checks_done=0
checks_failed=0

# What a checked command says goes to a file without a name, not through a pipe:
# so the command runs in this shell, and no daemon it starts keeps us waiting.
checks_file=$(mktemp) || exit 1
exec {checks_fd}<> "$checks_file"
rm -f "$checks_file"
checks_file=/proc/self/fd/$checks_fd

# ---- saying what should be so -------------------------------------------------

pass()
{
    checks_done=$((checks_done + 1))
    printf 'ok    %s\n' "$1"
}

# fail DESCRIPTION [LINE]...
fail()
{
    checks_done=$((checks_done + 1))
    checks_failed=$((checks_failed + 1))
    printf 'FAIL  %s\n' "$1"
    shift
    if (($#)); then
        printf '%s\n' "$@" | sed -e '40{s/.*/.../;q}' -e 's/^/      | /'
    fi
}

note()
{
    printf '      %s\n' "$*"
}

skip()
{
    echo "SKIP  $*"
    exit 77
}

# check DESCRIPTION COMMAND...: COMMAND succeeds.
check()
{
    local description=$1

    shift
    if "$@" > "$checks_file" 2>&1; then
        pass "$description"
    else
        fail "$description" "exit status $? of: $*" "$(cat "$checks_file")"
        return 1
    fi
}

# tell_what_daemon_said: its log ends with the laboratory, where much is amiss at every start
tell_what_daemon_said()
{
    local known='dmidecode|DBus|system bus|dnsmasq|udevGetDMIData|virSecurityManagerNew|virNetSocketReadWire'

    [[ ${LAB_MODE:-} && -r $daemon_log ]] || return 0
    note "the daemon said at last:"
    grep -E ': (warning|error) : ' "$daemon_log" | grep -Ev "$known" | tail -n 40 |
        sed 's/^/      | /'
}

# must: a check without which there is no use in going on
must()
{
    check "$@" || finish
}

# refuse DESCRIPTION PATTERN COMMAND...: COMMAND fails and says PATTERN.
refuse()
{
    local description=$1
    local pattern=$2
    local output

    shift 2
    if "$@" > "$checks_file" 2>&1; then
        fail "$description" "no error from: $*" "$(cat "$checks_file")"
        return
    fi
    output=$(cat "$checks_file")
    if [[ ! $output =~ $pattern ]]; then
        fail "$description" "expected: $pattern" "got:      $output"
    else
        pass "$description"
    fi
}

# same DESCRIPTION EXPECTED GOT
same()
{
    if [[ $2 == "$3" ]]; then
        pass "$1"
    elif [[ $2 == *$'\n'* || $3 == *$'\n'* ]]; then
        fail "$1" "$(diff -u --label expected --label got <(echo "$2") <(echo "$3"))"
    else
        fail "$1" "expected: $2" "got:      $3"
    fi
}

# differ DESCRIPTION UNWANTED GOT
differ()
{
    if [[ $2 != "$3" ]]; then
        pass "$1"
    else
        fail "$1" "got: $3"
    fi
}

# contains DESCRIPTION PATTERN TEXT: an extended regular expression
contains()
{
    if [[ $3 =~ $2 ]]; then
        pass "$1"
    else
        fail "$1" "expected: $2" "got:      $3"
    fi
}

# finish: the last line of every test.
finish()
{
    if ((checks_failed)); then
        tell_what_daemon_said
        echo "$checks_failed of $checks_done checks failed"
        exit 1
    fi
    if ((checks_done == 0)); then
        echo "FAIL  nothing was checked"
        exit 1
    fi
    echo "$checks_done checks"
    exit 0
}

# How long to wait for what should happen, in seconds: a machine that has others to care
# for may stand still for half of that.  What should not happen has a time of its own.
patience=30

# The XML namespace of what corral understands in a guest's <metadata>.
uri=https://corral.dev/xmlns/libvirt/domain/1.0

# uptime_ms: what no one sets, unlike the clock
uptime_ms()
{
    local seconds rest

    read -r seconds rest < /proc/uptime
    echo $((10#${seconds/./} * 10))
}

# between LOW VALUE HIGH
between()
{
    [[ $1 && $2 && $3 ]] && (($1 <= $2 && $2 <= $3)) || { echo "$1, $2, $3"; return 1; }
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; fails after SECONDS, and lets
# COMMAND say why.  SECONDS in which we did not get to look do not count for much: a
# machine that stands still does not bring forward what we wait for either.
wait_for()
{
    local start=$(uptime_ms)
    local limit=$(($1 * 1000))
    local looks=$(($1 * 10))
    local passed=0
    local pause=0.02

    shift
    until "$@" > /dev/null 2>&1; do
        looks=$((looks - 1))
        passed=$(($(uptime_ms) - start))
        if ((passed >= 4 * limit || (passed >= limit && looks <= 0))); then
            "$@"
            return
        fi
        # What takes long is not made longer by who looks at it.
        ((passed < 1000)) || pause=0.1
        sleep $pause
    done
}

# ---- the laboratory -----------------------------------------------------------

# A test that is ended from outside leaves no laboratory behind.
laboratory=(setpriv --pdeathsig TERM "$test_dir/lab")

# in_lab [--stock|--none] MODE...: runs the calling script once in a laboratory
# of each MODE, and ends with the sum; inside a laboratory it just returns.
in_lab()
{
    local options=()
    local mode
    local status=77
    local code

    [[ ${LAB_MODE:-} ]] && return 0

    need_root
    if [[ $1 == --* ]]; then
        options=("$1")
        shift
    else
        need_stage
    fi
    for mode in "$@"; do
        echo "# $(basename "$0"), mode $mode"
        if [[ $mode != v1 ]] && ! grep -q ' - cgroup2 ' /proc/self/mountinfo; then
            echo "SKIP  this machine has no cgroup2 mount"
            continue
        fi
        "${laboratory[@]}" "$mode" "${options[@]}" -- "$(realpath "$0")"
        code=$?
        case $code in
        0) ((status == 77)) && status=0 ;;
        77) ;;
        *) status=1 ;;
        esac
    done
    exit $status
}

need_root()
{
    ((EUID == 0)) || skip "only root can have a laboratory"
    type -P libvirtd > /dev/null || skip "libvirtd is not installed"
    type -P qemu-system-x86_64 > /dev/null || skip "qemu-system-x86_64 is not installed"
    type -P virsh > /dev/null || skip "virsh is not installed"
    grep -q ' - cgroup ' /proc/self/mountinfo || skip "this machine has no cgroup v1 hierarchy"
}

need_stage()
{
    [[ ${CORRAL_STAGE:-} ]] || skip "CORRAL_STAGE does not name an installation of corral"
}

# need_program PATH: a program that the build makes for the tests
need_program()
{
    [[ -x $build_dir/$1 ]] || skip "$1 is not built: make check-root does that"
}

# ---- the daemon ---------------------------------------------------------------

daemon_log=/var/log/libvirt/libvirtd.log
daemon_errors=/var/log/libvirt/libvirtd.err

daemon_pid()
{
    local pid

    pid=$(cat /run/corral-lab/libvirtd.pid 2>/dev/null) && [[ -d /proc/$pid ]] || return 1
    echo "$pid"
}

# daemon_start: starts libvirtd and waits until it answers.
daemon_start()
{
    rm -f /run/libvirt/libvirt-sock
    # Not the lab's files: a daemon must not hold what a test's caller waits for.
    setsid libvirtd < /dev/null >> "$daemon_errors" 2>&1 &
    echo $! > /run/corral-lab/libvirtd.pid
    disown $!
    if ! wait_for 60 daemon_answers || ! daemon_pid > /dev/null; then
        cat "$daemon_errors" "$daemon_log" >&2
        return 1
    fi
}

# A dead daemon's virsh fails at once: no use in waiting for its socket.
daemon_answers()
{
    daemon_pid || return 0
    [[ -S /run/libvirt/libvirt-sock ]] && virsh uri
}

daemon_gone()
{
    [[ ! -d /proc/$1 ]]
}

# interrupted MILLISECONDS COMMAND...: the daemon is killed that long after the
# command has begun, and started again
interrupted()
{
    local delay=$1
    local client

    shift
    "$@" > /dev/null 2>&1 &
    client=$!
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    daemon_kill9
    wait $client
    daemon_start
}

# daemon_stop: asks libvirtd to end, as a service manager does.
daemon_stop()
{
    local pid

    pid=$(daemon_pid) || return 1
    kill -TERM "$pid"
    wait_for $patience daemon_gone "$pid"
}

daemon_kill9()
{
    local pid

    pid=$(daemon_pid) || return 1
    kill -KILL "$pid"
    wait_for $patience daemon_gone "$pid"
}

daemon_restart()
{
    daemon_stop && daemon_start
}

# lab_log: what the daemon said, in its log and on its standard error.
lab_log()
{
    cat "$daemon_log" "$daemon_errors" 2>/dev/null
}

# ---- guests -------------------------------------------------------------------

# libvirt_since VERSION: is the machine's libvirt that, or a later one?
libvirt_since()
{
    libvirtd --version | sed "s/.* /$1 /" | tr ' ' '\n' | sort -VC
}

# kvm_works: can QEMU use /dev/kvm here?
kvm_works()
{
    local pidfile=/run/corral-lab/kvm-probe.pid

    [[ -w /dev/kvm ]] &&
        qemu-system-x86_64 -accel kvm -M none -S -display none -monitor none -serial none \
            -daemonize -pidfile "$pidfile" > /dev/null 2>&1 &&
        kill "$(cat "$pidfile")"
}

# escape TEXT: TEXT as XML character data or attribute value
escape()
{
    local text=$1

    text=${text//&/&amp;}
    text=${text//</&lt;}
    text=${text//>/&gt;}
    text=${text//\"/&quot;}
    text=${text//\'/&apos;}
    text=${text//$'\n'/&#10;}
    printf '%s' "$text"
}

# make_guest NAME [OPTION VALUE]...: the XML of a guest that is nothing but its
# firmware: it starts in a moment and stays until it is stopped.  Without --type
# it is emulated, which works everywhere; a KVM guest inside a virtual machine
# may keep a processor busy for seconds before its firmware is done.  Options:
# --vcpus N, --max-vcpus N, --partition PATH, --cputune XML, --iothreads N,
# --type qemu|kvm, --uuid UUID, --memory MIB, --features XML, --devices XML,
# --top XML (anything that goes below <domain>), --os XML (the same, below <os>),
# --balloon XML (the <memballoon>; without it there is none).
make_guest()
{
    local name=$1
    local vcpus=1 max= partition= cputune= iothreads= type=qemu uuid= memory=32
    local features='<acpi/>' devices= top= os= balloon="<memballoon model='none'/>"

    shift
    while (($#)); do
        case $1 in
        --vcpus) vcpus=$2 ;;
        --max-vcpus) max=$2 ;;
        --partition) partition="<resource><partition>$(escape "$2")</partition></resource>" ;;
        --cputune) cputune="<cputune>$2</cputune>" ;;
        --iothreads) iothreads="<iothreads>$2</iothreads>" ;;
        --type) type=$2 ;;
        --uuid) uuid="<uuid>$2</uuid>" ;;
        --memory) memory=$2 ;;
        --features) features=$2 ;;
        --devices) devices=$2 ;;
        --top) top=$2 ;;
        --os) os=$2 ;;
        --balloon) balloon=$2 ;;
        *) echo "make_guest: unknown option '$1'" >&2; return 1 ;;
        esac
        shift 2
    done
    cat <<END
<domain type='$type'>
  <name>$(escape "$name")</name>
  $uuid
  <memory unit='MiB'>$memory</memory>
  <vcpu placement='static'${max:+ current='$vcpus'}>${max:-$vcpus}</vcpu>
  $iothreads
  $cputune
  $partition
  <os><type arch='x86_64' machine='pc'>hvm</type>$os</os>
  <features>$features</features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  $top
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    $balloon
    $devices
  </devices>
</domain>
END
}

# define_guest, create_guest: make_guest and then virsh define or virsh create.
define_guest()
{
    make_guest "$@" > /run/corral-lab/guest.$BASHPID.xml || return 1
    virsh define --validate /run/corral-lab/guest.$BASHPID.xml
}

create_guest()
{
    make_guest "$@" > /run/corral-lab/guest.$BASHPID.xml || return 1
    virsh create --validate /run/corral-lab/guest.$BASHPID.xml
}

# make_boot_disk FILE KIND: a disk with a boot sector, so that a guest can do
# something by itself.  KIND "off" switches the machine off at once; "button"
# says "!" on the serial port, then sleeps until the power button is pressed
# (virsh shutdown) and switches the machine off; "eject" lets go of vCPU 1 then; "busy"
# says "!", too, and then has no end of work to do.
# The ports are those of the ACPI power management in machine "pc": 0x600 status,
# 0x602 enable, 0x604 control; and of its vCPUs: 0xaf00 which one, 0xaf04 what.
make_boot_disk()
{
    local off='\xba\x04\x06\xb8\x00\x20\xef\xeb\xfe' # out 0x604, S5; jmp .
    local eject='\xba\x00\xaf\x66\x31\xc0\x40\x66\xef\xb2\x04\xb0\x08\xee\xeb\xfe'
    local code=

    case $2 in
    off) code=$off ;;
    busy) code='\xba\xf8\x03\xb0\x21\xee\xeb\xfe' ;; # out 0x3f8, '!'; jmp .
    button | eject)
        [[ $2 == button ]] || code='\xba\x00\xaf\xb0\x00\xee' # vCPUs can be ejected
        code+='\xba\x02\x06\xb8\x00\x01\xef'          # out 0x602, power button
        code+='\xba\xf8\x03\xb0\x21\xee'              # out 0x3f8, '!'
        code+='\xfb\xf4'                                # 1: sti; hlt
        code+='\xba\x00\x06\xed\xf6\xc4\x01\x74\xf5'  # in 0x600; test button; jz 1b
        [[ $2 == button ]] && code+=$off || code+=$eject
        ;;
    *) return 1 ;;
    esac
    printf "$code" > "$1" &&
        truncate -s 510 "$1" &&
        printf '\x55\xaa' >> "$1" &&
        truncate -s 64K "$1"
}

# disk_xml FILE, serial_xml FILE: for make_guest --devices
disk_xml()
{
    cat <<END
<disk type='file' device='disk'><driver name='qemu' type='raw'/>
<source file='$1'/><target dev='hda' bus='ide'/></disk>
END
}

serial_xml()
{
    echo "<serial type='file'><source path='$1'/></serial>"
}

# guest_pid NAME
guest_pid()
{
    pid_in "/run/libvirt/qemu/$1.pid"
}

# pid_in FILE: it may have no end of line
pid_in()
{
    local pid=

    read -r pid < "$1"
    [[ $pid ]] && echo "$pid"
} 2> /dev/null

# guest_state NAME STATE: is the guest in this state?
guest_state()
{
    [[ $(virsh domstate "$1" 2>&1) == "$2"* ]]
}

# ---- groups -------------------------------------------------------------------

# hierarchies: where the laboratory's cgroup file systems are
hierarchies()
{
    awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5 }' \
        /proc/self/mountinfo
}

# cputune NAME [OPTION]: what dumpxml says about it
cputune()
{
    virsh dumpxml "$@" | sed -n '/<cputune>/,/<\/cputune>/p'
}

# own_hierarchies: where corral has business, and where it has none
own_hierarchies="cpu cpuacct cpuset memory devices freezer blkio pids"
thread_hierarchies="cpu cpuacct cpuset"

# no_guest_groups: is every guest's group gone?
no_guest_groups()
{
    local left

    left=$(guest_groups)
    [[ ! $left ]] || { echo "$left"; return 1; }
}

# groups_of PATTERN: the groups anywhere whose name has the shell PATTERN
groups_of()
{
    local roots

    readarray -t roots < <(hierarchies)
    find "${roots[@]}" -mindepth 1 -type d -name "$1"
}

# guest_groups: the guests' own groups, not their children; a hierarchy and a
# path, one a line
guest_groups()
{
    groups_of '*.libvirt*'
}

# group_dir CONTROLLER PARTITION NAME: a guest's group
group_dir()
{
    local point

    point=$(controller_mount "$1") || return 1
    echo "$point${2%/}/$3.qemu.libvirt"
}

# unified_alone: is there cgroup v2 and nothing else?
unified_alone()
{
    [[ $(< /proc/self/mountinfo) != *' - cgroup '* ]]
}

# controller_mount CONTROLLER: cpu, memory, ...; "systemd"; "unified", which is where
# all of them are if there is nothing else
controller_mount()
{
    local controller=$1
    local kind options fields line

    unified_alone && controller=unified
    case $controller in
    unified) kind=cgroup2 options=. ;;
    systemd) kind=cgroup options='(^|,)name=systemd(,|$)' ;;
    *) kind=cgroup options="(^|,)$controller(,|\$)" ;;
    esac
    while read -r -a fields; do
        line=${fields[*]}
        if [[ ${line#* - } == "$kind "* && ${fields[-1]} =~ $options ]]; then
            echo "${fields[4]}"
            return
        fi
    done < /proc/self/mountinfo
    return 1
}

# group_file CONTROLLER PARTITION NAME FILE: what is in a file of the group; FILE
# may be in a child, as vcpu0/cpu.shares
group_file()
{
    local dir

    dir=$(group_dir "$1" "$2" "$3") || return 1
    cat "$dir/$4"
}

# used_cpu DIR...: the processor time of these groups, microseconds, one a line
used_cpu()
{
    local dir

    for dir; do
        if [[ -e $dir/cpuacct.usage ]]; then
            echo $(($(< "$dir/cpuacct.usage") / 1000))
        else
            sed -n 's/^usage_usec //p' "$dir/cpu.stat"
        fi
    done
}

# share_of_cpu DIR DIR [SECONDS]: how much processor time the first of two groups gets for
# 1000 of the second's.  Measured by their own counters until both together have had that
# many seconds of it, however much else the machine has to do meanwhile.
share_of_cpu()
{
    local wanted=$((${3:-3} * 1000000))
    local deadline=$((SECONDS + 120))
    local before after first second

    # The first is read again after the second: in between we may have been held up.
    readarray -t before < <(used_cpu "$1" "$2" "$1")
    while ((SECONDS < deadline)); do
        sleep 0.2
        readarray -t after < <(used_cpu "$1" "$2" "$1")
        first=$(((after[0] + after[2] - before[0] - before[2]) / 2))
        second=$((after[1] - before[1]))
        if ((first + second >= wanted && second > 0)); then
            echo $((first * 1000 / second))
            return
        fi
    done
    echo "too little to tell: $first and $second microseconds"
    return 1
}

# near EXPECTED GOT: within 5 %
near()
{
    [[ $2 =~ ^[0-9]+$ ]] && (($2 >= $1 * 95 / 100 && $2 <= $1 * 105 / 100))
}

# same_share DESCRIPTION EXPECTED DIR DIR: share_of_cpu, within 5 %.  When an emulated machine
# stands still for a moment, that is time of whoever ran just then: once more, for longer.
same_share()
{
    local got=$(share_of_cpu "$3" "$4")

    near "$2" "$got" || got=$(share_of_cpu "$3" "$4" 15)
    if near "$2" "$got"; then
        pass "$1 ($got to 1000)"
    else
        fail "$1" "expected: $2 to 1000" "got:      $got"
    fi
}

# where_is TID HIERARCHY: the group of a thread; named as for controller_mount
where_is()
{
    local hierarchy=$2
    local line group

    unified_alone && hierarchy=unified
    case $hierarchy in
    unified) line='0::' ;;
    systemd) line='[0-9]+:name=systemd:' ;;
    *) line="[0-9]+:([^:]*,)?$hierarchy(,[^:]*)?:" ;;
    esac
    while IFS= read -r group; do
        [[ ! $group =~ ^($line) ]] || echo "${group#"${BASH_REMATCH[1]}"}"
    done < "/proc/$1/cgroup"
}

# threads_in_place PID GROUP VCPUS: is each thread of QEMU where it belongs?
threads_in_place()
{
    local pid=$1
    local group=$2
    local vcpus=0
    local tid comm want got hierarchy

    for tid in "/proc/$pid/task"/*; do
        tid=${tid##*/}
        { read -r comm < "/proc/$pid/task/$tid/comm"; } 2> /dev/null || continue
        case $comm in
        "CPU "*) want=${comm#CPU }; want=vcpu${want%/*}; vcpus=$((vcpus + 1)) ;;
        "IO iothread"*) want=${comm#IO } ;;
        # Made by the kernel for whichever vCPU first enters the guest, and born there.
        kvm-*) want='(emulator|vcpu[0-9]+)' ;;
        *) want=emulator ;;
        esac
        for hierarchy in $thread_hierarchies; do
            got=$(where_is "$tid" $hierarchy)
            if [[ ! $got =~ ^"$group"/$want$ ]]; then
                echo "thread '$comm' of $pid in $hierarchy: $got"
                return 1
            fi
        done
    done
    ((vcpus == $3)) || { echo "$vcpus vCPU threads of $pid"; return 1; }
}

# guest_in_place NAME PARTITION VCPUS: is a running guest in its group, everywhere?
guest_in_place()
{
    local group=${2%/}/$1.qemu.libvirt
    local pid hierarchy got

    pid=$(guest_pid "$1") || { echo "guest '$1' has no process"; return 1; }
    threads_in_place "$pid" "$group" "$3" || return 1
    for hierarchy in $own_hierarchies; do
        [[ " $thread_hierarchies " == *" $hierarchy "* ]] && continue
        got=$(where_is "$pid" $hierarchy)
        [[ $got == "$group" ]] || { echo "guest '$1' in $hierarchy: $got"; return 1; }
    done
}

if [[ ${LAB_SHELL:-} ]]; then
    PS1="(lab $LAB_KIND $LAB_MODE) \w # "
    daemon_pid > /dev/null || daemon_start
fi
