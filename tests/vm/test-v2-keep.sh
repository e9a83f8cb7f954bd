#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest keeps, and what it gets, where systemd hands out the groups, on cgroup v2 alone.

. "$(dirname "$0")/functions.sh"

run_hosts -- host-keep.sh host-shares.sh
