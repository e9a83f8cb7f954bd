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
