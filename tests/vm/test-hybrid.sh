#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The library where systemd mounts cgroup2 beside legacy hierarchies.

. "$(dirname "$0")/functions.sh"

run_programs hybrid
