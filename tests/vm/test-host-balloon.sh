#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What guests are asked for is taken where systemd hands out the groups, on cgroup v2 alone.

. "$(dirname "$0")/functions.sh"

run_hosts --memory 1536 -- host-balloon.sh
