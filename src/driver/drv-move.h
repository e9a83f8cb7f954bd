/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-access.h"
#include "drv-group.h"
#include "drv-stack.h"

/*
 * Moves a running guest to another partition (drv-move.c).  FALSE with everything as it was.
 */
gboolean drv_move(DrvStack *stack, DrvSubject *subject, const char *partition, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* (nullable): where @whole has been moved since its guest started. */
char *drv_move_dup_partition(CorralGroup *whole);
