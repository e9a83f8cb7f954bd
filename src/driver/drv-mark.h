/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * By what the group of a guest is known: its name or, in most layouts, a label.
 * @controllers: in whose hierarchies to look.
 */

/* The groups of @driver's guests, in whichever layout each was started. */
char **drv_mark_find_guests(CorralHost *host, CorralControllers controllers, const char *driver,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All groups that are no guest's, nor below one: partitions, and what others have. */
char **drv_mark_find_others(CorralHost *host, CorralControllers controllers);

/* Whether some guest has the group at @path. */
gboolean drv_mark_is_guest(CorralHost *host, CorralControllers controllers, const char *path);

/* There can be no group for anybody below a guest's: it is that guest's to limit, and goes with
 * it.  FALSE if one is above @path. */
gboolean drv_mark_check_above(CorralHost *host, CorralControllers controllers, const char *path,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
