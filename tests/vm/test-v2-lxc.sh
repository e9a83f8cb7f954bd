#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers where cgroup v2 is alone: their life.

. "$(dirname "$0")/functions.sh"

run_labs v2 -- \
    tests/root/test-lxc.sh \
    tests/root/test-lxc-group.sh \
    tests/root/test-lxc-owner.sh \
    tests/root/test-lxc-systemd.sh
