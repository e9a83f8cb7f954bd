/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room below a group that was left to us.
 *
 * Under the unified interface a group holds processes or hands controllers down,
 * the machine's root excepted.  Whoever is given a group is mostly started in it,
 * as a container is, so somebody has to move all of these down by one level.  Only
 * who shares the group by right may do that to the others: those in one container
 * with him.  Somebody else in there was put there from outside, and his manager
 * would not find him again.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "cg-backend.h"
#include "cg-codec.h"
#include "cg-group.h"
#include "cg-host.h"
#include "corral-error.h"
#include "corral-room.h"

/* How often somebody may be born while the others are moved, or not have ended yet: a second. */
#define MOVE_TRIES 64
#define PAUSE_US 500

/* Those that make a container of its processes. */
static const char *const namespaces[] = {"cgroup", "pid"};

static char *
read_namespace(int proc, const char *process, const char *namespace, int *errnum)
{
    g_autofree char *link = g_strdup_printf("%s/ns/%s", process, namespace);
    char target[PATH_MAX];
    const ssize_t length = readlinkat(proc, link, target, sizeof(target) - 1);

    *errnum = length < 0 ? errno : 0;
    return length < 0 ? NULL : g_strndup(target, (gsize)length);
}

/*
 * Whether @pid is in another container than we are.  The kernel calls those 0 whom we cannot
 * see; and whoever is about to end has no namespaces any more, and is in nobody's way for long.
 */
static gboolean
is_elsewhere(int proc, pid_t pid)
{
    g_autofree char *process = g_strdup_printf("%d", (int)pid);
    gsize i;

    if (pid == 0)
        return TRUE;

    for (i = 0; i < G_N_ELEMENTS(namespaces); i++) {
        int errnum;
        g_autofree char *ours = read_namespace(proc, "self", namespaces[i], &errnum);
        g_autofree char *its = read_namespace(proc, process, namespaces[i], &errnum);

        if (!its && (errnum == ENOENT || errnum == ESRCH))
            return FALSE;
        if (!its || g_strcmp0(ours, its) != 0)
            return TRUE;
    }
    return FALSE;
}

/* With a 0 in it if there is anybody who has no number here. */
static GArray *
read_processes(const CgPlace *place, GError **error)
{
    const char *file = place->hierarchy->backend->processes_file;
    g_autofree char *text = cg_place_read(place, file, error);
    g_auto(GStrv) lines = NULL;
    const pid_t unseen = 0;
    GArray *ids = NULL;

    if (!text)
        return NULL;
    if (!cg_codec_parse_ids(text, &ids)) {
        cg_place_refuse_format(place, file, text, error);
        return NULL;
    }

    lines = g_strsplit(text, "\n", -1);
    if (g_strv_contains((const char *const *)lines, "0"))
        g_array_prepend_val(ids, unseen);
    return ids;
}

static gboolean
check_processes(CorralGroup *self, const CgPlace *place, const GArray *ids, GError **error)
{
    const int proc = cg_host_get_proc(corral_group_get_host(self));
    guint i;

    for (i = 0; i < ids->len; i++) {
        const pid_t pid = g_array_index(ids, pid_t, i);
        g_autofree char *who = NULL;
        g_autofree char *name = NULL;

        if (!is_elsewhere(proc, pid))
            continue;
        who = pid > 0 ? g_strdup_printf("process %d", (int)pid) : g_strdup("a process");
        name = cg_tree_name(place->dir, "");
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                    "'%s' cannot hand controllers down, because it holds %s, which is of another "
                    "container: move it elsewhere",
                    name, who);
        return FALSE;
    }
    return TRUE;
}

static gboolean
move(const CgPlace *place, int below, const GArray *ids, GError **error)
{
    guint i;

    for (i = 0; i < ids->len; i++) {
        g_autofree char *text = g_strdup_printf("%d", (int)g_array_index(ids, pid_t, i));
        g_autoptr(GError) failure = NULL;

        if (cg_tree_write(below, place->hierarchy->backend->processes_file, text, &failure) ||
            g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            continue;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}

static gboolean
make_room_in(CorralGroup *self, const CgPlace *place, const char *name, GError **error)
{
    g_autofree char *culprit = NULL;
    CG_AUTO_FD below = -1;
    guint tries;

    for (tries = 0; tries < MOVE_TRIES; tries++) {
        g_autoptr(GArray) ids = read_processes(place, error);
        gboolean made;

        if (!ids)
            return FALSE;
        if (ids->len == 0)
            return TRUE;
        if (!check_processes(self, place, ids, error))
            return FALSE;
        if (below < 0 && cg_tree_mkdir(place->dir, name, &made, error))
            below = cg_tree_open_dir(place->dir, name, error);
        if (below < 0 || !move(place, below, ids, error))
            return FALSE;
        g_usleep(tries * PAUSE_US);
    }

    culprit = cg_tree_name(place->dir, "");
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                "'%s' cannot hand controllers down: there are always new processes in it", culprit);
    return FALSE;
}

/**
 * corral_group_make_room:
 * @self: a group, mostly the root of what was left to the caller
 * @name: of a child, one component
 * @error: where to put what went wrong
 *
 * Sees to it that @self can hand its controllers down to groups below it: where that
 * takes it (unified interface, and not the machine's root), its processes are moved to
 * the child @name, which is made if need be.  Only those are moved that are in one
 * container with the caller, in the same namespaces of cgroups and of processes.
 *
 * %CORRAL_ERROR_PERMISSION: one of them is not, and nobody was moved; or the group is not the
 * caller's to change.
 *
 * Returns: (skip): %TRUE if there is room
 * Since: 0.1
 */
gboolean
corral_group_make_room(CorralGroup *self, const char *name, GError **error)
{
    guint i;

    if (!cg_group_check_places(self, error) || !cg_tree_check_name(name, error) ||
        !cg_host_check_writable(corral_group_get_host(self), "move processes", error))
        return FALSE;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *place = cg_group_get_place(self, i);
        const CgBackend *backend = place->hierarchy->backend;

        if (backend->is_crowded && backend->is_crowded(place) &&
            !make_room_in(self, place, name, error))
            return FALSE;
    }
    return TRUE;
}
