#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# corral on a host as Debian makes it.

. "$(dirname "$0")/functions.sh"

run_hosts -- host-activate.sh host-upgrade.sh
