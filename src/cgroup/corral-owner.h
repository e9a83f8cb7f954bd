/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

gboolean corral_group_restrict_owner(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_can_be_delegated(CorralGroup *self);

G_END_DECLS
