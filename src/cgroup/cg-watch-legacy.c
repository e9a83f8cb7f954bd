/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notifications of the kernel's legacy interface.
 *
 * An eventfd written to cgroup.event_control, with a control file and arguments,
 * is added to whenever something happens to that file; closing it takes it back.
 * It is added to once more when the group is removed, by which time the group has
 * no files any more: that tells the one from the other.
 *
 * The kernel tells less than under the unified interface: nobody is woken when a
 * process is killed for want of memory on the whole machine, when the limit is met
 * for a moment only, or when the last process leaves.  There it is the counters
 * and lists that count, looked at once a second, and what the kernel does tell
 * makes it faster.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cg-codec.h"
#include "cg-watch.h"
#include "corral-error.h"

static gboolean
register_counter(CgWatch *self, const char *file, const char *arguments, GError **error)
{
    CG_AUTO_FD control = cg_tree_open_with(self->place->dir, file, O_RDONLY, error);
    g_autofree char *text = NULL;

    if (control < 0 || (self->fd < 0 && !cg_watch_add_counter(self, error)))
        return FALSE;

    text = g_strdup_printf("%d %d%s%s", self->fd, control, arguments[0] ? " " : "", arguments);
    return cg_place_write(self->place, "cgroup.event_control", text, error);
}

/* How often it was woken, less the once that only says that the group is gone. */
static guint64
take(CgWatch *self, gboolean *gone)
{
    guint64 count = cg_watch_take_counter(self);

    *gone = cg_tree_is_gone(self->place->dir);
    return *gone && count > 0 ? count - 1 : count;
}

/* ---- memory.oom_control ---- */

/* A kill counts where the process was, not where the limit is: hence all below as well. */
static guint64
count_kills(const CgPlace *place)
{
    g_auto(GStrv) names = cg_tree_list_dirs(place->dir, NULL);
    guint64 kills = CORRAL_UNKNOWN;
    const CgCodecField fields[] = {{"oom_kill", &kills}};
    gsize i;

    if (!cg_place_read_keyed(place, "memory.oom_control", fields, G_N_ELEMENTS(fields), NULL) ||
        kills == CORRAL_UNKNOWN)
        return CORRAL_UNKNOWN;

    for (i = 0; names && names[i]; i++) {
        CgPlace below = *place;
        CG_AUTO_FD dir = cg_tree_open_dir(place->dir, names[i], NULL);
        guint64 more;

        below.dir = dir;
        below.files = NULL;
        more = dir >= 0 ? count_kills(&below) : CORRAL_UNKNOWN;
        if (more != CORRAL_UNKNOWN)
            kills += more;
    }

    return kills;
}

/* The kernel wakes us before it looks for somebody to kill. */
static gboolean
look_at_oom(CgWatch *self, GQueue *events, GError **error)
{
    gboolean gone;
    guint64 count = take(self, &gone);
    gboolean killed;

    if (count > 0)
        cg_watch_add_event(events, CORRAL_EVENT_OOM, count, CORRAL_UNKNOWN, NULL);
    if (gone)
        return cg_watch_check(self, "memory.oom_control", error);

    killed =
        cg_watch_compare(events, CORRAL_EVENT_OOM_KILL, &self->known[0], count_kills(self->place));
    if (count > 0)
        self->again_us = 0;
    cg_watch_settle(self, !killed && (count > 0 || self->again_us > 0));
    return TRUE;
}

static gboolean
watch_oom(CgWatch *self, const char *name G_GNUC_UNUSED, GError **error)
{
    if (!register_counter(self, "memory.oom_control", "", error))
        return FALSE;

    self->look = look_at_oom;
    self->known[0] = count_kills(self->place);
    self->interval_us = CG_WATCH_INTERVAL_US;
    return TRUE;
}

/* ---- memory.failcnt ---- */

static gboolean
look_at_limit(CgWatch *self, GQueue *events, GError **error)
{
    guint64 now;

    cg_watch_take_counter(self);
    if (!cg_place_read_u64(self->place, "memory.failcnt", &now, error))
        return FALSE;

    cg_watch_compare(events, CORRAL_EVENT_LIMIT, &self->known[0], now);
    return TRUE;
}

/*
 * A group at its limit reclaims, and who reclaims 512 pages raises at least the
 * lowest level of pressure.  (A threshold at the limit is never crossed: what does
 * not fit is not charged.)  Not every kernel has it; looking is all that is needed.
 */
static gboolean
watch_limit(CgWatch *self, const char *name G_GNUC_UNUSED, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (!register_counter(self, "memory.pressure_level", "low,local", &failure)) {
        if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED) &&
            !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_debug("%s", failure->message);
        cg_fd_close(&self->fd);
    }

    self->look = look_at_limit;
    self->interval_us = CG_WATCH_INTERVAL_US;
    return cg_place_read_u64(self->place, "memory.failcnt", &self->known[0], error);
}

/* ---- memory.usage_in_bytes ---- */

static gboolean
look_at_usage(CgWatch *self, GQueue *events, GError **error)
{
    gboolean gone;
    guint64 count = take(self, &gone);
    guint64 now = CORRAL_UNKNOWN;

    if (count > 0) {
        if (!gone && !cg_place_read_u64(self->place, "memory.usage_in_bytes", &now, error))
            return FALSE;
        cg_watch_add_event(events, CORRAL_EVENT_USAGE, count, now, NULL);
    }

    return !gone || cg_watch_check(self, "memory.usage_in_bytes", error);
}

static gboolean
watch_usage(CgWatch *self, guint64 bytes, GError **error)
{
    char text[32];

    g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, bytes);
    self->look = look_at_usage;
    return register_counter(self, "memory.usage_in_bytes", text, error);
}

/* ---- memory.pressure_level ---- */

static gboolean
look_at_level(CgWatch *self, GQueue *events, GError **error)
{
    gboolean gone;
    guint64 count = take(self, &gone);

    if (count > 0)
        cg_watch_add_event(events, CORRAL_EVENT_PRESSURE, count, CORRAL_UNKNOWN, NULL);

    return !gone || cg_watch_check(self, "memory.pressure_level", error);
}

/* Of all below it, too, whoever else listens there (Linux 4.13). */
static gboolean
watch_level(CgWatch *self, CorralPressureLevel level, GError **error)
{
    static const char *const names[] = {
        [CORRAL_PRESSURE_LEVEL_LOW] = "low,hierarchy",
        [CORRAL_PRESSURE_LEVEL_MEDIUM] = "medium,hierarchy",
        [CORRAL_PRESSURE_LEVEL_CRITICAL] = "critical,hierarchy",
    };

    self->look = look_at_level;
    return register_counter(self, "memory.pressure_level", names[level], error);
}

/* ---- cgroup.procs ---- */

/*
 * Whether there is a process in @place or below it; @pid is one of them, not
 * @except if there is another, and 0 if it belongs to another PID namespace.
 */
static gboolean
find_member(const CgPlace *place, pid_t except, pid_t *pid)
{
    g_autofree char *text = cg_place_read(place, place->hierarchy->backend->processes_file, NULL);
    g_autoptr(GArray) ids = NULL;
    g_auto(GStrv) names = NULL;
    gboolean any = FALSE;
    guint i;

    if (text && text[0] != '\0' && cg_codec_parse_ids(text, &ids)) {
        any = TRUE;
        *pid = 0;
        for (i = 0; i < ids->len && (*pid == 0 || *pid == except); i++)
            *pid = g_array_index(ids, pid_t, i);
        if (*pid != except)
            return TRUE;
    }

    names = cg_tree_list_dirs(place->dir, NULL);
    for (i = 0; names && names[i]; i++) {
        CgPlace below = *place;
        CG_AUTO_FD dir = cg_tree_open_dir(place->dir, names[i], NULL);

        below.dir = dir;
        below.files = NULL;
        if (dir >= 0 && find_member(&below, except, pid)) {
            any = TRUE;
            if (*pid != except)
                return TRUE;
        }
    }

    return any;
}

/* FALSE if @pid has just ended, and is still listed. */
static gboolean
follow(CgWatch *self, pid_t pid)
{
    if (pid == self->followed && self->fd >= 0)
        return TRUE;

    cg_fd_close(&self->fd);
    self->followed = pid;
    self->condition = G_IO_IN;
    if (pid == 0)
        return TRUE;

    self->fd = syscall(SYS_pidfd_open, pid, 0);
    return self->fd >= 0 || errno != ESRCH;
}

/*
 * The end of one process is told; when it has ended there is another one, or nobody.
 * One that has just ended may be listed for a moment.
 */
static gboolean
look_at_populated(CgWatch *self, GQueue *events, GError **error)
{
    pid_t pid = 0;
    guint64 now;

    if (!cg_watch_check(self, "cgroup.procs", error))
        return FALSE;

    if (self->fd >= 0 && (self->ready & G_IO_IN)) {
        self->ended = self->followed;
        self->again_us = 0;
        cg_fd_close(&self->fd);
    } else if (self->again_us == 0) {
        self->ended = 0;
    }

    now = find_member(self->place, self->ended, &pid);
    if (!now)
        pid = 0;
    cg_watch_settle(self, pid != 0 && (pid == self->ended || !follow(self, pid)));

    if (now != self->known[0])
        cg_watch_add_event(events, now ? CORRAL_EVENT_POPULATED : CORRAL_EVENT_EMPTY, 1,
                           CORRAL_UNKNOWN, NULL);
    self->known[0] = now;
    return TRUE;
}

static gboolean
watch_populated(CgWatch *self, const char *name, GError **error)
{
    self->known[0] = CORRAL_UNKNOWN;
    self->look = look_at_populated;
    self->interval_us = CG_WATCH_INTERVAL_US;
    return cg_watch_add_end(self, self->place, name, error);
}

const CgWatching cg_watching_legacy = {
    .oom = watch_oom,
    .limit = watch_limit,
    .usage = watch_usage,
    .level = watch_level,
    .populated = watch_populated,
};
