/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-cpu.h"

/* Processor time: the facade is corral-cpu, which has checked every value. */
struct _CgCpu {
    gboolean (*set_shares)(const CgPlace *place, guint64 shares, GError **error);
    gboolean (*get_shares)(const CgPlace *place, guint64 *shares, GError **error);
    gboolean (*set_weight)(const CgPlace *place, guint weight, GError **error);
    gboolean (*get_weight)(const CgPlace *place, guint *weight, GError **error);
    gboolean (*set_ceiling)(const CgPlace *place, gint64 quota_us, guint64 period_us,
                            GError **error);
    gboolean (*get_ceiling)(const CgPlace *place, gint64 *quota_us, guint64 *period_us,
                            GError **error);
    gboolean (*set_burst)(const CgPlace *place, guint64 burst_us, GError **error);
    gboolean (*get_burst)(const CgPlace *place, guint64 *burst_us, GError **error);
    gboolean (*set_idle)(const CgPlace *place, gboolean idle, GError **error);
    gboolean (*get_idle)(const CgPlace *place, gboolean *idle, GError **error);
    gboolean (*get_throttling)(const CgPlace *place, CorralCpuThrottling *throttling,
                               GError **error);
};

extern const CgCpu cg_cpu_legacy;
extern const CgCpu cg_cpu_unified;
