/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-cpu-time.h"

/* Processor time that was had: the facade is corral-cpu-time. */
struct _CgCpuTime {
    gboolean (*get)(const CgPlace *place, CorralCpuTime *time, GError **error);
    /* Optional.  (element-type guint64), by the number of the CPU. */
    GArray *(*get_per_cpu)(const CgPlace *place, GError **error);
};

extern const CgCpuTime cg_cpu_time_legacy;
extern const CgCpuTime cg_cpu_time_unified;
