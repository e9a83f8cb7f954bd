/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a group: processes and threads, on their way in and out. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cg-codec.h"
#include "cg-group.h"
#include "cg-host.h"
#include "corral-error.h"
#include "corral-members.h"

static gboolean
attach_in(const CgPlace *place, const char *file, pid_t id, GError **error)
{
    const CgBackend *backend = place->hierarchy->backend;
    g_autoptr(GError) failure = NULL;

    if (cg_place_write_u64(place, file, id, &failure))
        return TRUE;

    /* Refused for want of CPUs or memory nodes: there is a remedy for that. */
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_REFUSED) &&
        backend->prepare(place->dir, place->controllers, NULL))
        return cg_place_write_u64(place, file, id, error);

    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
attach(CorralGroup *self, gboolean thread, pid_t id, GError **error)
{
    guint i;

    if (id <= 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "there is no process %d", (int)id);
        return FALSE;
    }
    if (!cg_group_check_places(self, error))
        return FALSE;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *place = cg_group_get_place(self, i);
        const CgBackend *backend = place->hierarchy->backend;

        if (!attach_in(place, thread ? backend->threads_file : backend->processes_file, id, error))
            return FALSE;
    }

    return TRUE;
}

/**
 * corral_group_attach_process:
 * @self: a group
 * @pid: a process
 * @error: where to put what went wrong
 *
 * Moves a process with all its threads.
 *
 * %CORRAL_ERROR_NOT_FOUND: it is gone; %CORRAL_ERROR_GONE: the group is.
 *
 * Returns: (skip): %TRUE if it is in @self in every hierarchy
 * Since: 0.1
 */
gboolean
corral_group_attach_process(CorralGroup *self, pid_t pid, GError **error)
{
    return attach(self, FALSE, pid, error);
}

/**
 * corral_group_attach_thread:
 * @self: a group of threads, from corral_group_make_threaded()
 * @tid: a thread
 * @error: where to put what went wrong
 *
 * Moves one thread.  The unified interface allows that only between groups of
 * one process.
 *
 * Returns: (skip): %TRUE if it is in @self in every hierarchy
 * Since: 0.1
 */
gboolean
corral_group_attach_thread(CorralGroup *self, pid_t tid, GError **error)
{
    return attach(self, TRUE, tid, error);
}

/* The paths of the groups that @pid is in, one a place of @self; NULL where it cannot be told. */
static GPtrArray *
find_groups(CorralGroup *self, pid_t pid)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    guint i;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        CorralController controller = g_bit_nth_lsf(cg_group_get_place(self, i)->controllers, -1);

        g_ptr_array_add(
            paths, corral_host_find_process(corral_group_get_host(self), controller, pid, NULL));
    }

    return paths;
}

/* Back to where it came from, as far as that is to be had. */
static void
put_back(CorralGroup *self, GPtrArray *paths, pid_t pid)
{
    guint i;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        g_autoptr(CorralGroup) group = NULL;
        const char *path = g_ptr_array_index(paths, i);

        if (path)
            group = corral_group_open(corral_group_get_host(self), path,
                                      cg_group_get_place(self, i)->controllers, NULL);
        if (group && !corral_group_attach_process(group, pid, NULL))
            g_debug("process %d cannot go back to '%s'", (int)pid, path);
    }
}

/**
 * corral_group_make_for_process: (constructor)
 * @host: (nullable): where; %NULL for the machine we run on
 * @path: e.g. "libvirt/lxc/demo"; levels that are missing are made
 * @pid: a process
 * @error: where to put what went wrong
 *
 * Makes a group with every controller that @host serves, or takes the one that
 * is there, and moves a process into it with all its threads.  On failure the
 * process is where it was and nothing is left of what was made.
 *
 * Without a @host each call looks for the mounts anew: who makes many groups
 * better opens it once.
 *
 * %CORRAL_ERROR_NOT_FOUND: there is no such process; %CORRAL_ERROR_NAME: @path cannot be a
 * group's; %CORRAL_ERROR_BUSY: under the unified interface a group either holds processes or
 * hands controllers down, and one above @path does hold some, or there are groups with
 * controllers below @path; the message names it.
 *
 * Returns: (transfer full): the group, or %NULL
 * Since: 0.1
 */
CorralGroup *
corral_group_make_for_process(CorralHost *host, const char *path, pid_t pid, GError **error)
{
    g_autoptr(CorralHost) here = host ? g_object_ref(host) : NULL;
    g_autoptr(CorralGroup) self = NULL;
    g_autoptr(GPtrArray) before = NULL;
    g_autofree gboolean *made = NULL;

    if (!here)
        here = corral_host_new(NULL, CORRAL_HOST_NONE, error);
    if (!here)
        return NULL;
    self = cg_group_make(here, path, corral_host_get_controllers(here), CORRAL_MAKE_NONE, &made,
                         error);
    if (!self)
        return NULL;

    before = find_groups(self, pid);
    if (!attach(self, FALSE, pid, error)) {
        put_back(self, before, pid);
        cg_group_take_back(self, made);
        return NULL;
    }

    return g_steal_pointer(&self);
}

static gboolean
is_in_hierarchy(CorralGroup *self, const CgPlace *place)
{
    guint i;

    for (i = 0; self && i < cg_group_get_n_places(self); i++) {
        if (cg_group_get_place(self, i)->hierarchy == place->hierarchy)
            return TRUE;
    }

    return FALSE;
}

/**
 * corral_group_list_entrances:
 * @self: a group
 * @child: (nullable): one of its children
 *
 * Names the files through which a process enters @self, or @child where that
 * exists: a process of one thread that opens each of them and writes "0" is in.
 * open(2) and write(2) are all it takes, so a child between fork and exec can
 * do it.
 *
 * Returns: (transfer full): absolute file names
 * Since: 0.1
 */
char **
corral_group_list_entrances(CorralGroup *self, CorralGroup *child)
{
    g_autoptr(GPtrArray) entrances = g_ptr_array_new_with_free_func(g_free);
    guint i;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *whole = cg_group_get_place(self, i);
        gboolean below = is_in_hierarchy(child, whole);
        const CgHierarchy *hierarchy = whole->hierarchy;

        g_ptr_array_add(entrances, g_build_filename(cg_host_get_root(corral_group_get_host(self)),
                                                    hierarchy->mount->mount_point,
                                                    corral_group_get_path(below ? child : self),
                                                    hierarchy->backend->entrance_file, NULL));
    }

    g_ptr_array_add(entrances, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&entrances), FALSE);
}

typedef const char *(*FileOf)(const CgBackend *backend);

static const char *
processes_file(const CgBackend *backend)
{
    return backend->processes_file;
}

static const char *
threads_file(const CgBackend *backend)
{
    return backend->threads_file;
}

static GArray *
read_ids(const CgPlace *place, const char *file, GError **error)
{
    g_autofree char *text = cg_place_read(place, file, error);
    GArray *ids = NULL;

    if (text && !cg_codec_parse_ids(text, &ids))
        cg_place_refuse_format(place, file, text, error);

    return ids;
}

/*
 * Hierarchies agree about a group's members unless somebody meddled, so the
 * first that answers will do.  A threaded group of the unified interface does
 * not list processes (%CORRAL_ERROR_UNSUPPORTED): its parent names them.
 */
static GArray *
list_ids(CorralGroup *self, FileOf file_of, GError **error)
{
    g_autoptr(GError) failure = NULL;
    guint i;

    if (!cg_group_check_places(self, error))
        return NULL;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *place = cg_group_get_place(self, i);
        GArray *ids;

        g_clear_error(&failure);
        ids = read_ids(place, file_of(place->hierarchy->backend), &failure);
        if (ids)
            return ids;
    }

    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/**
 * corral_group_list_processes:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Those in the group itself, not in its children.  Under the unified interface
 * a group of threads cannot tell (%CORRAL_ERROR_UNSUPPORTED) and the group above
 * it names the processes of all.
 *
 * Returns: (transfer full) (element-type gint): process ids, sorted
 * Since: 0.1
 */
GArray *
corral_group_list_processes(CorralGroup *self, GError **error)
{
    return list_ids(self, processes_file, error);
}

/**
 * corral_group_list_threads:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Those in the group itself, not in its children.
 *
 * Returns: (transfer full) (element-type gint): thread ids, sorted
 * Since: 0.1
 */
GArray *
corral_group_list_threads(CorralGroup *self, GError **error)
{
    return list_ids(self, threads_file, error);
}

/* Processes where the group lists them, otherwise threads: whom to signal. */
static GArray *
read_targets(const CgPlace *place, GError **error)
{
    g_autoptr(GError) failure = NULL;
    GArray *ids = read_ids(place, place->hierarchy->backend->processes_file, &failure);

    if (ids)
        return ids;
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
        return read_ids(place, place->hierarchy->backend->threads_file, error);

    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* Whether @id is still in the group of @place, and so is who we took it for. */
static gboolean
still_here(const CgPlace *place, pid_t id)
{
    g_autoptr(GArray) ids = read_targets(place, NULL);
    guint i;

    for (i = 0; ids && i < ids->len; i++) {
        if (g_array_index(ids, pid_t, i) == id)
            return TRUE;
    }

    return FALSE;
}

/*
 * A process id may have been given to somebody else by the time it is
 * signalled.  A pidfd holds on to whoever has the id now; if the group still
 * lists the id after that, this is our process.
 */
static void
kill_one(const CgPlace *place, pid_t id)
{
    CG_AUTO_FD pidfd = syscall(SYS_pidfd_open, id, 0);

    if (pidfd >= 0) {
        if (still_here(place, id))
            syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    } else if (errno != ESRCH && still_here(place, id)) {
        /* A thread other than the first of its process (EINVAL), or Linux before 5.3. */
        kill(id, SIGKILL);
    }
}

/* Keeps the first that went wrong; who is gone, is gone as wanted. */
static void
note_failure(GError *error, GError **failure)
{
    if (error && !*failure && !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE) &&
        !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
        *failure = g_error_copy(error);
}

/* Signals everybody in @place and below; tells whether there was anybody that it saw, and in
 * @failure what kept it from seeing all. */
static gboolean
kill_below(const CgPlace *place, GError **failure)
{
    g_autoptr(GError) unread = NULL;
    g_autoptr(GError) unlisted = NULL;
    g_autoptr(GArray) ids = read_targets(place, &unread);
    g_auto(GStrv) names = cg_tree_list_dirs(place->dir, &unlisted);
    gboolean any = FALSE;
    gsize i;

    note_failure(unread, failure);
    note_failure(unlisted, failure);
    for (i = 0; ids && i < ids->len; i++) {
        kill_one(place, g_array_index(ids, pid_t, i));
        any = TRUE;
    }
    for (i = 0; names && names[i]; i++) {
        g_autoptr(GError) unopened = NULL;
        CgPlace below = *place;

        below.files = NULL;
        below.dir = cg_tree_open_dir(place->dir, names[i], &unopened);
        note_failure(unopened, failure);
        if (below.dir >= 0)
            any |= kill_below(&below, failure);
        cg_fd_close(&below.dir);
    }
    if (any && place->hierarchy->backend->let_die)
        place->hierarchy->backend->let_die(place);

    return any;
}

/* Killed without more ado most are gone in a moment; what is left then is held each time. */
#define HOLD_AFTER_US (G_TIME_SPAN_SECOND / 4)
#define HOLD_US G_TIME_SPAN_SECOND

/* @hold_until: 0, or how long those may take to stand still who are faster than we are. */
static gboolean
kill_in_all(CorralGroup *self, gint64 hold_until, GError **failure)
{
    gboolean any = FALSE;
    guint i;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *place = cg_group_get_place(self, i);
        const CgBackend *backend = place->hierarchy->backend;
        const gboolean holds = hold_until != 0 && backend->hold && backend->let_die;

        if (backend->kill)
            (void)!backend->kill(place, NULL);
        if (holds)
            backend->hold(place, hold_until);
        any |= kill_below(place, failure);
        if (holds)
            backend->let_die(place);
    }

    return any;
}

/**
 * corral_group_kill:
 * @self: a group
 * @patience_ms: how long to wait until they are gone
 * @error: where to put what went wrong
 *
 * Kills every process in the group and below it: at one stroke where the
 * kernel has cgroup.kill, otherwise again and again until none is left, so
 * that a process that forks meanwhile does not escape.  Those that fork faster
 * than they are killed are frozen meanwhile if the group has that control, which
 * whoever is killed in the middle of it leaves so.  Groups that are frozen
 * are thawed where frozen processes do not die; one that is frozen from above
 * is not.
 *
 * %CORRAL_ERROR_BUSY: some are still there; %CORRAL_ERROR_NAME: @self is the
 * root, which holds the whole machine.
 *
 * Returns: (skip): %TRUE if the group is empty
 * Since: 0.1
 */
gboolean
corral_group_kill(CorralGroup *self, guint patience_ms, GError **error)
{
    const gint64 began = g_get_monotonic_time();
    const gint64 deadline = began + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;

    if (corral_group_get_path(self)[0] == '\0') {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "the root cannot be killed");
        return FALSE;
    }
    if (!cg_host_check_writable(corral_group_get_host(self), "kill processes", error))
        return FALSE;

    while (TRUE) {
        gint64 now = g_get_monotonic_time();
        gint64 hold_until = now - began >= HOLD_AFTER_US ? MIN(deadline, now + HOLD_US) : 0;
        g_autoptr(GError) failure = NULL;

        if (!kill_in_all(self, hold_until, &failure)) {
            if (!failure)
                return TRUE;
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (g_get_monotonic_time() >= deadline) {
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                        "processes of group '%s' refuse to die", corral_group_get_path(self));
            return FALSE;
        }
        g_usleep(2000);
    }
}
