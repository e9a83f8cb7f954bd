/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * What of a group's block I/O is another than @said; see policy_difference_compare().  A device
 * that is not there is left out.
 */
void policy_io_compare(CorralGroup *group, const char *name, const GuestBlkiotune *said,
                       GPtrArray *found);

/* The number of the block device at @path; FALSE if there is none. */
gboolean policy_io_find_device(const char *path, CorralDevice *device);
