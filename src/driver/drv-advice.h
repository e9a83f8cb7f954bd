/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "drv-group.h"

/*
 * Where the host chooses the memory nodes: the guest's group gets them, as soon
 * as it is known which for the process @pid.  Does nothing before, and nothing
 * the second time.
 */
gboolean drv_advice_take(DrvGroup *group, pid_t pid, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (element-type guint): the nodes that the stock driver's status file has for @pid, or NULL. */
GArray *drv_advice_parse_nodes(const char *status, pid_t pid);
