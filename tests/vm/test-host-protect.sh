#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# When a host runs short of memory a guest has what it was promised, on cgroup v2.

. "$(dirname "$0")/functions.sh"

run_hosts --memory 1024 -- host-protect.sh
