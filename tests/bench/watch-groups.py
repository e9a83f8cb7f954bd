#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Records what files say, line by line as time goes on, until it is ended by SIGTERM.
#
#   watch-groups.py OUT MILLISECONDS NAME=FILE...
#
# OUT begins with a line of names; then each line has the milliseconds of the machine's uptime
# and a number for each FILE: its first one.  "late" is no file, but by how many microseconds
# the line is later than it was meant to be: what a process of the host's own has to wait.
import re
import signal
import sys
import time


class Ended(Exception):
    pass


def end(*_):
    raise Ended


def read_number(path):
    with open(path) as file:
        return re.search(r"\d+", file.read()).group()


def main():
    out, interval = sys.argv[1], float(sys.argv[2]) / 1000
    columns = [word.split("=", 1) for word in sys.argv[3:]]
    signal.signal(signal.SIGTERM, end)
    due = time.clock_gettime(time.CLOCK_BOOTTIME)
    with open(out, "w", buffering=1) as record:
        record.write(" ".join(["ms"] + [name for name, _ in columns] + ["late"]) + "\n")
        try:
            while True:
                due += interval
                time.sleep(max(0, due - time.clock_gettime(time.CLOCK_BOOTTIME)))
                now = time.clock_gettime(time.CLOCK_BOOTTIME)
                words = [read_number(path) for _, path in columns]
                late = (now - due) * 1e6
                record.write(" ".join(["%.1f" % (now * 1000)] + words + ["%.0f" % late]) + "\n")
                due = max(due, now - interval)
        except Ended:
            pass


main()
