#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers where cgroup v2 is alone: what they use, and where they may run.

. "$(dirname "$0")/functions.sh"

run_labs v2 --cpus 2 -- tests/root/test-lxc-use.sh
