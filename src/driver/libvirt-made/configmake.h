/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's build makes a header of this name, and headers that we read want it.  What it
 * has are libvirt's directories, for macros that nobody here uses.
 */
#pragma once
