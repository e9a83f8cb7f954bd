/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The levels of a path in one hierarchy: made from the root down, removed from
 * the bottom up.
 *
 * Groups above the one asked for are made on the way and carry the label
 * "on-demand": nobody but us wanted them, so they go when the last group below
 * them does.  That can race with somebody who is just making the next group
 * there, whose mkdir then fails with ENOENT; he starts again from the root.
 *
 * A group cannot be made and labelled in one step, and who makes it may die between the two.
 * So the group above says beforehand, in the label "making", what is being made on demand there.
 */
#include <config.h>

#include <string.h>

#include "cg-backend.h"
#include "cg-levels.h"
#include "cg-slice.h"
#include "corral-error.h"

#define ON_DEMAND_LABEL "on-demand"
#define MAKING_LABEL "making"

/* How often a group above may vanish under a make() before that is an error. */
#define MAKE_TRIES 16

/*
 * One group: @path below @parent.  One that exists is readied as well: whoever
 * made it may have died before he could do it, or not have come to it yet.
 */
static CgFd
make_level(const CgHierarchy *hierarchy, int parent, const char *path,
           CorralControllers controllers, gboolean *made, GError **error)
{
    CG_AUTO_FD dir = -1;

    if (!cg_tree_mkdir(parent, path, made, error))
        return -1;
    dir = cg_tree_open_dir(parent, path, error);
    if (dir < 0 || !hierarchy->backend->prepare(dir, controllers, error)) {
        if (*made && !cg_tree_rmdir(parent, path, NULL))
            g_debug("half-made group '%s' stays behind", path);
        return -1;
    }

    return cg_fd_steal(&dir);
}

/* The same, of one that goes as soon as it is empty if it is new. */
static CgFd
make_level_on_demand(const CgHierarchy *hierarchy, int parent, const char *name,
                     CorralControllers controllers, gboolean *made, GError **error)
{
    const gboolean is_said =
        !cg_tree_has_file(parent, name) && cg_tree_set_label(parent, MAKING_LABEL, name, NULL);
    CG_AUTO_FD dir = make_level(hierarchy, parent, name, controllers, made, error);

    if (dir >= 0 && *made && !cg_tree_set_label(dir, ON_DEMAND_LABEL, "", NULL))
        g_debug("'%s' will stay when it is empty: no attributes on cgroups here", name);
    if (is_said && !cg_tree_drop_label(parent, MAKING_LABEL, NULL))
        g_debug("it stays said that '%s' is being made", name);
    return cg_fd_steal(&dir);
}

/* Controllers that systemd hands down where its units want them, and takes back where they no
 * longer do; others it lets be. */
#define SYSTEMDS                                                                                   \
    (CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU) |                                                \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUSET) |                                             \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_IO) |                                                 \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY) |                                             \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_PIDS))

/* From @dir, the group @path. */
static gboolean
hand_down(const CgHierarchy *hierarchy, int dir, const char *path, CorralControllers *controllers,
          GError **error)
{
    const CorralControllers kept =
        hierarchy->manager && cg_slice_is_at(path) ? *controllers & SYSTEMDS : 0;
    CorralControllers granted = 0;

    if (*controllers != kept &&
        !hierarchy->backend->hand_down(dir, *controllers & ~kept, &granted, error))
        return FALSE;

    *controllers = kept | granted;
    return TRUE;
}

/* All levels of @path, from the root of @hierarchy. */
static CgFd
make_levels(const CgHierarchy *hierarchy, const char *path, gboolean on_demand,
            CorralControllers *controllers, gboolean *made, GError **error)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    g_autoptr(GString) above = g_string_new(NULL);
    CG_AUTO_FD dir = -1;
    gsize i;

    dir = cg_tree_open_dir(hierarchy->root, "", error);
    for (i = 0; dir >= 0 && names[i]; i++) {
        CG_AUTO_FD parent = cg_fd_steal(&dir);

        if (!hand_down(hierarchy, parent, above->str, controllers, error))
            return -1;
        g_string_append_printf(above, "%s%s", i ? "/" : "", names[i]);
        dir = names[i + 1] || on_demand
                  ? make_level_on_demand(hierarchy, parent, names[i], *controllers, made, error)
                  : make_level(hierarchy, parent, names[i], *controllers, made, error);
    }

    return cg_fd_steal(&dir);
}

/* Whether a level above went away between two of our steps. */
static gboolean
lost_the_way(const GError *error)
{
    return g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND) ||
           g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

/*
 * A legacy parent has nothing to hand down, so where the levels above exist,
 * as they nearly always do, one mkdir of the whole path does.
 */
CgFd
cg_levels_make(const CgHierarchy *hierarchy, const char *path, gboolean on_demand,
               CorralControllers *controllers, gboolean *made, GError **error)
{
    const CorralControllers wanted = *controllers;
    guint tries = 0;

    if (!on_demand && !(wanted & ~hierarchy->backend->everywhere)) {
        g_autoptr(GError) failure = NULL;
        CgFd dir = make_level(hierarchy, hierarchy->root, path, wanted, made, &failure);

        if (dir >= 0)
            return dir;
        if (!lost_the_way(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return -1;
        }
    }

    while (TRUE) {
        g_autoptr(GError) failure = NULL;
        CgFd dir;

        *controllers = wanted;
        dir = make_levels(hierarchy, path, on_demand, controllers, made, &failure);
        if (dir >= 0)
            return dir;
        if (!lost_the_way(failure) || ++tries >= MAKE_TRIES) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return -1;
        }
    }
}

/* Whether nobody but us wanted the group @dir, by its own label or by what is said above it. */
static gboolean
is_on_demand(const CgHierarchy *hierarchy, int dir, const char *path)
{
    const char *slash = strrchr(path, '/');
    g_autofree char *above = slash ? g_strndup(path, slash - path) : g_strdup("");
    g_autofree char *label = cg_tree_get_label(dir, ON_DEMAND_LABEL, NULL);
    g_autofree char *making = NULL;
    CG_AUTO_FD parent = -1;

    if (label)
        return TRUE;
    parent = cg_tree_open_dir(hierarchy->root, above, NULL);
    making = parent >= 0 ? cg_tree_get_label(parent, MAKING_LABEL, NULL) : NULL;
    return g_strcmp0(making, slash ? slash + 1 : path) == 0;
}

/* One level; TRUE if it is not there, be it since now or since before. */
static gboolean
prune_level(const CgHierarchy *hierarchy, const char *path)
{
    g_autoptr(GError) failure = NULL;
    CG_AUTO_FD dir = cg_tree_open_dir(hierarchy->root, path, &failure);

    if (dir < 0)
        return lost_the_way(failure);

    return is_on_demand(hierarchy, dir, path) && cg_tree_rmdir(hierarchy->root, path, NULL);
}

CgFd
cg_levels_open(const CgHierarchy *hierarchy, const char *path, CorralControllers controllers,
               GError **error)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    g_autoptr(GString) above = g_string_new(NULL);
    CG_AUTO_FD dir = cg_tree_open_dir(hierarchy->root, "", error);
    gsize i;

    for (i = 0; dir >= 0 && names[i]; i++) {
        CG_AUTO_FD parent = cg_fd_steal(&dir);

        if (cg_slice_is_at(above->str) &&
            !hand_down(hierarchy, parent, above->str, &controllers, NULL))
            g_debug("what '%s' hands down is left as it is", above->str);
        g_string_append_printf(above, "%s%s", i ? "/" : "", names[i]);
        dir = cg_tree_open_dir(parent, names[i], error);
    }

    return cg_fd_steal(&dir);
}

/* From @path up: what was made on demand and has nobody below.  The kernel itself
 * refuses to remove a group that somebody is just putting another one into. */
void
cg_levels_prune(const CgHierarchy *hierarchy, const char *path)
{
    g_autofree char *level = g_strdup(path);
    char *slash;

    while (prune_level(hierarchy, level)) {
        slash = strrchr(level, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

void
cg_levels_prune_above(const CgHierarchy *hierarchy, const char *path)
{
    const char *slash = strrchr(path, '/');
    g_autofree char *above = slash ? g_strndup(path, slash - path) : NULL;

    if (above)
        cg_levels_prune(hierarchy, above);
}

/*
 * Removes @path below @dir with everything below it.  Most groups have nothing
 * below them, and the kernel knows that faster than we could find out.
 */
static gboolean
remove_tree(int dir, const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) names = NULL;
    CG_AUTO_FD group = -1;
    gboolean clean = TRUE;
    gsize i;

    if (cg_tree_rmdir(dir, path, &failure))
        return TRUE;
    if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_BUSY)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    group = cg_tree_open_dir(dir, path, error);
    names = group >= 0 ? cg_tree_list_dirs(group, error) : NULL;
    if (!names)
        return FALSE;
    if (!names[0]) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    /* One that is busy is no reason to leave the others. */
    g_clear_error(&failure);
    for (i = 0; names[i]; i++)
        clean &= remove_tree(group, names[i], clean ? &failure : NULL);
    if (!clean) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    return cg_tree_rmdir(dir, path, error);
}

/* A process that is gone from the process table may hold its group for a moment longer. */
gboolean
cg_levels_remove(const CgPlace *place, const char *path, gint64 deadline, GError **error)
{
    gulong pause_us = 500;

    while (TRUE) {
        g_autoptr(GError) failure = NULL;
        gboolean ours;

        /* What has our path by now may be somebody else's. */
        if (!cg_tree_is_same(place->dir, place->hierarchy->root, path, &ours, error))
            return FALSE;
        if (!ours)
            return TRUE;
        if (remove_tree(place->hierarchy->root, path, &failure))
            return TRUE;
        if (lost_the_way(failure))
            return TRUE;
        if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_BUSY) ||
            g_get_monotonic_time() >= deadline) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_usleep(pause_us);
        pause_us = MIN(pause_us * 2, 20000);
    }
}
