#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests as in test-v2-qemu.sh, with what Debian 13 has: systemd, libvirt and Linux.

. "$(dirname "$0")/functions.sh"

need_driver 11
# With one processor, as in test-host-trixie.sh.
run_hosts --release trixie -- host-qemu.sh
