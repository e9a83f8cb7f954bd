# SPDX-License-Identifier: LGPL-2.1-or-later

EXTRA_DIST += docs/devices.md docs/examples/confine.c docs/python.md docs/units.md
EXTRA_DIST += docs/devices.md docs/network.md docs/units.md
EXTRA_DIST += docs/devices.md docs/examples/confine.c docs/notifications.md docs/python.md docs/units.md
EXTRA_DIST += docs/devices.md docs/examples/confine.c docs/examples/guests.py docs/python.md docs/units.md

dist_man_MANS += docs/corral.1
