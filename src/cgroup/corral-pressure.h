/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralPressureResource:
 * @CORRAL_PRESSURE_CPU: runnable, and waiting for a CPU
 * @CORRAL_PRESSURE_MEMORY: waiting for memory: reclaim, swap-in, thrashing
 * @CORRAL_PRESSURE_IO: waiting for block I/O
 * @CORRAL_PRESSURE_IRQ: held up by interrupts (Linux 6.1 and later, where the kernel is built to
 *   account for them)
 *
 * What there may be too little of.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_PRESSURE_CPU,
    CORRAL_PRESSURE_MEMORY,
    CORRAL_PRESSURE_IO,
    CORRAL_PRESSURE_IRQ,
} CorralPressureResource;

#define CORRAL_TYPE_PRESSURE_RESOURCE (corral_pressure_resource_get_type())
GType corral_pressure_resource_get_type(void);

/**
 * CORRAL_PRESSURE_UNKNOWN:
 *
 * In place of a percentage: this kernel does not tell.
 *
 * Since: 0.1
 */
#define CORRAL_PRESSURE_UNKNOWN (-1.0)

/**
 * CorralPressure:
 * @some_avg10: share of the last 10 s, in per cent, in which at least one task was stalled
 * @some_avg60: the same of the last minute
 * @some_avg300: the same of the last five minutes
 * @some_total_us: all the time, in microseconds, in which at least one task was stalled
 * @full_avg10: share of the last 10 s, in per cent, in which all tasks were stalled at once
 * @full_avg60: the same of the last minute
 * @full_avg300: the same of the last five minutes
 * @full_total_us: all the time, in microseconds, in which all tasks were stalled at once
 *
 * How much time is lost to a resource that is short.  What the kernel does not
 * tell (it has no "some" for interrupts, and before Linux 5.13 no "full" for
 * processor time) is %CORRAL_PRESSURE_UNKNOWN and %CORRAL_UNKNOWN.
 *
 * Since: 0.1
 */
typedef struct {
    double some_avg10;
    double some_avg60;
    double some_avg300;
    guint64 some_total_us;
    double full_avg10;
    double full_avg60;
    double full_avg300;
    guint64 full_total_us;
} CorralPressure;

#define CORRAL_TYPE_PRESSURE (corral_pressure_get_type())
GType corral_pressure_get_type(void);

CorralPressure *corral_pressure_copy(const CorralPressure *self);
void corral_pressure_free(CorralPressure *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralPressure, corral_pressure_free)

gboolean corral_group_get_pressure(CorralGroup *self, CorralPressureResource resource,
                                   CorralPressure *pressure, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_host_get_pressure(CorralHost *self, CorralPressureResource resource,
                                  CorralPressure *pressure, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
