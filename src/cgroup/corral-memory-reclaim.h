/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CORRAL_SWAPPINESS_MAX:
 *
 * The most that corral_group_set_swappiness() takes: reclaim from swap only
 * (MAX_SWAPPINESS in mm/vmscan.c).
 *
 * Since: 0.1
 */
#define CORRAL_SWAPPINESS_MAX 200

gboolean corral_group_set_memory_high(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_high(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_low(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_low(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_min(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_min(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_memory_soft_limit(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_memory_soft_limit(CorralGroup *self, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_swappiness(CorralGroup *self, guint swappiness, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_swappiness(CorralGroup *self, guint *swappiness, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_reclaim_memory(CorralGroup *self, guint64 bytes, guint64 *reclaimed,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
