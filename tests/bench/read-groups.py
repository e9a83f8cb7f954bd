#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How somebody reads the statistics of groups in plain Python: each file opened by
# its name, read and taken apart.
#
#   read-groups.py FILE...     names of files with statistics, one a line
#
# For each line on standard input all of them are read once; the answer is how
# many microseconds that took and the sum of what was read.
import sys
import time


def read_numbers(path):
    """{"": 42} for a file with a number, otherwise all keys with their numbers."""
    numbers = {}
    with open(path) as file:
        for line in file:
            *key, number = line.split()
            numbers[key[0] if key else ""] = int(number)
    return numbers


def count(numbers):
    total = numbers.get("", 0) + numbers.get("nr_periods", 0) + numbers.get("nr_throttled", 0)
    total += numbers.get("throttled_usec", 0) + numbers.get("throttled_time", 0) // 1000
    return total


with open(sys.argv[1]) as names:
    paths = names.read().splitlines()
for _ in sys.stdin:
    start = time.perf_counter_ns()
    total = sum(count(read_numbers(path)) for path in paths)
    elapsed = (time.perf_counter_ns() - start) // 1000
    print(elapsed, total, flush=True)
