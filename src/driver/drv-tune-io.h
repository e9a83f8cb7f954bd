/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * The block I/O of a guest's group, in libvirt's terms: devices by the path that
 * the user gave, and 0 for no limit and no weight (docs/units.md).
 */

/* What is in force; a weight of 0 where nothing weighs.  @now is one that was initialised. */
gboolean drv_tune_io_read(CorralGroup *group, GuestBlkiotune *now, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether what is in @wanted and not so in @before is about block devices; in stock's words. */
gboolean drv_tune_io_check_paths(const GuestBlkiotune *before, const GuestBlkiotune *wanted,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Brings all in which @wanted differs from @before into force or nothing of it.
 * CORRAL_ERROR_NO_CONTROLLER, in stock's words: nothing weighs. */
gboolean drv_tune_io_write(CorralGroup *group, const GuestBlkiotune *before,
                           const GuestBlkiotune *wanted, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the XML says at the start; GUEST_ERROR_HOST where there is no controller. */
gboolean drv_tune_io_apply(CorralGroup *group, const GuestBlkiotune *said, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Likewise in place of all that is in force. */
gboolean drv_tune_io_apply_anew(CorralGroup *group, const GuestBlkiotune *said, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What a user should read as <blkiotune>: @said, as the kernel has it now. */
void drv_tune_io_show(CorralGroup *group, const GuestBlkiotune *said, GuestBlkiotune *now);
