#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral help, and the manual page, which must say the same.

. "$(dirname "$0")/functions.sh"

# page_command NAME: what COMMANDS says about one command
page_command()
{
    page_section COMMANDS | awk -v name="$1" '
        /^\.SS / { inside = $3 == name || $3 == name "\"" }
        inside'
}

# options_of_page: "--name ARGUMENT: description", sorted, of the text on stdin
options_of_page()
{
    awk '
        /^\.TP/ { getline option; getline description
                  sub(/^\.(BI|B) /, "", option); gsub(/"/, "", option); gsub(/ +/, " ", option)
                  if (option ~ /^--/) print option ": " description }' | sort
}

options_of_help()
{
    sed -n 's/^  \(--[a-z-]*\( [A-Z]*\)\?\)  *\([A-Z].*\)$/\1: \3/p' | sed 's/ *: /: /' | sort
}

help=$("$corral" help)
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<< "$help")

same "the page has the commands that help has" "$commands" \
    "$(page_section COMMANDS | sed -n 's/^\.SS "corral \([a-z]*\).*/\1/p')"
same "the page has the options that help has" \
    "$(options_of_help <<< "$help")" "$(page_section OPTIONS | options_of_page)"
contains "the commands are there" \
    'activate.*balloon.*check.*deactivate.*device.*partition.*plan.*reserve.*status.*tree.*help' "${commands//$'\n'/ }"

for command in $commands; do
    help_command=$("$corral" help "$command")
    summary=$(sed -n 3p <<< "$help_command")

    same "$command: the page has the usage that help has" \
        "$(sed -n '1s/^Usage: //p' <<< "$help_command")" \
        "$(page_command "$command" | sed -n '1s/^\.SS "\(.*\)"$/\1/p')"
    same "$command: the page has the summary that help has" "$summary" \
        "$(page_command "$command" | sed -n 2p)"
    same "$command: the page has the options that help has" \
        "$(options_of_help <<< "$help_command")" "$(page_command "$command" | options_of_page)"
    contains "$command: so has the list of commands" "  $command +$summary" "$help"
    same "$command --help says the same as help" "$help_command" "$("$corral" "$command" --help)"
done
same "corral --help says the same as corral help" "$help" "$("$corral" --help)"

if type -P groff > /dev/null; then
    same "groff has nothing to say about the page" "" \
        "$(groff -t -man -Tutf8 -K utf8 -ww -rLL=80n "$page" 2>&1 > /dev/null)"
fi

# What corral answers to what it cannot understand.
expect_usage()
{
    local output status

    output=$("$corral" "${@:2}" 2>&1 > /dev/null)
    status=$?
    same "$1: exit status" 2 $status
    contains "$1: what it says" '^corral: ' "$output"
    same "$1: nothing on stdout" "" "$("$corral" "${@:2}" 2> /dev/null)"
}

expect_usage "no command"
expect_usage "an unknown command" frobnicate
expect_usage "help for an unknown command" help frobnicate
expect_usage "an unknown option" status --frobnicate
expect_usage "an option without its argument" status --root
expect_usage "an argument too many" tree there
expect_usage "an option before the command" --json tree

check "corral --version" "$corral" --version
contains "it is a version" '^corral [0-9]+\.[0-9]+\.[0-9]+$' "$("$corral" --version)"
if [[ ${CORRAL_VERSION:-} ]]; then
    same "it is this version" "corral $CORRAL_VERSION" "$("$corral" --version)"
fi
if [[ -w /dev/full ]]; then
    refuse "a full disk is an error" 'corral: cannot write' bash -c '"$0" help > /dev/full' "$corral"
fi

finish
