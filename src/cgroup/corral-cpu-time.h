/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralCpuTime:
 * @total_ns: all of it, in nanoseconds
 * @user_ns: in user space, and in guests
 * @system_ns: in the kernel
 *
 * How long a group and those below it have run on all CPUs together, those who
 * have left included.  What this kernel does not tell is %CORRAL_UNKNOWN.
 *
 * Since: 0.1
 */
typedef struct {
    guint64 total_ns;
    guint64 user_ns;
    guint64 system_ns;
} CorralCpuTime;

#define CORRAL_TYPE_CPU_TIME (corral_cpu_time_get_type())
GType corral_cpu_time_get_type(void);
CorralCpuTime *corral_cpu_time_copy(const CorralCpuTime *self);
void corral_cpu_time_free(CorralCpuTime *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralCpuTime, corral_cpu_time_free)

gboolean corral_group_get_cpu_time(CorralGroup *self, CorralCpuTime *time, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GArray *corral_group_get_cpu_time_per_cpu(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
