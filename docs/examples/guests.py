#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
guests.py [NAME [KIB]]: the guests that corral keeps in groups, or one of them, and
what they use; with KIB, after setting the guest's memory limit
"""

import sys

import gi

gi.require_version("Corral", "0")
from gi.repository import Corral, GLib


def find_guests(host):
    """A guest's group is the one with its labels, wherever that is."""
    for path in host.find_groups(Corral.Controllers.ALL, None):
        try:
            group = Corral.Group.open(host, path, Corral.Controllers.ALL)
            if group.get_label("uuid"):
                yield group.get_label("name"), group
        except GLib.Error:
            pass  # no guest's, or gone


host = Corral.Host.new(None, Corral.HostFlags.NONE)
for name, group in find_guests(host):
    if name not in sys.argv[1:2] and len(sys.argv) > 1:
        continue
    if len(sys.argv) > 2:
        group.set_memory_limit(int(sys.argv[2]) * 1024)
    print(f"{name} in {group.get_path()}: {group.get_memory_usage() // 1024} KiB in use")
    for part in group.list_children():
        print(f"  {part}: threads {group.open_child(part).list_threads()}")
