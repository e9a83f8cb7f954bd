/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all watches have in common. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cg-watch.h"
#include "corral-error.h"

#define SETTLE_MIN_US (2 * G_TIME_SPAN_MILLISECOND)
#define SETTLE_MAX_US G_TIME_SPAN_SECOND

CgWatch *
cg_watch_new(const CgPlace *place)
{
    CgWatch *self = g_new0(CgWatch, 1);

    self->place = place;
    self->fd = -1;
    return self;
}

void
cg_watch_free(CgWatch *self)
{
    g_clear_pointer(&self->notify, cg_notify_free);
    g_clear_pointer(&self->children, cg_children_free);
    cg_fd_close(&self->fd);
    g_free(self);
}

static gboolean
need_notify(CgWatch *self, GError **error)
{
    if (!self->notify)
        self->notify = cg_notify_new(error);

    return self->notify != NULL;
}

/* The kernel tells it to those who watch the directory above; the root stays. */
gboolean
cg_watch_add_end(CgWatch *self, const CgPlace *place, const char *name, GError **error)
{
    CG_AUTO_FD above = -1;

    if (!name)
        return TRUE;
    if (!need_notify(self, error))
        return FALSE;

    above = cg_tree_open_dir(place->dir, "..", error);
    if (above < 0 || !cg_notify_add_dir(self->notify, above, name, error))
        return FALSE;

    /* From now on it is told; it may have been before. */
    if (cg_tree_is_gone(place->dir)) {
        cg_tree_set_gone_error(error, place->dir, "", "watch");
        return FALSE;
    }
    return TRUE;
}

gboolean
cg_watch_add_dir(CgWatch *self, const CgPlace *place, GError **error)
{
    return need_notify(self, error) && cg_notify_add_dir(self->notify, place->dir, NULL, error);
}

gboolean
cg_watch_add_file(CgWatch *self, const char *file, GError **error)
{
    return need_notify(self, error) &&
           cg_notify_add_file(self->notify, self->place->dir, file, error);
}

gboolean
cg_watch_add_counter(CgWatch *self, GError **error)
{
    self->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    self->condition = G_IO_IN;
    if (self->fd < 0) {
        cg_tree_set_error(error, errno, self->place->dir, "", "watch");
        return FALSE;
    }

    return TRUE;
}

guint64
cg_watch_take_counter(CgWatch *self)
{
    eventfd_t number = 0;

    return self->fd >= 0 && eventfd_read(self->fd, &number) == 0 ? number : 0;
}

void
cg_watch_settle(CgWatch *self, gboolean unsettled)
{
    if (!unsettled || self->again_us >= SETTLE_MAX_US)
        self->again_us = 0;
    else
        self->again_us = MAX(self->again_us * 2, SETTLE_MIN_US);
}

gboolean
cg_watch_check(CgWatch *self, const char *file, GError **error)
{
    if (!self->place || !cg_tree_is_gone(self->place->dir))
        return TRUE;

    cg_tree_set_gone_error(error, self->place->dir, file, "watch");
    return FALSE;
}

void
cg_watch_add_event(GQueue *events, CorralEventType type, guint64 count, guint64 value,
                   const char *name)
{
    CorralEvent event = {type, count, value, (char *)name};

    g_queue_push_tail(events, corral_event_copy(&event));
}

gboolean
cg_watch_compare(GQueue *events, CorralEventType type, guint64 *known, guint64 now)
{
    guint64 before = *known;

    if (now == CORRAL_UNKNOWN)
        return FALSE;
    *known = now;
    /* Less than before: somebody has set it back. */
    if (before == CORRAL_UNKNOWN || now <= before)
        return FALSE;

    cg_watch_add_event(events, type, now - before, now, NULL);
    return TRUE;
}

/* ---- pressure triggers, of groups and of the machine ---- */

static gboolean
look_at_trigger(CgWatch *self, GQueue *events, GError **error)
{
    if (self->ready & (G_IO_ERR | G_IO_HUP | G_IO_NVAL)) {
        if (self->place)
            cg_tree_set_gone_error(error, self->place->dir, "", "watch the pressure of");
        else
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE, "pressure is not told any more");
        return FALSE;
    }

    if (self->ready & G_IO_PRI)
        cg_watch_add_event(events, CORRAL_EVENT_PRESSURE, 1, CORRAL_UNKNOWN, NULL);
    return TRUE;
}

gboolean
cg_watch_set_trigger(CgWatch *self, int dir, const char *file, const char *text, GError **error)
{
    CG_AUTO_FD fd = cg_tree_open_with(dir, file, O_RDWR | O_NONBLOCK, error);

    if (fd < 0 || !cg_tree_write_open(fd, dir, file, text, error))
        return FALSE;

    self->fd = cg_fd_steal(&fd);
    self->condition = G_IO_PRI;
    self->look = look_at_trigger;
    return TRUE;
}
