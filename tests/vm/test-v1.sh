#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The library where systemd mounts legacy hierarchies alone.

. "$(dirname "$0")/functions.sh"

run_programs v1
