/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

gboolean corral_group_set_memory_limit(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_limit(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_total_limit(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_total_limit(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_limits(CorralGroup *self, guint64 limit, guint64 total,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_swap_limit(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_swap_limit(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_oom_group(CorralGroup *self, gboolean whole, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_oom_group(CorralGroup *self, gboolean *whole, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
