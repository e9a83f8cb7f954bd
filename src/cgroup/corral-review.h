/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

char **corral_group_review(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
