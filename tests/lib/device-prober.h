/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel-bed.h"

/*
 * What the kernel lets a process do to devices, found out by a process that tries:
 * a program with this in it, called with "--try" or "--hammer".
 */
int device_prober_try(void);
int device_prober_hammer(void);

/* One that tries, with nodes of @devices where nobody else sees them. */
BedProcess device_prober_start(const CorralDevice *devices, gsize n_devices);
void device_prober_make_node(BedProcess *process, const CorralDevice *device);

/*
 * Whether it may do @what to @device: open it for "r", "w", "rw", make a node, "m",
 * or, in capital letters, ask the kernel whether it might open it.
 */
gboolean device_prober_may(BedProcess *process, const CorralDevice *device, const char *what);
