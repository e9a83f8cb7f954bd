#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A libvirtd in a container where cgroup v2 is alone.

. "$(dirname "$0")/functions.sh"

run_labs v2 -- \
    tests/root/test-pod.sh \
    tests/root/test-pod-aside.sh
