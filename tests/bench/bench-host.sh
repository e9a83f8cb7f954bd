#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest's start costs where systemd has the scopes made, in the virtual machine: with
# corral, as a multiple of stock libvirt's time.  All is emulated there, so the ratio says something, the
# milliseconds little.

. "$(dirname "$(realpath "$0")")/../vm/functions.sh"

run_hosts -- host-cost.sh
