#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Partitions share a host as its operator says, where systemd hands out the groups.

. "$(dirname "$0")/functions.sh"

run_hosts -- host-policy.sh
