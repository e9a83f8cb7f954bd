/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest-layout.h"
#include "guest.h"

/*
 * The layout in which QEMU guests' groups are made from now on.  Those that are there stay where
 * they are.  All of it may be called by any thread.
 */

/* Where libvirtd goes with all that is beside it if they are in the way; no partition has it. */
#define DRV_LAYOUT_ASIDE "_libvirtd"

/* FALSE with the reason if this host cannot have it; then all is as it was. */
gboolean drv_layout_set(CorralHost *host, GuestLayout layout, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GuestLayout drv_layout_get(void);

/* libvirtd's own group; "" if that is the root, or nobody knows. */
char *drv_layout_dup_own(void);

/* The group in which guests are made that name no partition. */
char *drv_layout_build_default(void);

/* Where @guest's group is to be made.  @run: libvirt's number of its run; 0 as long as there is
 * none, and then there is no path in libvirt's own layout. */
char *drv_layout_build_path(const Guest *guest, int run, GError **error) G_GNUC_WARN_UNUSED_RESULT;
