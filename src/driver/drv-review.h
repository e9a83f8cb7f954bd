/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/*
 * What an administrator has changed of guests' units: that stays, and the log tells it once.  The
 * values are read where they are in force, so all that libvirt says of the guest follows.
 */

/* Under any claim of the guest's: whether there is anything. */
gboolean drv_review_group(CorralGroup *whole, const char *guest);

/* All of @uuids; whose turn it is not is left for the next time. */
void drv_review_all(DrvStack *stack, virConnectPtr conn, char **uuids);
