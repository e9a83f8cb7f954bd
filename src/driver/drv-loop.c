/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's main loop, for what has to be done there. */
#include <config.h>

#include "drv-libvirt.h"
#include "drv-loop.h"

typedef struct {
    void (*func)(gpointer data);
    gpointer data;
    GDestroyNotify free_data;
} Errand;

static void
run(int timer, void *opaque)
{
    Errand *self = opaque;

    virEventRemoveTimeout(timer);
    self->func(self->data);
}

static void
errand_free(void *opaque)
{
    Errand *self = opaque;

    if (self->free_data)
        self->free_data(self->data);
    g_free(self);
}

gboolean
drv_loop_run(void (*func)(gpointer data), gpointer data, GDestroyNotify free_data)
{
    Errand *self = g_new0(Errand, 1);

    self->func = func;
    self->data = data;
    self->free_data = free_data;
    if (virEventAddTimeout(0, run, self, errand_free) >= 0)
        return TRUE;

    g_free(self);
    return FALSE;
}

/* ---- waiting for it ---- */

typedef struct {
    gatomicrefcount refs; /* whoever waits has one, and the loop */
    GMutex mutex;
    GCond changed;
    gboolean came;
} Turn;

static void
turn_unref(gpointer data)
{
    Turn *self = data;

    if (!g_atomic_ref_count_dec(&self->refs))
        return;
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static void
come(gpointer data)
{
    Turn *self = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    self->came = TRUE;
    g_cond_signal(&self->changed);
}

gboolean
drv_loop_wait(gint64 patience_us)
{
    const gint64 until_us = g_get_monotonic_time() + patience_us;
    Turn *turn = g_new0(Turn, 1);
    gboolean came;

    g_atomic_ref_count_init(&turn->refs);
    g_mutex_init(&turn->mutex);
    g_cond_init(&turn->changed);
    g_atomic_ref_count_inc(&turn->refs);
    if (!drv_loop_run(come, turn, turn_unref)) {
        turn_unref(turn);
        turn_unref(turn);
        return FALSE;
    }

    g_mutex_lock(&turn->mutex);
    while (!turn->came && g_cond_wait_until(&turn->changed, &turn->mutex, until_us))
        continue;
    came = turn->came;
    g_mutex_unlock(&turn->mutex);
    turn_unref(turn);
    return came;
}
