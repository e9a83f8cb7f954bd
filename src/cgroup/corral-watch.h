/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-event.h"
#include "corral-group.h"
#include "corral-pressure.h"

G_BEGIN_DECLS

/**
 * CorralEventFunc:
 * @group: (nullable): the group it happened to; %NULL for the machine
 * @event: what happened; valid until the function returns
 * @user_data: as given to g_source_set_callback()
 *
 * The callback of every source made here: give it to g_source_set_callback()
 * by way of G_SOURCE_FUNC().  It may destroy the source.
 *
 * Returns: %G_SOURCE_CONTINUE or %G_SOURCE_REMOVE; after %CORRAL_EVENT_GONE the source is
 *   removed in any case
 * Since: 0.1
 */
typedef gboolean (*CorralEventFunc)(CorralGroup *group, const CorralEvent *event,
                                    gpointer user_data);

/**
 * CorralPressureKind:
 * @CORRAL_PRESSURE_SOME: at least one task is stalled
 * @CORRAL_PRESSURE_FULL: all are
 *
 * Whose stalls count.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_PRESSURE_SOME,
    CORRAL_PRESSURE_FULL,
} CorralPressureKind;

#define CORRAL_TYPE_PRESSURE_KIND (corral_pressure_kind_get_type())
GType corral_pressure_kind_get_type(void);

/**
 * CorralPressureLevel:
 * @CORRAL_PRESSURE_LEVEL_LOW: memory is reclaimed
 * @CORRAL_PRESSURE_LEVEL_MEDIUM: it is swapped, or what is in use is given up
 * @CORRAL_PRESSURE_LEVEL_CRITICAL: it runs out
 *
 * How hard it is to get memory.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_PRESSURE_LEVEL_LOW,
    CORRAL_PRESSURE_LEVEL_MEDIUM,
    CORRAL_PRESSURE_LEVEL_CRITICAL,
} CorralPressureLevel;

#define CORRAL_TYPE_PRESSURE_LEVEL (corral_pressure_level_get_type())
GType corral_pressure_level_get_type(void);

/**
 * CORRAL_PRESSURE_WINDOW_MIN_US:
 *
 * The shortest window in which stalls are added up, in microseconds.
 *
 * The range is the kernel's (WINDOW_MIN_US and WINDOW_MAX_US in
 * kernel/sched/psi.c): 0.5 to 10 s.
 *
 * Since: 0.1
 */
#define CORRAL_PRESSURE_WINDOW_MIN_US G_GUINT64_CONSTANT(500000)

/**
 * CORRAL_PRESSURE_WINDOW_MAX_US:
 *
 * The longest one.
 *
 * Since: 0.1
 */
#define CORRAL_PRESSURE_WINDOW_MAX_US G_GUINT64_CONSTANT(10000000)

GSource *corral_group_oom_source_new(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_limit_source_new(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_high_source_new(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_usage_source_new(CorralGroup *self, guint64 bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_level_source_new(CorralGroup *self, CorralPressureLevel level, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_pressure_source_new(CorralGroup *self, CorralPressureResource resource,
                                          CorralPressureKind kind, guint64 stall_us,
                                          guint64 window_us, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_host_pressure_source_new(CorralHost *self, CorralPressureResource resource,
                                         CorralPressureKind kind, guint64 stall_us,
                                         guint64 window_us, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_populated_source_new(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GSource *corral_group_children_source_new(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
