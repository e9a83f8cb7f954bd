#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What can be tuned of guests whose groups systemd hands out, on cgroup v2 alone.

. "$(dirname "$0")/functions.sh"

run_hosts --cpus 2 -- host-tune.sh
