/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-group.h"

/*
 * The ceiling that a running guest was given for its iothreads.  It may have
 * none yet, or none any more: then no group has it, and those that come later
 * are to get it all the same.
 */

/* Zeros in @wanted leave what was noted before. */
void drv_later_note(DrvGroup *group, const GuestBandwidth *wanted);

/* What was noted goes over @bandwidth, which is what the description says. */
void drv_later_show(DrvGroup *group, GuestBandwidth *bandwidth);

/* For a guest that runs anew, from its description. */
void drv_later_forget(DrvGroup *group);
