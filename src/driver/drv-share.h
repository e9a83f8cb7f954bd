/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "policy-plan.h"
#include "policy.h"

/*
 * What policy-plan decides of a partition at the top, brought into force.  What was changed is
 * noted on the group, so that it can be undone.  @terms: (nullable); @portions: among how many
 * groups what they promise is divided.
 */

/* FALSE with an error; CORRAL_ERROR_BUSY: memory in use is in the way, and all is as it was. */
gboolean drv_share_apply(CorralGroup *group, const PolicyTerms *terms, guint portions,
                         const PolicyChange *change, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Nobody shares out its memory, or its processor time, any more; what the terms say stays. */
void drv_share_undo_memory(CorralGroup *group, const PolicyTerms *terms, guint portions);
void drv_share_undo_cpu(CorralGroup *group, const PolicyTerms *terms);
