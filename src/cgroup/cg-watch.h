/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "cg-notify.h"
#include "corral-event.h"
#include "corral-watch.h"

/*
 * One thing that is watched, of one group or of the machine.
 *
 * The truth is in look(): it compares what the kernel says now with what was
 * known, and adds what has happened to a queue.  The rest only says when to
 * look: a descriptor of its own, a CgNotify, or a clock.  A look too many costs
 * a read and finds nothing; a look too late finds all there is to find, because
 * counters are compared with those of the last time.
 *
 * A look that fails with CORRAL_ERROR_GONE is the last one.  After another failure
 * what was told may not be told any more, and the clock takes over.
 */
typedef struct _CgWatch CgWatch;

struct _CgWatch {
    const CgPlace *place; /* of the group, or NULL for the machine */
    gboolean (*look)(CgWatch *self, GQueue *events, GError **error);

    /* What wakes it; what it has none of is unset. */
    CgFd fd;
    GIOCondition condition; /* what to poll @fd for */
    GIOCondition ready;     /* what was found; look() takes it from here */
    CgNotify *notify;
    gint64 interval_us; /* looks at least so often; 0: whenever it is woken */
    gint64 again_us;    /* set by look(): once more after this time; 0: not */

    /* What is known. */
    guint64 known[2];
    guint64 threshold;
    pid_t followed; /* whose end @fd tells */
    pid_t ended;    /* who may still be listed, but does not count */
    gpointer children;
};

/* How often corral looks where the kernel does not tell. */
#define CG_WATCH_INTERVAL_US G_TIME_SPAN_SECOND

CgWatch *cg_watch_new(const CgPlace *place);
void cg_watch_free(CgWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgWatch, cg_watch_free)

/* Tells the end of the group of @self's place, which is called @name in the one above. */
gboolean cg_watch_add_end(CgWatch *self, const CgPlace *place, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* What comes or goes below @place. */
gboolean cg_watch_add_dir(CgWatch *self, const CgPlace *place, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* What happens to a file of self's place. */
gboolean cg_watch_add_file(CgWatch *self, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* An eventfd, as self->fd; and what has been counted in it, which is 0 then. */
gboolean cg_watch_add_counter(CgWatch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint64 cg_watch_take_counter(CgWatch *self);

/* Has it looked at again soon, later each time, until a second has passed; or not any more. */
void cg_watch_settle(CgWatch *self, gboolean unsettled);

/* FALSE, with the error, if the group of @self's place is gone. */
gboolean cg_watch_check(CgWatch *self, const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @name is copied. */
void cg_watch_add_event(GQueue *events, CorralEventType type, guint64 count, guint64 value,
                        const char *name);
/* An event if a counter that was *@known is @now; what is not known never counts. */
gboolean cg_watch_compare(GQueue *events, CorralEventType type, guint64 *known, guint64 now);

/* The kernel's pressure trigger @text, set in @file below @dir. */
gboolean cg_watch_set_trigger(CgWatch *self, int dir, const char *file, const char *text,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * What differs between the interfaces: each makes of @watch, which is new and has
 * a place, a watch for one kind of events.  @name is the group's, NULL for a
 * root.  NULL where the interface has no such thing.
 */
struct _CgWatching {
    gboolean (*oom)(CgWatch *watch, const char *name, GError **error);
    gboolean (*limit)(CgWatch *watch, const char *name, GError **error);
    gboolean (*high)(CgWatch *watch, const char *name, GError **error);
    gboolean (*usage)(CgWatch *watch, guint64 bytes, GError **error);
    gboolean (*level)(CgWatch *watch, CorralPressureLevel level, GError **error);
    gboolean (*populated)(CgWatch *watch, const char *name, GError **error);
};

extern const CgWatching cg_watching_legacy;
extern const CgWatching cg_watching_unified;

/* The groups below all of the @n_places, which are a group's that is called @name. */
gboolean cg_children_watch(CgWatch *watch, const CgPlace *const *places, guint n_places,
                           const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cg_children_free(gpointer children);
