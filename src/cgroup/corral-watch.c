/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Being told of what happens to a group: sources for any main context.
 *
 * Their callback is a CorralEventFunc.  A source lives in the thread of the context
 * that it is attached to, and needs no other; it holds a reference to its group.
 */
#include <config.h>

#include <string.h>

#include "cg-codec.h"
#include "cg-group.h"
#include "cg-host.h"
#include "cg-pressure.h"
#include "cg-source.h"
#include "corral-error.h"

/* What the group is called in the one above; NULL for a root, which nobody can remove. */
static const char *
name_of(CorralGroup *group)
{
    const char *path = corral_group_get_path(group);
    const char *slash = strrchr(path, '/');

    return path[0] == '\0' ? NULL : slash ? slash + 1 : path;
}

static const CgWatching *
find_memory(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_MEMORY, error);
    return *place ? (*place)->hierarchy->backend->watching : NULL;
}

typedef gboolean (*Prepare)(CgWatch *watch, const char *name, GError **error);

static GSource *
make(CorralGroup *self, const CgPlace *place, Prepare prepare, const char *name, GError **error)
{
    g_autoptr(CgWatch) watch = cg_watch_new(place);

    if (!prepare(watch, name_of(self), error))
        return NULL;

    return cg_source_new(self, g_steal_pointer(&watch), name);
}

/**
 * corral_group_oom_source_new:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_OOM when @self has run out of memory, its own limit being
 * met and nothing left to reclaim, and %CORRAL_EVENT_OOM_KILL when the kernel has
 * killed processes in it or below it, for whatever want of memory.  The first
 * comes before the second, or without it where the kernel has been told not to
 * kill.
 *
 * Under the legacy interface this takes a write, so not on a read-only host
 * (%CORRAL_ERROR_PERMISSION).
 *
 * %CORRAL_ERROR_NO_CONTROLLER: @self has no memory controller; %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_oom_source_new(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    const CgWatching *watching = find_memory(self, &place, error);

    return watching ? make(self, place, watching->oom, "corral oom", error) : NULL;
}

/**
 * corral_group_limit_source_new:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_LIMIT when @self's own memory limit kept it from using
 * more, so that the kernel had to reclaim.
 *
 * Under the legacy interface this takes a write, so not on a read-only host
 * (%CORRAL_ERROR_PERMISSION), and is told a second late at the most.
 *
 * %CORRAL_ERROR_NO_CONTROLLER: @self has no memory controller; %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_limit_source_new(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    const CgWatching *watching = find_memory(self, &place, error);

    return watching ? make(self, place, watching->limit, "corral limit", error) : NULL;
}

/**
 * corral_group_high_source_new:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_HIGH when @self was throttled because it used more than
 * its high limit.
 *
 * %CORRAL_ERROR_UNSUPPORTED: the legacy interface has no such limit;
 * %CORRAL_ERROR_NO_CONTROLLER: @self has no memory controller; %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_high_source_new(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    const CgWatching *watching = find_memory(self, &place, error);

    if (!watching)
        return NULL;
    if (!watching->high) {
        cg_group_refuse_unsupported(error, place, "high limit of memory");
        return NULL;
    }

    return make(self, place, watching->high, "corral high", error);
}

/**
 * corral_group_usage_source_new:
 * @self: a group
 * @bytes: the threshold, 1 to 2^63 - 1
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_USAGE when the memory that @self and all below it use
 * crosses @bytes, up or down.
 *
 * The legacy interface tells each crossing, give or take 128 pages for each CPU,
 * and this takes a write, so not on a read-only host (%CORRAL_ERROR_PERMISSION).
 * The unified interface tells nothing: usage is looked at once a second, and a
 * shorter excursion is not seen.
 *
 * %CORRAL_ERROR_RANGE; %CORRAL_ERROR_NO_CONTROLLER: @self has no memory controller;
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_usage_source_new(CorralGroup *self, guint64 bytes, GError **error)
{
    g_autoptr(CgWatch) watch = NULL;
    const CgPlace *place;
    const CgWatching *watching;

    if (bytes < 1 || bytes > G_MAXINT64) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "memory threshold %" G_GUINT64_FORMAT " is out of range [1, %" G_GINT64_FORMAT
                    "]",
                    bytes, G_MAXINT64);
        return NULL;
    }

    watching = find_memory(self, &place, error);
    if (!watching)
        return NULL;
    watch = cg_watch_new(place);
    if (!watching->usage(watch, bytes, error))
        return NULL;

    return cg_source_new(self, g_steal_pointer(&watch), "corral usage");
}

/**
 * corral_group_level_source_new:
 * @self: a group
 * @level: from which level of pressure on
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_PRESSURE when memory is as hard to get as @level says, in
 * @self or below it.  The legacy interface goes by how much reclaim finds, the
 * unified one by how long tasks wait for it: at the most once a second, when some
 * task waited for 70 ms (low) or 100 ms (medium), or all of them for 70 ms
 * (critical), of one second, or twice that of two where a process may not have
 * windows of one.  corral_group_pressure_source_new() is more exact where there is
 * pressure.
 *
 * This takes a write, so not on a read-only host (%CORRAL_ERROR_PERMISSION).
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not tell pressure;
 * %CORRAL_ERROR_RANGE: no such level; %CORRAL_ERROR_NO_CONTROLLER: @self has no
 * memory controller; %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_level_source_new(CorralGroup *self, CorralPressureLevel level, GError **error)
{
    g_autoptr(CgWatch) watch = NULL;
    const CgPlace *place;
    const CgWatching *watching;

    if ((guint)level > CORRAL_PRESSURE_LEVEL_CRITICAL) {
        cg_group_refuse_range(error, "pressure level", level, CORRAL_PRESSURE_LEVEL_LOW,
                              CORRAL_PRESSURE_LEVEL_CRITICAL);
        return NULL;
    }

    watching = find_memory(self, &place, error);
    if (!watching ||
        !cg_host_check_writable(corral_group_get_host(self), "have pressure told", error))
        return NULL;
    watch = cg_watch_new(place);
    if (!watching->level(watch, level, error))
        return NULL;

    return cg_source_new(self, g_steal_pointer(&watch), "corral level");
}

/* What the kernel is asked for; NULL if that is not to be had. */
static char *
format_trigger(CorralPressureKind kind, guint64 stall_us, guint64 window_us, GError **error)
{
    if ((guint)kind > CORRAL_PRESSURE_FULL) {
        cg_group_refuse_range(error, "pressure kind", kind, CORRAL_PRESSURE_SOME,
                              CORRAL_PRESSURE_FULL);
        return NULL;
    }
    if (window_us < CORRAL_PRESSURE_WINDOW_MIN_US || window_us > CORRAL_PRESSURE_WINDOW_MAX_US) {
        cg_group_refuse_range(error, "pressure window", MIN(window_us, G_MAXINT64),
                              CORRAL_PRESSURE_WINDOW_MIN_US, CORRAL_PRESSURE_WINDOW_MAX_US);
        return NULL;
    }
    if (stall_us < 1 || stall_us > window_us) {
        cg_group_refuse_range(error, "pressure stall", MIN(stall_us, G_MAXINT64), 1, window_us);
        return NULL;
    }

    return cg_codec_format_trigger(kind == CORRAL_PRESSURE_FULL, stall_us, window_us);
}

/**
 * corral_group_pressure_source_new:
 * @self: a group
 * @resource: which resource is to be waited for
 * @kind: by some task or by all
 * @stall_us: for how long, 1 to @window_us
 * @window_us: in what time, 500000 to 10000000
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_PRESSURE when tasks of @self, or below it, have been stalled for
 * @stall_us within @window_us; at the most once in a window.
 *
 * This takes a write, so not on a read-only host (%CORRAL_ERROR_PERMISSION).
 *
 * %CORRAL_ERROR_UNSUPPORTED: @self is in no unified hierarchy, or the kernel does not
 * measure @resource; %CORRAL_ERROR_REFUSED: it has no such @kind, or without
 * CAP_SYS_RESOURCE @window_us is not a multiple of 2000000; %CORRAL_ERROR_RANGE;
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_pressure_source_new(CorralGroup *self, CorralPressureResource resource,
                                 CorralPressureKind kind, guint64 stall_us, guint64 window_us,
                                 GError **error)
{
    g_autofree char *text = format_trigger(kind, stall_us, window_us, error);
    g_autoptr(CgWatch) watch = NULL;
    const CgPlace *place;

    if (!text || !cg_pressure_get_host_file(resource, error) ||
        !cg_host_check_writable(corral_group_get_host(self), "have pressure told", error))
        return NULL;
    place = cg_pressure_find_place(self, error);
    if (!place)
        return NULL;

    watch = cg_watch_new(place);
    if (!cg_watch_set_trigger(watch, place->dir,
                              place->hierarchy->backend->pressure->file_of(resource), text, error))
        return NULL;

    return cg_source_new(self, g_steal_pointer(&watch), "corral pressure");
}

/**
 * corral_host_pressure_source_new:
 * @self: a host
 * @resource: which resource is to be waited for
 * @kind: by some task or by all
 * @stall_us: for how long, 1 to @window_us
 * @window_us: in what time, 500000 to 10000000
 * @error: where to put what went wrong
 *
 * The same for the whole machine; the callback's group is %NULL.
 *
 * %CORRAL_ERROR_UNSUPPORTED: the kernel does not measure @resource; otherwise as
 * corral_group_pressure_source_new().
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_host_pressure_source_new(CorralHost *self, CorralPressureResource resource,
                                CorralPressureKind kind, guint64 stall_us, guint64 window_us,
                                GError **error)
{
    g_autofree char *text = format_trigger(kind, stall_us, window_us, error);
    const char *file = text ? cg_pressure_get_host_file(resource, error) : NULL;
    g_autoptr(CgWatch) watch = NULL;
    GError *failure = NULL;

    if (!file || !cg_host_check_writable(self, "have pressure told", error))
        return NULL;

    watch = cg_watch_new(NULL);
    if (!cg_watch_set_trigger(watch, cg_host_get_proc(self), file, text, &failure)) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED))
            g_propagate_error(error, failure);
        else
            cg_pressure_refuse_host(self, file, failure, error);
        return NULL;
    }

    return cg_source_new(NULL, g_steal_pointer(&watch), "corral pressure");
}

/**
 * corral_group_populated_source_new:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Tells at once which it is, and then whenever it changes: %CORRAL_EVENT_POPULATED
 * while processes are in @self or below it, %CORRAL_EVENT_EMPTY while there are
 * none.  What was the other for a moment only is not told.
 *
 * Under the legacy interface the kernel tells the end of a process, not that one
 * enters or is moved away: that is told a second late at the most.  A group that is
 * in a unified hierarchy is watched there.
 *
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_populated_source_new(CorralGroup *self, GError **error)
{
    const CgPlace *place;
    guint i;

    if (!cg_group_check_places(self, error))
        return NULL;

    place = cg_group_get_place(self, 0);
    for (i = 0; i < cg_group_get_n_places(self); i++) {
        if (cg_group_get_place(self, i)->hierarchy->mount->unified)
            place = cg_group_get_place(self, i);
    }

    return make(self, place, place->hierarchy->backend->watching->populated, "corral populated",
                error);
}

/**
 * corral_group_children_source_new:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Tells %CORRAL_EVENT_APPEARED for each group that is right below @self, those
 * that are there already first, and %CORRAL_EVENT_DISAPPEARED when it is not any
 * more, in any of @self's hierarchies.  One that was removed and made again is told
 * as both; one that came and went between two looks is not told.
 *
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (transfer full): a source, or %NULL
 * Since: 0.1
 */
GSource *
corral_group_children_source_new(CorralGroup *self, GError **error)
{
    g_autoptr(CgWatch) watch = cg_watch_new(NULL);
    guint n_places = cg_group_get_n_places(self);
    g_autofree const CgPlace **places = g_new(const CgPlace *, n_places);
    guint i;

    if (!cg_group_check_places(self, error))
        return NULL;

    for (i = 0; i < n_places; i++)
        places[i] = cg_group_get_place(self, i);
    if (!cg_children_watch(watch, places, n_places, name_of(self), error))
        return NULL;

    return cg_source_new(self, g_steal_pointer(&watch), "corral children");
}
