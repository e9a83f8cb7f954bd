#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A policy that changes under load where cgroup v2 is alone, and nobody else hands out the groups.

. "$(dirname "$0")/functions.sh"

run_labs v2 -- tests/root/test-policy-reload.sh
