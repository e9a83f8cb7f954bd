/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * Whose a guest's group is: ours, or that of another libvirt whose groups we see.
 */

/* Says that @whole is ours. */
void drv_owner_sign(CorralGroup *whole);

/* Whether somebody has said so, be it us. */
gboolean drv_owner_is_signed(CorralGroup *whole);

/* Whether somebody else has. */
gboolean drv_owner_is_other(CorralGroup *whole);
