# SPDX-License-Identifier: LGPL-2.1-or-later
#
# servers.sh - a laboratory for each kind of libvirt, which does what it is asked
#
# For a benchmark that runs itself anew in each laboratory, where it reads requests and
# answers each with one line.

scratch=$(mktemp -d)
declare -A server=() ask answer

clean_up()
{
    ((${#server[@]})) && kill "${server[@]}" 2>/dev/null
    wait
    rm -rf "$scratch"
}
trap clean_up EXIT

# start_servers ARGUMENT...: the calling script with these, for each of $kinds: stock, none, corral
start_servers()
{
    local kind option fd

    for kind in "${kinds[@]}"; do
        option=--$kind
        [[ $kind == corral ]] && option=
        mkfifo "$scratch/$kind.in" "$scratch/$kind.out"
        "${laboratory[@]}" v1 $option -- "$(realpath "$0")" "$@" \
            < "$scratch/$kind.in" > "$scratch/$kind.out" &
        server[$kind]=$!
        exec {fd}> "$scratch/$kind.in"
        ask[$kind]=$fd
        exec {fd}< "$scratch/$kind.out"
        answer[$kind]=$fd
    done
}

# request KIND WHAT: the answer, a number, in $reply
request()
{
    echo "$2" >&"${ask[$1]}"
    if ! read -r -t 200 reply <&"${answer[$1]}" || [[ ! $reply =~ ^[0-9]+$ ]]; then
        echo "$(basename "$0"): $1: $2: ${reply:-no answer}" >&2
        exit 1
    fi
}

# judge TEXT VALUE GOAL
judge()
{
    awk -v text="$1" -v value="$2" -v goal="$3" 'BEGIN {
        printf "%s: %.2f; goal: at most %s: %s\n", text, value, goal, value <= goal ? "holds" : "MISSED"
    }'
}
