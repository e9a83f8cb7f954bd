#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Records what files say, line by line as time goes on, until it is ended by SIGTERM.
#
#   watch-groups.py OUT MILLISECONDS NAME=FILE[:N]...
#
# OUT begins with a line of names; then each line has the milliseconds of the machine's uptime
# and a number for each FILE: its first one, or its Nth.  "late" is no file, but by how many microseconds
# the line is later than it was meant to be: what a process of the host's own has to wait.
import re
import signal
import sys
import time


class Ended(Exception):
    pass


def end(*_):
    raise Ended


def read_number(path, number):
    with open(path) as file:
        return re.findall(r"\d+", file.readline())[number - 1]


def parse(word):
    name, path = word.split("=", 1)
    path, _, number = path.partition(":")
    return name, path, int(number or 1)


def main():
    out, interval = sys.argv[1], float(sys.argv[2]) / 1000
    columns = [parse(word) for word in sys.argv[3:]]
    signal.signal(signal.SIGTERM, end)
    due = time.clock_gettime(time.CLOCK_BOOTTIME)
    with open(out, "w", buffering=1) as record:
        record.write(" ".join(["ms"] + [name for name, _, _ in columns] + ["late"]) + "\n")
        try:
            while True:
                due += interval
                time.sleep(max(0, due - time.clock_gettime(time.CLOCK_BOOTTIME)))
                now = time.clock_gettime(time.CLOCK_BOOTTIME)
                words = [read_number(path, number) for _, path, number in columns]
                late = (now - due) * 1e6
                record.write(" ".join(["%.1f" % (now * 1000)] + words + ["%.0f" % late]) + "\n")
                due = max(due, now - interval)
        except Ended:
            pass


main()
