/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens is gathered here and nothing else: to find out more, and to do something, may have
 * to wait for libvirt, which the thread that watches all guests must not.
 *
 * While somebody works for the guest what is decided on is his, and what happens meanwhile
 * waits for him.
 *
 * A guest's end is not an event of its group's: that is removed by whoever found the guest
 * ended, and says what was counted before.  So no kill is lost, however soon the group goes.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-sentry.h"
#include "drv-stick.h"

#define US_PER_MS 1000

/* QEMU was killed if it ends so soon after a process of its group was. */
#define FATAL_US (2 * G_TIME_SPAN_SECOND)

enum {
    OOM,
    PRESSURE,
    N_SOURCES
};

struct _DrvSentry {
    gatomicrefcount refs;
    const DrvSentryMeans *means;
    char *path;
    GuestReactions wish;
    DrvRemedy *remedy; /* whoever works has it */
    GSource *sources[N_SOURCES];
    GSource *timer; /* NULL: nothing waits */

    PolicyIncident seen;  /* no more than that, and what it takes to judge it */
    PolicyIncident given; /* of that, what is being worked on */
    gint64 first_us;      /* when the first of it was seen; 0: nothing was */
    guint64 kills;        /* that are known of */
    gint64 killed_us;     /* when the last was heard of; 0: none was */
    gboolean busy;
    gboolean gone; /* its group, without the guest's end */
};

/* ---- what happens ---- */

static void
drop(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static void
hand_over(DrvSentry *self)
{
    self->given = self->seen;
    memset(self->seen.seen_us, 0, sizeof(self->seen.seen_us));
    self->first_us = 0;
    self->busy = TRUE;
    self->means->wake(self, self->means->opaque);
}

static gboolean
on_timer(gpointer data)
{
    DrvSentry *self = data;

    drop(&self->timer);
    hand_over(self);
    return G_SOURCE_REMOVE;
}

/* The guest may be dismissed while the timer runs. */
static void
set_timer(DrvSentry *self)
{
    const gint64 wait_us = drv_remedy_find_wait(self->remedy, self->first_us);

    self->timer = g_timeout_source_new((guint)(wait_us / US_PER_MS) + 1);
    g_source_set_callback(self->timer, on_timer, drv_sentry_ref(self),
                          (GDestroyNotify)drv_sentry_unref);
    g_source_attach(self->timer, self->means->context);
}

static void
note(DrvSentry *self, PolicyEvent event)
{
    self->seen.seen_us[event] = g_get_monotonic_time();
    if (self->first_us == 0)
        self->first_us = self->seen.seen_us[event];
    if (!self->busy && !self->timer)
        set_timer(self);
}

static void
note_kills(DrvSentry *self, const CorralEvent *event)
{
    self->kills = event->value == CORRAL_UNKNOWN ? self->kills + event->count : event->value;
    self->killed_us = g_get_monotonic_time();
    note(self, POLICY_EVENT_OOM_KILL);
}

static gboolean watch(DrvSentry *self);

/* A container that starts anew has another one by the same name. */
static void
follow(DrvSentry *self)
{
    drv_sentry_dismiss(self);
    self->gone = !watch(self);
}

static gboolean
on_event(CorralGroup *group G_GNUC_UNUSED, const CorralEvent *event, gpointer data)
{
    DrvSentry *self = data;

    if (event->type == CORRAL_EVENT_GONE)
        follow(self);
    if (event->type == CORRAL_EVENT_OOM)
        note(self, POLICY_EVENT_OOM);
    else if (event->type == CORRAL_EVENT_OOM_KILL)
        note_kills(self, event);
    else if (event->type == CORRAL_EVENT_PRESSURE)
        note(self, POLICY_EVENT_PRESSURE);
    return G_SOURCE_CONTINUE;
}

/* ---- what is watched ---- */

/* Where the kernel does not tell how long somebody waits it tells how hard memory is to find.  So
 * it is on a hybrid host as well: where the group is that counts, that of memory. */
static GSource *
make_pressure_source(DrvSentry *self, CorralGroup *group, GError **error)
{
    const GuestReaction *wish = &self->wish.on_pressure;
    g_autoptr(GError) failure = NULL;
    GSource *source = corral_group_pressure_source_new(
        group, CORRAL_PRESSURE_MEMORY, CORRAL_PRESSURE_SOME, (guint64)wish->some_ms * US_PER_MS,
        (guint64)wish->window_ms * US_PER_MS, &failure);

    self->seen.window_us = source ? wish->window_ms * US_PER_MS : 0;
    if (!source && g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
        return corral_group_level_source_new(group, CORRAL_PRESSURE_LEVEL_MEDIUM, error);
    if (!source)
        g_propagate_error(error, g_steal_pointer(&failure));
    return source;
}

static void
attach(DrvSentry *self, int which, GSource *source)
{
    if (!source)
        return;

    self->sources[which] = source;
    g_source_set_callback(source, G_SOURCE_FUNC(on_event), self, NULL);
    g_source_attach(source, self->means->context);
}

static void
complain(const DrvSentry *self, GError *error, const char *doing)
{
    if (g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
        g_error_free(error);
    else if (error)
        drv_error_log(error, drv_remedy_get_name(self->remedy), doing);
}

/* FALSE if there is no such group.  One of the two may be had where the other is not. */
static gboolean
watch(DrvSentry *self)
{
    g_autoptr(CorralGroup) group = drv_stick_open(self->means->host, self->path, NULL);
    GError *oom_error = NULL;
    GError *pressure_error = NULL;
    DrvRemedyView view;

    if (!group || !drv_remedy_look(self->means->host, self->path, &view))
        return FALSE;

    self->kills = view.kills;
    if (policy_reaction_is_wanted(&self->wish.on_oom))
        attach(self, OOM, corral_group_oom_source_new(group, &oom_error));
    if (policy_reaction_is_wanted(&self->wish.on_pressure))
        attach(self, PRESSURE, make_pressure_source(self, group, &pressure_error));
    complain(self, oom_error, "hear when it is out of memory");
    complain(self, pressure_error, "hear when it waits for memory");
    return TRUE;
}

DrvSentry *
drv_sentry_new(const DrvSentryMeans *means, const Guest *guest, const char *path,
               const GuestReactions *wish)
{
    g_autoptr(DrvSentry) self = g_new0(DrvSentry, 1);

    g_atomic_ref_count_init(&self->refs);
    self->means = means;
    self->path = g_strdup(path);
    self->wish = *wish;
    self->remedy = drv_remedy_new(&means->remedy, guest, path, wish);
    return watch(self) ? g_steal_pointer(&self) : NULL;
}

DrvSentry *
drv_sentry_ref(DrvSentry *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
drv_sentry_unref(DrvSentry *self)
{
    if (!self || !g_atomic_ref_count_dec(&self->refs))
        return;

    drv_sentry_dismiss(self);
    drv_remedy_free(self->remedy);
    g_free(self->path);
    g_free(self);
}

gboolean
drv_sentry_does(const DrvSentry *self, const char *path, const GuestReactions *wish)
{
    return !self->gone && g_str_equal(self->path, path) && guest_reactions_equal(&self->wish, wish);
}

void
drv_sentry_dismiss(DrvSentry *self)
{
    gsize i;

    for (i = 0; i < N_SOURCES; i++)
        drop(&self->sources[i]);
}

/* A container outlives most of its processes, so what was told is none of its end's. */
static gboolean
is_fatal(const DrvSentry *self, const DrvRemedyView *view)
{
    const gboolean just_now =
        self->killed_us != 0 && g_get_monotonic_time() - self->killed_us < FATAL_US;

    return (view && view->kills > self->kills) || self->seen.seen_us[POLICY_EVENT_OOM_KILL] != 0 ||
           (just_now && !self->means->remedy.stack->has_containers);
}

void
drv_sentry_end(DrvSentry *self, const DrvRemedyView *view)
{
    drv_sentry_dismiss(self);
    if (!policy_reaction_is_wanted(&self->wish.on_oom) || !is_fatal(self, view))
        return;

    if (view && !self->busy)
        drv_remedy_note_end(self->remedy, view);
    note(self, POLICY_EVENT_END);
}

/* ---- for two threads ---- */

void
drv_sentry_work(DrvSentry *self)
{
    drv_remedy_apply(self->remedy, &self->given);
}

void
drv_sentry_rest(DrvSentry *self)
{
    self->busy = FALSE;
    if (self->first_us != 0 && !self->timer)
        set_timer(self);
}
