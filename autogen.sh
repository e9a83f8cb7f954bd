#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes ./configure and the Makefile.in from what is in git.
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install --warnings=all
