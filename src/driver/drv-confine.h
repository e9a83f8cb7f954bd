/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * The CPUs and the memory nodes of a group that has guests in it (drv-confine.c).
 * @numbers: (element-type guint) (nullable): NULL: what the group above has.
 */
gboolean drv_confine_cpus(CorralGroup *group, const GArray *numbers, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean drv_confine_nodes(CorralGroup *group, const GArray *numbers, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What somebody has said that @group, which has it now, is to have; NULL: whatever there is. */
void drv_confine_keep_cpus(CorralGroup *group, const GArray *wanted);
void drv_confine_keep_nodes(CorralGroup *group, const GArray *wanted);
