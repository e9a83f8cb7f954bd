#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests whatever machined does, and where it is not there.

. "$(dirname "$0")/functions.sh"

run_hosts -- host-machined.sh
