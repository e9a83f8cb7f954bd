/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "event-log.h"

/* No test waits longer. */
#define PATIENCE_S 30

static const char *const names[] = {
    [CORRAL_EVENT_GONE] = "gone",
    [CORRAL_EVENT_OOM] = "oom",
    [CORRAL_EVENT_OOM_KILL] = "oom-kill",
    [CORRAL_EVENT_LIMIT] = "limit",
    [CORRAL_EVENT_HIGH] = "high",
    [CORRAL_EVENT_USAGE] = "usage",
    [CORRAL_EVENT_PRESSURE] = "pressure",
    [CORRAL_EVENT_POPULATED] = "populated",
    [CORRAL_EVENT_EMPTY] = "empty",
    [CORRAL_EVENT_APPEARED] = "appeared",
    [CORRAL_EVENT_DISAPPEARED] = "disappeared",
};

void
event_log_init(EventLog *self)
{
    self->context = g_main_context_new();
    self->text = g_string_new(NULL);
    self->value = 0;
}

void
event_log_clear(EventLog *self)
{
    g_main_context_unref(self->context);
    g_string_free(self->text, TRUE);
}

gboolean
event_log_add(CorralGroup *group G_GNUC_UNUSED, const CorralEvent *event, gpointer log)
{
    EventLog *self = log;

    g_string_append_printf(self->text, "%s %" G_GUINT64_FORMAT "%s%s\n", names[event->type],
                           event->count, event->name ? " " : "", event->name ? event->name : "");
    self->value = event->value;
    return G_SOURCE_CONTINUE;
}

GSource *
event_log_attach(EventLog *self, GSource *source)
{
    g_assert_nonnull(source);
    g_source_set_callback(source, G_SOURCE_FUNC(event_log_add), self, NULL);
    g_source_attach(source, self->context);
    g_source_unref(source);
    return source;
}

static gboolean
give_up(gpointer expired)
{
    *(gboolean *)expired = TRUE;
    return G_SOURCE_REMOVE;
}

typedef gboolean (*Enough)(EventLog *self, gconstpointer data);

static void
run_until(EventLog *self, Enough enough, gconstpointer data)
{
    g_autoptr(GSource) deadline = g_timeout_source_new_seconds(PATIENCE_S);
    gboolean expired = FALSE;

    g_source_set_callback(deadline, give_up, &expired, NULL);
    g_source_attach(deadline, self->context);
    while (!expired && !enough(self, data))
        g_main_context_iteration(self->context, TRUE);
    g_source_destroy(deadline);
}

static guint
count_lines(const char *text)
{
    guint n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static gboolean
has_lines(EventLog *self, gconstpointer wanted)
{
    return count_lines(self->text->str) >= count_lines(wanted);
}

void
event_log_settle(EventLog *self)
{
    while (g_main_context_iteration(self->context, FALSE))
        ;
}

void
event_log_expect_at(EventLog *self, const char *wanted, const char *domain, const char *file,
                    int line, const char *func)
{
    run_until(self, has_lines, wanted);
    event_log_settle(self);
    if (!g_str_equal(self->text->str, wanted))
        g_assertion_message_cmpstr(domain, file, line, func, "events", self->text->str,
                                   "==", wanted);
    g_string_truncate(self->text, 0);
}

/* Where the line after the first that starts with @start begins. */
static const char *
find_after(const char *text, const char *start)
{
    const char *here = text;

    while (*here) {
        const char *end = strchr(here, '\n') + 1;

        if (g_str_has_prefix(here, start))
            return end;
        here = end;
    }

    return NULL;
}

static gboolean
has_start(EventLog *self, gconstpointer start)
{
    return find_after(self->text->str, start) != NULL;
}

void
event_log_wait(EventLog *self, const char *start)
{
    const char *end;

    run_until(self, has_start, start);
    end = find_after(self->text->str, start);
    if (!end)
        g_error("waited in vain for '%s'; there is: %s", start, self->text->str);
    g_string_erase(self->text, 0, end - self->text->str);
}
