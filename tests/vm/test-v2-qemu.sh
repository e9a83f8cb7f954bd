#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests where systemd hands out the groups and machined knows them, on cgroup v2 alone.

. "$(dirname "$0")/functions.sh"

run_hosts -- host-qemu.sh
