/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device.h"

/* Block devices as sysfs below @root tells of them. */

/*
 * The whole disk that @device is, or is a partition of.  CORRAL_ERROR_NOT_FOUND:
 * there is no such block device.
 */
gboolean cg_block_find_disk(const char *root, const CorralDevice *device, CorralDevice *disk,
                            GError **error);

/* Its device file, "/dev/sda"; NULL if there is no such device. */
char *cg_block_find_node(const char *root, guint major, guint minor);

/* The I/O scheduler of a whole disk; NULL if it has none. */
char *cg_block_get_scheduler(const char *root, const CorralDevice *disk);
