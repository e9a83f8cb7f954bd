/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A watch on a main context.
 *
 * The first turn looks in any case, so what happened between making the source
 * and attaching it is told.
 *
 * A pressure trigger is forgotten by the kernel as soon as poll(2) has reported
 * it.  When a source of a higher priority is ready in the same turn GLib does
 * not ask us, and in the next turn the descriptor is not ready any more.  So what
 * poll found is kept in our own GPollFD, and prepare() asks for it as well.
 */
#include <config.h>

#include "cg-source.h"
#include "corral-error.h"

typedef struct {
    GSource source;

    CorralGroup *group; /* NULL: the machine */
    CgWatch *watch;
    gboolean looked;
    gboolean failed;
    GPollFD poll; /* of watch->fd */
    GPollFD woken;
    GPollFD hub;
} Source;

static gboolean
is_ready(Source *self)
{
    return !self->looked || self->poll.revents != 0 || self->woken.revents != 0 ||
           (self->watch->notify && cg_notify_is_woken(self->watch->notify));
}

static gboolean
source_prepare(GSource *source, gint *timeout)
{
    *timeout = -1;
    return is_ready((Source *)source);
}

static gboolean
source_check(GSource *source)
{
    Source *self = (Source *)source;

    if (self->hub.revents != 0) {
        self->hub.revents = 0;
        cg_notify_pump(g_source_get_time(source));
    }

    return is_ready(self);
}

/* Looks may change what is to be polled. */
static void
follow_descriptor(Source *self)
{
    if (self->poll.fd == self->watch->fd)
        return;

    if (self->poll.fd >= 0)
        g_source_remove_poll(&self->source, &self->poll);
    self->poll = (GPollFD){self->watch->fd, self->watch->condition, 0};
    if (self->poll.fd >= 0)
        g_source_add_poll(&self->source, &self->poll);
}

/* Those that are looked at by the clock are looked at together: one awakening for all. */
static void
set_clock(Source *self)
{
    const CgWatch *watch = self->watch;
    gint64 now = g_get_monotonic_time();
    gint64 next = -1;

    if (watch->interval_us > 0)
        next = (now / watch->interval_us + 1) * watch->interval_us;
    if (watch->again_us > 0)
        next = next < 0 ? now + watch->again_us : MIN(next, now + watch->again_us);

    g_source_set_ready_time(&self->source, next);
}

/* What has happened; FALSE if that was the last of it. */
static gboolean
look(Source *self, GQueue *events)
{
    CgWatch *watch = self->watch;
    g_autoptr(GError) failure = NULL;
    gboolean looked;

    watch->ready = self->poll.revents;
    self->poll.revents = 0;
    self->woken.revents = 0;
    self->looked = TRUE;
    if (watch->notify)
        (void)!cg_notify_take(watch->notify);

    looked = watch->look(watch, events, &failure);
    if (!looked && g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_GONE)) {
        cg_watch_add_event(events, CORRAL_EVENT_GONE, 1, CORRAL_UNKNOWN, NULL);
        return FALSE;
    }
    if (!looked) {
        g_debug("watching goes on by the clock: %s", failure->message);
        watch->interval_us = CG_WATCH_INTERVAL_US;
    }

    return TRUE;
}

static gboolean
source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    Source *self = (Source *)source;
    CorralEventFunc tell = (CorralEventFunc)(gpointer)callback;
    GQueue events = G_QUEUE_INIT;
    gboolean going_on = look(self, &events);
    CorralEvent *event;

    while ((event = g_queue_pop_head(&events))) {
        /* What is left when the callback has had enough is nobody's. */
        if (tell && !g_source_is_destroyed(source) && !tell(self->group, event, user_data))
            g_source_destroy(source);
        corral_event_free(event);
    }

    if (!going_on || !tell || g_source_is_destroyed(source))
        return G_SOURCE_REMOVE;

    follow_descriptor(self);
    set_clock(self);
    return G_SOURCE_CONTINUE;
}

static void
source_finalize(GSource *source)
{
    Source *self = (Source *)source;

    g_clear_pointer(&self->watch, cg_watch_free);
    g_clear_object(&self->group);
}

/* For g_source_set_closure(), which bindings use. */
static gboolean
invoke_closure(CorralGroup *group, const CorralEvent *event, gpointer data)
{
    GClosure *closure = data;
    GValue arguments[2] = {G_VALUE_INIT, G_VALUE_INIT};
    GValue result = G_VALUE_INIT;
    gboolean going_on;

    g_value_init(&arguments[0], CORRAL_TYPE_GROUP);
    g_value_set_object(&arguments[0], group);
    g_value_init(&arguments[1], CORRAL_TYPE_EVENT);
    g_value_set_boxed(&arguments[1], event);
    g_value_init(&result, G_TYPE_BOOLEAN);

    g_closure_invoke(closure, &result, G_N_ELEMENTS(arguments), arguments, NULL);
    going_on = g_value_get_boolean(&result);

    g_value_unset(&arguments[0]);
    g_value_unset(&arguments[1]);
    g_value_unset(&result);
    return going_on;
}

static GSourceFuncs source_funcs = {
    .prepare = source_prepare,
    .check = source_check,
    .dispatch = source_dispatch,
    .finalize = source_finalize,
    .closure_callback = (GSourceFunc)(gpointer)invoke_closure,
    .closure_marshal = (GSourceDummyMarshal)(gpointer)g_cclosure_marshal_generic,
};

GSource *
cg_source_new(CorralGroup *group, CgWatch *watch, const char *name)
{
    GSource *source = g_source_new(&source_funcs, sizeof(Source));
    Source *self = (Source *)source;

    self->group = group ? g_object_ref(group) : NULL;
    self->watch = watch;
    self->poll.fd = -1;
    follow_descriptor(self);
    if (watch->notify) {
        self->woken = (GPollFD){cg_notify_get_fd(watch->notify), G_IO_IN, 0};
        self->hub = (GPollFD){cg_notify_get_hub_fd(), G_IO_IN, 0};
        g_source_add_poll(source, &self->woken);
        g_source_add_poll(source, &self->hub);
    }
    g_source_set_name(source, name);

    return source;
}

gboolean
cg_source_is_fresh(GSource *source)
{
    return source->source_funcs == &source_funcs && !g_source_is_destroyed(source) &&
           !g_source_get_context(source);
}
