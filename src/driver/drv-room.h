/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * Brings what the group uses to @bytes at most, before a limit of memory is written: where the
 * kernel refuses a limit below the use (legacy interface), and where it kills until the use is
 * below (unified).  Takes at most ten seconds.
 *
 * FALSE with CORRAL_ERROR_BUSY if the group keeps more, with everybody alive and the limit as
 * it was; and if the kernel has no means for it but to try, TRUE.
 */
gboolean drv_room_make(CorralGroup *group, guint64 bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
