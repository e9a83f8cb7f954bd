/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralCpuThrottling:
 * @periods: periods of a ceiling in which the group wanted to run
 * @throttled_periods: those in which it used up its quota
 * @throttled_us: for how long it has been stopped by its ceiling, all CPUs together
 * @bursts: periods in which it used more than its quota, of what it had saved up
 * @burst_us: how much more, all periods together
 *
 * How much a ceiling has held a group up since it was made.  What this kernel does
 * not tell is %CORRAL_UNKNOWN.
 *
 * Since: 0.1
 */
typedef struct {
    guint64 periods;
    guint64 throttled_periods;
    guint64 throttled_us;
    guint64 bursts;
    guint64 burst_us;
} CorralCpuThrottling;

#define CORRAL_TYPE_CPU_THROTTLING (corral_cpu_throttling_get_type())
GType corral_cpu_throttling_get_type(void);
CorralCpuThrottling *corral_cpu_throttling_copy(const CorralCpuThrottling *self);
void corral_cpu_throttling_free(CorralCpuThrottling *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralCpuThrottling, corral_cpu_throttling_free)

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
gboolean corral_group_set_cpu_burst(CorralGroup *self, guint64 burst_us, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_cpu_burst(CorralGroup *self, guint64 *burst_us, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_cpu_idle(CorralGroup *self, gboolean idle, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_cpu_idle(CorralGroup *self, gboolean *idle, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_cpu_throttling(CorralGroup *self, CorralCpuThrottling *throttling,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
