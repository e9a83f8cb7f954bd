/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "corral-types.h"

G_BEGIN_DECLS

/**
 * CorralEventType:
 * @CORRAL_EVENT_GONE: the group was removed, or can no longer be watched; the last event
 * @CORRAL_EVENT_OOM: it ran out of memory
 * @CORRAL_EVENT_OOM_KILL: the kernel killed processes for want of memory
 * @CORRAL_EVENT_LIMIT: it met its memory limit, and something had to be reclaimed
 * @CORRAL_EVENT_HIGH: it went beyond what it is throttled at (unified interface)
 * @CORRAL_EVENT_USAGE: its memory usage has crossed the threshold, up or down
 * @CORRAL_EVENT_PRESSURE: the pressure was as high as was asked for
 * @CORRAL_EVENT_POPULATED: there are processes in it or below it
 * @CORRAL_EVENT_EMPTY: there are none
 * @CORRAL_EVENT_APPEARED: there is a group right below it
 * @CORRAL_EVENT_DISAPPEARED: that group is not there any more
 *
 * What happened to a group.  docs/notifications.md tells what each means on
 * which kernel interface, and what cannot be told.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_EVENT_GONE,
    CORRAL_EVENT_OOM,
    CORRAL_EVENT_OOM_KILL,
    CORRAL_EVENT_LIMIT,
    CORRAL_EVENT_HIGH,
    CORRAL_EVENT_USAGE,
    CORRAL_EVENT_PRESSURE,
    CORRAL_EVENT_POPULATED,
    CORRAL_EVENT_EMPTY,
    CORRAL_EVENT_APPEARED,
    CORRAL_EVENT_DISAPPEARED,
} CorralEventType;

#define CORRAL_TYPE_EVENT_TYPE (corral_event_type_get_type())
GType corral_event_type_get_type(void);

/**
 * CorralEvent:
 * @type: what happened
 * @count: how often since the last event of this type from the same source, or since the source
 *   was made; at least 1 where the kernel does not count
 * @value: %CORRAL_EVENT_USAGE: how many bytes are in use now; %CORRAL_EVENT_OOM_KILL,
 *   %CORRAL_EVENT_LIMIT, %CORRAL_EVENT_HIGH: how often ever since the kernel counts; otherwise
 *   %CORRAL_UNKNOWN
 * @name: (nullable): %CORRAL_EVENT_APPEARED, %CORRAL_EVENT_DISAPPEARED: the name of the group
 *   below, one component of a path
 *
 * Something that happened to a group.
 *
 * Since: 0.1
 */
typedef struct {
    CorralEventType type;
    guint64 count;
    guint64 value;
    char *name;
} CorralEvent;

#define CORRAL_TYPE_EVENT (corral_event_get_type())
GType corral_event_get_type(void);

CorralEvent *corral_event_copy(const CorralEvent *self);
void corral_event_free(CorralEvent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralEvent, corral_event_free)

G_END_DECLS
