/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "policy.h"

/* A partition's group, and what holds for all guests in it together. */

/* Makes it, if it is not there: until its last guest has gone. */
CorralGroup *drv_partition_make(CorralHost *host, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* One of POLICY_LABEL_*, from now on or no more. */
void drv_partition_label(CorralGroup *group, const char *label, gboolean there);

/*
 * Brings what @terms say into force, but for what is shared out by policy-plan: of one at the
 * @top shares, memory and its protection.  @terms: (nullable): there are none any more,
 * and what they had set is undone.  @cpus: (element-type guint) (nullable): those that
 * guests may run on.  What cannot be done is logged, and the rest is.
 */
void drv_partition_set_terms(CorralGroup *group, const PolicyTerms *terms, gboolean top,
                             const GArray *cpus);
