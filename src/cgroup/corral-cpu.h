/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

gboolean corral_group_set_cpu_shares(CorralGroup *self, guint64 shares, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_cpu_shares(CorralGroup *self, guint64 *shares, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_cpu_weight(CorralGroup *self, guint weight, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_cpu_weight(CorralGroup *self, guint *weight, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_cpu_ceiling(CorralGroup *self, gint64 quota_us, guint64 period_us,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_cpu_ceiling(CorralGroup *self, gint64 *quota_us, guint64 *period_us,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
