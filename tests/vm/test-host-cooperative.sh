#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A Linux guest that gives back what it is asked for, on cgroup v2 alone.

. "$(dirname "$0")/functions.sh"
. "$test_dir/balloon.sh"

need_linux_guest
run_hosts --memory 2048 --with "$CORRAL_LINUX_GUEST" linux-guest -- host-cooperative.sh
