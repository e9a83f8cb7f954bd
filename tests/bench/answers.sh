# SPDX-License-Identifier: LGPL-2.1-or-later
#
# answers.sh - what a benchmark of servers.sh does in its laboratory

# answer_requests: for each on standard input one line, from the function answer_REQUEST of the
# benchmark or, if it has none, from time-guests; does not return
answer_requests()
{
    local request answer

    coproc timer { "$build_dir/tests/bench/time-guests"; }
    while read -r request; do
        if declare -F "answer_$request" > /dev/null; then
            answer=$("answer_$request")
        else
            echo "$request" >&"${timer[1]}"
            read -r answer <&"${timer[0]}"
        fi
        echo "$answer"
    done
    exit 0
}
