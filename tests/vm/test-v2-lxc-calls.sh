#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers where cgroup v2 is alone: what is done to them.

. "$(dirname "$0")/functions.sh"

run_labs v2 -- \
    tests/root/test-lxc-tune.sh \
    tests/root/test-lxc-freeze.sh \
    tests/root/test-lxc-stop.sh
