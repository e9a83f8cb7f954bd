#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a record of watch-groups.py says about clients and those who have what clients leave.
#
#   grey-figures.py cpu RECORD NS_PER_UNIT NS_PER_TICK CPUS CLIENT_MS END_MS
#       of processor time: the clients want the CPUS of theirs from CLIENT_MS on, till END_MS; a
#       tick is the unit of what was idle
#   grey-figures.py memory RECORD CLIENT_MS GUARANTEE_BYTES RATE
#       of memory: likewise, and may have GUARANTEE_BYTES, so many MiB of it a second at least
#   grey-figures.py late RECORD FROM_MS TO_MS [FROM_MS TO_MS]
#       of how late a process of the host's own was, before and during
#
# Each prints a line of figures, goal included.
import sys

WINDOW_MS = 100


def read(path):
    with open(path) as record:
        names = record.readline().split()
        rows = [[float(word) for word in line.split()] for line in record]
    return [dict(zip(names, row)) for row in rows if len(row) == len(names)]


def between(rows, start, end):
    return [row for row in rows if start <= row["ms"] <= end]


def share(rows, name, scale):
    """CPUs' worth of time that it had over the rows."""
    first, last = rows[0], rows[-1]
    elapsed = (last["ms"] - first["ms"]) * 1e6
    return (last[name] - first[name]) * scale / elapsed if elapsed else 0.0


def judge(holds):
    return "holds" if holds else "MISSED"


def cpu(record, scale, tick, cpus, start, end):
    rows, scale, cpus = read(record), float(scale), float(cpus)
    start, end = float(start), float(end)
    first = between(rows, rows[0]["ms"] + 200, start - 50)
    taken = share(first, "grey", scale)
    # Of what was there to be had: the host's own processes have theirs, and so may others.
    alone = taken / (taken + share(first, "idle", float(tick))) * 100
    wanting = between(rows, start, end)
    began = next((row["ms"] - start for row in wanting
                  if (row["clients"] - wanting[0]["clients"]) * scale > 1e6), 0)
    back = None
    for row in between(rows, start + began, end - WINDOW_MS):
        window = between(rows, row["ms"], row["ms"] + WINDOW_MS)
        if len(window) > 1 and share(window, "clients", scale) >= 0.95 * cpus:
            back = row["ms"] - start
            break
    later = between(rows, start + began + WINDOW_MS, end)
    clients = share(later, "clients", scale) / cpus * 100
    print("grey alone: %.1f %% of idle processor time; goal: more than 95: %s"
          % (alone, judge(alone > 95)))
    print("clients: %.1f %% of their guarantee from %d ms on after they ran; goal: more than 95: %s"
          % (clients, WINDOW_MS, judge(clients > 95)))
    print("clients had it %s ms after they were told to; their first program ran after %.0f"
          % ("%.0f" % back if back is not None else "more than %.0f" % (end - start), began))


def memory(record, start, guarantee, rate):
    rows, start, guarantee, rate = read(record), float(start), float(guarantee), float(rate)
    after = [row for row in rows if row["ms"] >= start]
    before = [row for row in rows if row["ms"] < start]
    goal = 0.95 * guarantee
    had = next((row["ms"] - start for row in after if row["clients"] >= goal), None)
    most = max(row["clients"] + row["grey"] for row in rows) / 2**20
    print("grey had %.0f MiB, and %.0f when the clients had theirs; together %.0f at most"
          % (max(row["grey"] for row in before) / 2**20, after[-1]["grey"] / 2**20, most))
    if had is None:
        print("clients had 95 %% of their guarantee: never (%.0f MiB): MISSED"
              % (max(row["clients"] for row in after) / 2**20))
    else:
        reached = goal / 2**20 / (had / 1000)
        print("clients had 95 %% of their guarantee after %.1f s: %.0f MiB a second; goal: %.0f: %s"
              % (had / 1000, reached, rate, judge(reached >= rate)))


def late(record, *spans):
    rows = read(record)
    for which, start, end in zip(("before", "during"), spans[0::2], spans[1::2]):
        values = sorted(row["late"] for row in between(rows, float(start), float(end)))
        print("a process of the host's %s: late by %.0f us (median), %.0f us (99 of 100)"
              % (which, values[len(values) // 2], values[len(values) * 99 // 100]))


{"cpu": cpu, "memory": memory, "late": late}[sys.argv[1]](*sys.argv[2:])
