/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "drv-lookout.h"

struct _DrvLookout {
    DrvLookoutFunc look;
    gpointer data;
    GThread *thread;
    GMutex mutex;
    GCond changed;
    gboolean ended; /* under the mutex */
};

static gpointer
keep_looking(gpointer data)
{
    DrvLookout *self = data;

    g_mutex_lock(&self->mutex);
    while (!self->ended) {
        const gint64 began_us = g_get_monotonic_time();
        gint64 pause_us;

        g_mutex_unlock(&self->mutex);
        pause_us = self->look(self->data);
        g_mutex_lock(&self->mutex);
        if (pause_us == 0)
            break;
        while (!self->ended && g_cond_wait_until(&self->changed, &self->mutex, began_us + pause_us))
            continue;
    }
    g_mutex_unlock(&self->mutex);
    return NULL;
}

static void
lookout_free(DrvLookout *self)
{
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

DrvLookout *
drv_lookout_begin(const char *name, DrvLookoutFunc look, gpointer data)
{
    DrvLookout *self = g_new0(DrvLookout, 1);

    self->look = look;
    self->data = data;
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    self->thread = g_thread_try_new(name, keep_looking, self, NULL);
    if (!self->thread)
        g_clear_pointer(&self, lookout_free);
    return self;
}

void
drv_lookout_end(DrvLookout *self)
{
    if (!self)
        return;

    g_mutex_lock(&self->mutex);
    self->ended = TRUE;
    g_cond_signal(&self->changed);
    g_mutex_unlock(&self->mutex);
    g_thread_join(self->thread);
    lookout_free(self);
}
