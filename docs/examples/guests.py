#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""guests.py [NAME [KIB]]: shows guests or one, with KIB limits its memory, follows until all end"""
import sys
import gi

gi.require_version("Corral", "0")
from gi.repository import Corral, GLib


def find_guests(host):
    """A guest's group is the one with its labels, wherever that is."""
    for path in host.find_groups(Corral.Controllers.ALL, None):
        try:
            group = Corral.Group.open(host, path, Corral.Controllers.ALL)
            if group.get_label("uuid") and (not sys.argv[1:] or group.get_label("name") == sys.argv[1]):
                yield group.get_label("name"), group
        except GLib.Error:
            pass  # no guest's, or gone


def tell(watcher, group, event, name):
    print(f"{name} is {event.type.value_nick}", flush=True)
    if event.type != Corral.EventType.POPULATED:
        watchers.remove(watcher)


host, watchers = Corral.Host.new(None, Corral.HostFlags.NONE), []
for name, group in find_guests(host):
    if len(sys.argv) > 2:
        group.set_memory_limit(int(sys.argv[2]) * 1024)
    print(f"{name} in {group.get_path()}: {group.get_memory_usage() // 1024} KiB in use")
    for part in group.list_children():
        print(f"  {part}: threads {group.open_child(part).list_threads()}")
    watchers.append(Corral.Watcher.new(group.populated_source_new()))
    watchers[-1].connect("event", tell, name)
while watchers:
    GLib.MainContext.default().iteration(True)
