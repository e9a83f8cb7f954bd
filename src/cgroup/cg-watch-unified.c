/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notifications of the kernel's unified interface.
 *
 * It counts events in keyed files and says when one has changed, at most every
 * 10 ms (CGROUP_FILE_NOTIFY_MIN_INTV in kernel/cgroup/cgroup.c).  "memory.events"
 * is about the group and all below it, "memory.events.local" (Linux 5.2) about the
 * group itself: whose limit it was is what the latter tells.
 */
#include <config.h>

#include "cg-codec.h"
#include "cg-watch.h"
#include "corral-error.h"

/* ---- memory.events ---- */

static gboolean
read_oom(const CgPlace *place, guint64 *ooms, guint64 *kills, GError **error)
{
    const CgCodecField fields[] = {{"oom", ooms}, {"oom_kill", kills}};

    return cg_place_read_keyed(place, "memory.events", fields, G_N_ELEMENTS(fields), error);
}

static gboolean
look_at_oom(CgWatch *self, GQueue *events, GError **error)
{
    guint64 ooms, kills;

    if (!read_oom(self->place, &ooms, &kills, error))
        return FALSE;

    cg_watch_compare(events, CORRAL_EVENT_OOM, &self->known[0], ooms);
    cg_watch_compare(events, CORRAL_EVENT_OOM_KILL, &self->known[1], kills);
    return TRUE;
}

static gboolean
watch_oom(CgWatch *self, const char *name, GError **error)
{
    self->look = look_at_oom;
    return cg_watch_add_file(self, "memory.events", error) &&
           cg_watch_add_end(self, self->place, name, error) &&
           read_oom(self->place, &self->known[0], &self->known[1], error);
}

static const char *
own_events_file(const CgPlace *place)
{
    return cg_tree_has_file(place->dir, "memory.events.local") ? "memory.events.local"
                                                               : "memory.events";
}

static gboolean
read_own(const CgPlace *place, const char *key, guint64 *value, GError **error)
{
    const CgCodecField fields[] = {{key, value}};

    return cg_place_read_keyed(place, own_events_file(place), fields, G_N_ELEMENTS(fields), error);
}

static gboolean
look_at_limit(CgWatch *self, GQueue *events, GError **error)
{
    guint64 now;

    if (!read_own(self->place, "max", &now, error))
        return FALSE;

    cg_watch_compare(events, CORRAL_EVENT_LIMIT, &self->known[0], now);
    return TRUE;
}

static gboolean
look_at_high(CgWatch *self, GQueue *events, GError **error)
{
    guint64 now;

    if (!read_own(self->place, "high", &now, error))
        return FALSE;

    cg_watch_compare(events, CORRAL_EVENT_HIGH, &self->known[0], now);
    return TRUE;
}

static gboolean
watch_own(CgWatch *self, const char *key, const char *name, GError **error)
{
    return cg_watch_add_file(self, own_events_file(self->place), error) &&
           cg_watch_add_end(self, self->place, name, error) &&
           read_own(self->place, key, &self->known[0], error);
}

static gboolean
watch_limit(CgWatch *self, const char *name, GError **error)
{
    self->look = look_at_limit;
    return watch_own(self, "max", name, error);
}

static gboolean
watch_high(CgWatch *self, const char *name, GError **error)
{
    self->look = look_at_high;
    return watch_own(self, "high", name, error);
}

/* ---- memory.current: nobody tells ---- */

static gboolean
look_at_usage(CgWatch *self, GQueue *events, GError **error)
{
    guint64 now;
    guint64 above;

    if (!cg_place_read_u64(self->place, "memory.current", &now, error))
        return FALSE;

    above = now >= self->threshold;
    if (above != self->known[0])
        cg_watch_add_event(events, CORRAL_EVENT_USAGE, 1, now, NULL);
    self->known[0] = above;
    return TRUE;
}

static gboolean
watch_usage(CgWatch *self, guint64 bytes, GError **error)
{
    guint64 now;

    if (!cg_place_read_u64(self->place, "memory.current", &now, error))
        return FALSE;

    self->look = look_at_usage;
    self->threshold = bytes;
    self->known[0] = now >= bytes;
    self->interval_us = CG_WATCH_INTERVAL_US;
    return TRUE;
}

/* ---- levels of memory pressure ---- */

/*
 * The levels of the legacy interface in stalls: what Android's low memory killer
 * took when it went from the one to the other.  A process without
 * CAP_SYS_RESOURCE may only have windows of whole two seconds (Linux 6.4).
 */
static gboolean
watch_level(CgWatch *self, CorralPressureLevel level, GError **error)
{
    static const struct {
        gboolean full;
        guint64 stall_us;
    } triggers[] = {
        [CORRAL_PRESSURE_LEVEL_LOW] = {FALSE, 70000},
        [CORRAL_PRESSURE_LEVEL_MEDIUM] = {FALSE, 100000},
        [CORRAL_PRESSURE_LEVEL_CRITICAL] = {TRUE, 70000},
    };
    g_autofree char *text =
        cg_codec_format_trigger(triggers[level].full, triggers[level].stall_us, 1000000);
    g_autofree char *longer =
        cg_codec_format_trigger(triggers[level].full, triggers[level].stall_us * 2, 2000000);
    g_autoptr(GError) failure = NULL;

    if (cg_watch_set_trigger(self, self->place->dir, "memory.pressure", text, &failure))
        return TRUE;
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED))
        return cg_watch_set_trigger(self, self->place->dir, "memory.pressure", longer, error);

    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- cgroup.events ---- */

static gboolean
read_populated(const CgPlace *place, guint64 *populated, GError **error)
{
    const CgCodecField fields[] = {{"populated", populated}};

    return cg_place_read_keyed(place, "cgroup.events", fields, G_N_ELEMENTS(fields), error);
}

static gboolean
look_at_populated(CgWatch *self, GQueue *events, GError **error)
{
    guint64 now;

    if (!read_populated(self->place, &now, error))
        return FALSE;

    if (now != CORRAL_UNKNOWN && now != self->known[0]) {
        cg_watch_add_event(events, now ? CORRAL_EVENT_POPULATED : CORRAL_EVENT_EMPTY, 1,
                           CORRAL_UNKNOWN, NULL);
        self->known[0] = now;
    }
    return TRUE;
}

static gboolean
watch_populated(CgWatch *self, const char *name, GError **error)
{
    guint64 now;

    /* The state it is in is told first. */
    self->known[0] = CORRAL_UNKNOWN;
    self->look = look_at_populated;
    return cg_watch_add_file(self, "cgroup.events", error) &&
           cg_watch_add_end(self, self->place, name, error) &&
           read_populated(self->place, &now, error);
}

const CgWatching cg_watching_unified = {
    .oom = watch_oom,
    .limit = watch_limit,
    .high = watch_high,
    .usage = watch_usage,
    .level = watch_level,
    .populated = watch_populated,
};
