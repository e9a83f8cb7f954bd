/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * The events of some sources on one main context, written down a line each: what
 * happened, how often, and to whom below it, "oom-kill 2", "appeared 1 web".
 */
typedef struct {
    GMainContext *context;
    GString *text;
    guint64 value; /* of the last one */
} EventLog;

void event_log_init(EventLog *self);
void event_log_clear(EventLog *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EventLog, event_log_clear)

/* Attaches @source, and takes it. */
GSource *event_log_attach(EventLog *self, GSource *source);
/* The callback; a CorralEventFunc. */
gboolean event_log_add(CorralGroup *group, const CorralEvent *event, gpointer log);

/* Waits for as many lines as @wanted has, and then compares; forgets them after that. */
#define event_log_expect(self, wanted)                                                             \
    event_log_expect_at(self, wanted, G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC)
void event_log_expect_at(EventLog *self, const char *wanted, const char *domain, const char *file,
                         int line, const char *func);
/* Until there is a line that starts with @start; forgets all up to that one. */
void event_log_wait(EventLog *self, const char *start);
/* Until the context has nothing to do. */
void event_log_settle(EventLog *self);
