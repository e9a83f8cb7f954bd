/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-group.h"

/*
 * The groups of a running guest's threads come to agree with its description:
 * who came has one, with the CPUs, the memory nodes and the ceiling that its
 * kind has; who went has none.  What is in force in those that are there stays.
 */
gboolean drv_parts_follow(DrvGroup *group, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether there is a group without threads, whose vCPU or iothread may be gone. */
gboolean drv_parts_has_empty(DrvGroup *group);
