/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * Makes what a stock start of @guest insists on finding in the unified
 * hierarchy; NULL if it needs nothing, or if there is nothing to be done about
 * it.  Goes with drv_parent_remove() once the start has returned.
 */
CorralGroup *drv_parent_make(CorralHost *host, const Guest *guest) G_GNUC_WARN_UNUSED_RESULT;
/*
 * Makes the partition of the container @guest, where libvirt is going to look for it and insists
 * on finding it, and a group in it so that it stays.  Goes in the same way, and the
 * partition with it if nobody is in there by then.
 */
CorralGroup *drv_parent_make_partition(CorralHost *host, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void drv_parent_remove(CorralGroup *self, const Guest *guest);
