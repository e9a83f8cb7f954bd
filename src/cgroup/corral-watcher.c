/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source's events as an object's signal, for languages that have no function pointers. */
#include <config.h>

#include "cg-source.h"
#include "corral-error.h"
#include "corral-watcher.h"

struct _CorralWatcher {
    GObject parent_instance;

    GSource *source; /* NULL: stopped */
};

G_DEFINE_FINAL_TYPE(CorralWatcher, corral_watcher, G_TYPE_OBJECT)

static guint event_signal;

static void
corral_watcher_dispose(GObject *object)
{
    corral_watcher_stop(CORRAL_WATCHER(object));

    G_OBJECT_CLASS(corral_watcher_parent_class)->dispose(object);
}

static void
corral_watcher_class_init(CorralWatcherClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = corral_watcher_dispose;

    /**
     * CorralWatcher::event:
     * @self: a watcher
     * @group: (nullable): the group it happened to; %NULL for the machine
     * @event: what happened
     *
     * After %CORRAL_EVENT_GONE there are no more.
     *
     * Since: 0.1
     */
    event_signal = g_signal_new("event", CORRAL_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 2, CORRAL_TYPE_GROUP, CORRAL_TYPE_EVENT);
}

static void
corral_watcher_init(CorralWatcher *self G_GNUC_UNUSED)
{
}

static gboolean
emit(CorralGroup *group, const CorralEvent *event, gpointer user_data)
{
    g_autoptr(CorralWatcher) self = g_object_ref(user_data);

    g_signal_emit(self, event_signal, 0, group, event);
    return G_SOURCE_CONTINUE;
}

/**
 * corral_watcher_new:
 * @source: what to watch, from one of the functions named corral_..._source_new(), and attached
 *   nowhere yet
 * @error: where to put what went wrong
 *
 * Attaches @source to the calling thread's default main context, and turns its
 * events into the signal #CorralWatcher::event there.  Watching ends with the
 * watcher: keep it.
 *
 * %CORRAL_ERROR_UNSUPPORTED: @source is not one of these.
 *
 * Returns: (transfer full): the watcher, or %NULL
 * Since: 0.1
 */
CorralWatcher *
corral_watcher_new(GSource *source, GError **error)
{
    CorralWatcher *self;

    if (!cg_source_is_fresh(source)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "a watcher takes a source of events that is attached nowhere yet");
        return NULL;
    }

    self = g_object_new(CORRAL_TYPE_WATCHER, NULL);
    self->source = g_source_ref(source);
    g_source_set_callback(source, G_SOURCE_FUNC(emit), self, NULL);
    g_source_attach(source, g_main_context_get_thread_default());
    return self;
}

/**
 * corral_watcher_stop:
 * @self: a watcher
 *
 * Ends watching; to be called in the thread of its main context.
 *
 * Since: 0.1
 */
void
corral_watcher_stop(CorralWatcher *self)
{
    if (!self->source)
        return;

    g_source_destroy(self->source);
    g_clear_pointer(&self->source, g_source_unref);
}
