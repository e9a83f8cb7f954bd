#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests where cgroup v2 is alone, and nobody else hands out the groups: what each gets.

. "$(dirname "$0")/functions.sh"

run_labs v2 -- tests/root/test-shares.sh
