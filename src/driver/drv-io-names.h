/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/* What a device is called in a guest's group, and its place in the list of those that have
 * weights or limits. */

#define DRV_IO_NO_PLACE G_MAXUINT

/* Its path; a device that nobody has named has a path as well, but no place. */
char *drv_io_names_read(CorralGroup *group, const CorralDevice *number, guint *place);

/*
 * Who was in the list before stays or comes back where he was, as with stock,
 * also if he is called by another path now.  Not worth a failure: the values
 * count, and are shown under another name.
 */
void drv_io_names_write(CorralGroup *group, const CorralDevice *number, guint place,
                        const char *path);
