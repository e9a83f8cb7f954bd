/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stick.h"

/*
 * Takes memory from a guest that uses it faster than the kernel can take it: while
 * the guest stands still, the limit goes down to @bytes and up again to where it was.  @whole is
 * the guest's group with its freezer, @group the same as @stick has it.  FALSE if it would
 * not stand still, or keeps all it has.
 */
gboolean drv_squeeze(CorralGroup *whole, CorralGroup *group, DrvStick *stick, guint64 bytes,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A daemon that was killed in the midst of it has left the guest standing. */
void drv_squeeze_recover(CorralGroup *whole, const char *guest);
