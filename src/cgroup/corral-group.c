/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One group: the same path in every hierarchy that serves one of its
 * controllers, held by a directory descriptor in each.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cg-codec.h"
#include "cg-group.h"
#include "cg-host.h"
#include "cg-levels.h"
#include "cg-slice.h"
#include "corral-error.h"
#include "corral-unit.h"

struct _CorralGroup {
    GObject parent_instance;

    CorralHost *host;
    char *path;
    char *unit; /* that systemd would know it by; NULL if it is none's group */
    CorralControllers controllers;
    CgPlace *places;
    guint n_places;

    /* Of a view only. */
    CorralGroup *original; /* whose descriptors we use */
    CgHierarchy *hierarchies;
};

G_DEFINE_FINAL_TYPE(CorralGroup, corral_group, G_TYPE_OBJECT)

static void
corral_group_finalize(GObject *object)
{
    CorralGroup *self = CORRAL_GROUP(object);
    guint i;

    for (i = 0; i < self->n_places; i++) {
        if (!self->original)
            cg_fd_close(&self->places[i].dir);
        g_clear_pointer(&self->places[i].files, cg_files_free);
    }
    g_clear_object(&self->original);
    g_free(self->hierarchies);
    g_free(self->places);
    g_free(self->path);
    g_free(self->unit);
    g_clear_object(&self->host);

    G_OBJECT_CLASS(corral_group_parent_class)->finalize(object);
}

static void
corral_group_class_init(CorralGroupClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = corral_group_finalize;
}

/*
 * A group that no function of ours has made, but g_object_new(), as any language
 * allows, is the root of a host that serves nothing.
 */
static void
corral_group_init(CorralGroup *self G_GNUC_UNUSED)
{
}

static CorralGroup *
group_new(CorralHost *host, const char *path)
{
    CorralGroup *self = g_object_new(CORRAL_TYPE_GROUP, NULL);
    gboolean inside = FALSE;

    self->host = g_object_ref(host);
    self->path = g_strdup(path);
    self->unit = corral_unit_find(path, &inside);
    if (inside)
        g_clear_pointer(&self->unit, g_free);
    self->places = g_new0(CgPlace, cg_host_get_n_hierarchies(host));

    return self;
}

static void
add_place(CorralGroup *self, const CgHierarchy *hierarchy, CgFd dir, CorralControllers controllers)
{
    self->places[self->n_places++] = (CgPlace){
        .hierarchy = hierarchy,
        .dir = dir,
        .controllers = controllers,
        .unit = hierarchy->manager ? self->unit : NULL,
    };
    self->controllers |= controllers;
}

CorralGroup *
cg_group_new_view(CorralGroup *self, const CgWriter *writer, gboolean keep_files)
{
    CorralGroup *view = group_new(corral_group_get_host(self), corral_group_get_path(self));
    guint i;

    view->original = g_object_ref(self);
    view->hierarchies = g_new0(CgHierarchy, self->n_places);
    for (i = 0; i < self->n_places; i++) {
        const CgPlace *place = &self->places[i];

        view->hierarchies[i] = *place->hierarchy;
        if (writer)
            view->hierarchies[i].writer = writer;
        add_place(view, &view->hierarchies[i], place->dir, place->controllers);
        if (keep_files)
            view->places[i].files = cg_files_new();
    }

    return view;
}

const char *
cg_group_get_unit(CorralGroup *self, CgManager **manager)
{
    guint i;

    for (i = 0; i < self->n_places; i++) {
        if (self->places[i].unit) {
            *manager = self->places[i].hierarchy->manager;
            return self->places[i].unit;
        }
    }

    return NULL;
}

void
cg_group_collect(CorralGroup *view, CgUnitCall *call)
{
    guint i;

    for (i = 0; i < view->n_places; i++)
        view->places[i].call = call;
}

void
cg_group_begin(CorralGroup *view)
{
    guint i;

    for (i = 0; i < view->n_places; i++)
        cg_files_begin(view->places[i].files);
}

guint
cg_group_get_n_places(CorralGroup *self)
{
    return self->n_places;
}

const CgPlace *
cg_group_get_place(CorralGroup *self, guint i)
{
    return &self->places[i];
}

gboolean
cg_group_check_places(CorralGroup *self, GError **error)
{
    if (self->n_places > 0)
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                "this group was neither made nor opened");
    return FALSE;
}

const CgPlace *
cg_group_find_place(CorralGroup *self, CorralController controller, GError **error)
{
    guint i;

    for (i = 0; i < self->n_places; i++) {
        if (self->places[i].controllers & CORRAL_CONTROLLER_BIT(controller))
            return &self->places[i];
    }

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                "group '%s' has no '%s' controller", corral_group_get_path(self),
                corral_controller_get_name(controller));
    return NULL;
}

gboolean
cg_group_refuse_range(GError **error, const char *what, gint64 value, gint64 min, gint64 max)
{
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "%s %" G_GINT64_FORMAT " is out of range [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                "]",
                what, value, min, max);
    return FALSE;
}

gboolean
cg_group_refuse_unsupported(GError **error, const CgPlace *place, const char *what)
{
    g_autofree char *name = cg_tree_name(place->dir, "");

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                "the kernel's %s interface, which serves '%s', has no %s",
                place->hierarchy->backend->name, name, what);
    return FALSE;
}

/**
 * corral_group_prune:
 * @self: a group
 *
 * Removes the group, and those above it, as far as they were only made because
 * corral_group_make() needed them on the way and nobody is below them any more.
 * corral_group_remove() does so by itself; this is for what an accident left.
 *
 * Since: 0.1
 */
void
corral_group_prune(CorralGroup *self)
{
    guint i;

    if (!cg_host_check_writable(corral_group_get_host(self), "remove groups", NULL))
        return;

    for (i = 0; i < self->n_places; i++)
        cg_levels_prune(self->places[i].hierarchy, self->path);
}

/* Takes back what a make() that failed has done in one hierarchy. */
static void
take_back(const CgHierarchy *hierarchy, const char *path, gboolean made)
{
    if (made && !cg_tree_rmdir(hierarchy->root, path, NULL))
        g_debug("half-made group '%s' stays behind", path);
    cg_levels_prune_above(hierarchy, path);
}

void
cg_group_take_back(CorralGroup *self, const gboolean *made)
{
    guint i;

    for (i = 0; i < self->n_places; i++)
        take_back(self->places[i].hierarchy, self->path, made[i]);
}

/* What of @controllers a group that exists has been handed: the unified interface says it in
 * a file. */
static gboolean
read_controllers(const CgHierarchy *hierarchy, int dir, CorralControllers *controllers,
                 GError **error)
{
    const CorralControllers everywhere = *controllers & hierarchy->backend->everywhere;
    g_autoptr(GError) failure = NULL;
    g_autofree char *listed = NULL;

    if (everywhere == *controllers)
        return TRUE;

    listed = cg_tree_read(dir, "cgroup.controllers", &failure);
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_FAILED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    *controllers &=
        hierarchy->backend->everywhere | (listed ? cg_codec_parse_controllers(listed) : 0);
    return TRUE;
}

/* A group that somebody else makes: it is there, or left out. */
static gboolean
add_if_there(CorralGroup *self, const CgHierarchy *hierarchy, CorralControllers wanted,
             GError **error)
{
    g_autoptr(GError) failure = NULL;
    CgFd dir = cg_levels_open(hierarchy, corral_group_get_path(self), wanted, &failure);
    gboolean told;

    if (dir < 0) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    told = read_controllers(hierarchy, dir, &wanted, error);
    add_place(self, hierarchy, dir, wanted);
    return told;
}

/* Of @path, where systemd owns it; and nothing of it is made elsewhere if it is not there. */
static gboolean
add_owned(CorralGroup *self, CorralControllers controllers, GError **error)
{
    gboolean any = FALSE;
    guint i;

    for (i = 0; i < cg_host_get_n_hierarchies(self->host); i++) {
        const CgHierarchy *hierarchy = cg_host_get_hierarchy(self->host, i);

        if (!hierarchy->manager || !(hierarchy->controllers & controllers))
            continue;
        any = TRUE;
        if (!add_if_there(self, hierarchy, hierarchy->controllers & controllers, error))
            return FALSE;
    }

    return !any || self->n_places > 0 || cg_slice_refuse(self->path, error);
}

CorralGroup *
cg_group_make(CorralHost *host, const char *path, CorralControllers controllers,
              CorralMakeFlags flags, gboolean **is_made, GError **error)
{
    g_autoptr(CorralGroup) self = NULL;
    g_autofree gboolean *made = NULL;
    gboolean is_ours = TRUE;
    gboolean is_new = FALSE;
    guint i;

    if (path[0] == '\0') {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "the root is there already");
        return NULL;
    }
    if (!cg_tree_check_path(path, error) || !cg_host_check_writable(host, "make groups", error))
        return NULL;

    if (!(flags & CORRAL_MAKE_ASIDE) &&
        !cg_slice_prepare(host, path, controllers, &is_ours, &is_new, error))
        return NULL;

    self = group_new(host, path);
    made = g_new0(gboolean, cg_host_get_n_hierarchies(host));
    if (!is_ours && !add_owned(self, controllers, error))
        return NULL;
    if (self->n_places > 0 && !is_new && (flags & CORRAL_MAKE_NEW)) {
        cg_tree_set_error(error, EEXIST, self->places[0].dir, "", "make group");
        return NULL;
    }
    for (i = 0; i < cg_host_get_n_hierarchies(host); i++) {
        const CgHierarchy *hierarchy = cg_host_get_hierarchy(host, i);
        CorralControllers wanted = hierarchy->controllers & controllers;
        gboolean new_here = FALSE;
        CgFd dir;

        if (wanted == 0 || (!is_ours && hierarchy->manager))
            continue;
        dir = cg_levels_make(hierarchy, path, flags & CORRAL_MAKE_ON_DEMAND, &wanted, &new_here,
                             error);
        if (dir < 0) {
            take_back(hierarchy, path, FALSE);
            cg_group_take_back(self, made);
            return NULL;
        }
        made[self->n_places] = new_here;
        add_place(self, hierarchy, dir, wanted);
        if (!new_here && (flags & CORRAL_MAKE_NEW)) {
            cg_tree_set_error(error, EEXIST, hierarchy->root, path, "make group");
            cg_group_take_back(self, made);
            return NULL;
        }
    }

    if (self->n_places == 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "none of the controllers for group '%s' is served on this host", path);
        return NULL;
    }

    *is_made = g_steal_pointer(&made);
    return g_steal_pointer(&self);
}

/**
 * corral_group_make: (constructor)
 * @host: where
 * @path: e.g. "production/web/guest"; levels that are missing are made
 * @controllers: those it shall have; what this host does not serve is left out
 * @flags: what to do about a group that exists
 * @error: where to put what went wrong
 *
 * On failure nothing is left of what was made.
 *
 * %CORRAL_ERROR_NAME: @path cannot be a group's; %CORRAL_ERROR_EXISTS: it is there and
 * @flags has %CORRAL_MAKE_NEW; %CORRAL_ERROR_NO_CONTROLLER: none of @controllers is served;
 * %CORRAL_ERROR_BUSY: a group above holds processes itself, and so can hand no controllers
 * down (unified interface).
 *
 * Where systemd owns the groups (corral_host_is_managed()) a slice is made by systemd, and what
 * exists is taken as it is; all else can be made only below a unit that is no slice, and is
 * %CORRAL_ERROR_PERMISSION elsewhere: see corral_scope_start() and %CORRAL_MAKE_ASIDE.
 *
 * Returns: (transfer full): the group, or %NULL
 * Since: 0.1
 */
CorralGroup *
corral_group_make(CorralHost *host, const char *path, CorralControllers controllers,
                  CorralMakeFlags flags, GError **error)
{
    g_autofree gboolean *made = NULL;

    return cg_group_make(host, path, controllers, flags, &made, error);
}

/**
 * corral_group_open: (constructor)
 * @host: where
 * @path: the group's path; "" is the root
 * @controllers: those to look for
 * @error: where to put what went wrong
 *
 * Opens a group that exists, in those hierarchies in which it does.
 *
 * %CORRAL_ERROR_NOT_FOUND: it is in none of them.
 *
 * Returns: (transfer full): the group, or %NULL
 * Since: 0.1
 */
CorralGroup *
corral_group_open(CorralHost *host, const char *path, CorralControllers controllers, GError **error)
{
    g_autoptr(CorralGroup) self = NULL;
    g_autoptr(GError) failure = NULL;
    guint i;

    if (!cg_tree_check_path(path, error))
        return NULL;

    self = group_new(host, path);
    for (i = 0; i < cg_host_get_n_hierarchies(host); i++) {
        const CgHierarchy *hierarchy = cg_host_get_hierarchy(host, i);
        CorralControllers wanted = hierarchy->controllers & controllers;
        CgFd dir;

        if (wanted == 0)
            continue;
        g_clear_error(&failure);
        dir = cg_tree_open_dir(hierarchy->root, path, &failure);
        if (dir >= 0) {
            gboolean told = read_controllers(hierarchy, dir, &wanted, error);

            add_place(self, hierarchy, dir, wanted);
            if (!told)
                return NULL;
        } else if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }

    if (self->n_places == 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "there is no group '%s'", path);
        return NULL;
    }

    return g_steal_pointer(&self);
}

static char *
path_of_child(CorralGroup *self, const char *name)
{
    const char *path = corral_group_get_path(self);

    return path[0] ? g_strconcat(path, "/", name, NULL) : g_strdup(name);
}

static CgFd
make_threaded_in(const CgPlace *parent, const char *name, gboolean *made, GError **error)
{
    CG_AUTO_FD dir = -1;

    if (!cg_tree_mkdir(parent->dir, name, made, error))
        return -1;
    dir = cg_tree_open_dir(parent->dir, name, error);
    if (dir >= 0 && parent->hierarchy->backend->prepare_threaded(parent, dir, error))
        return cg_fd_steal(&dir);

    if (*made && !cg_tree_rmdir(parent->dir, name, NULL))
        g_debug("half-made group '%s' stays behind", name);
    return -1;
}

/**
 * corral_group_make_threaded:
 * @self: the group of the whole process
 * @name: a name, one component
 * @error: where to put what went wrong
 *
 * Makes a child for some threads of the process in @self.  It exists only in
 * the hierarchies whose controllers tell threads apart
 * (%CORRAL_CONTROLLERS_THREADED).  One that exists is taken as it is.  On
 * failure nothing is left of what was made.
 *
 * %CORRAL_ERROR_NO_CONTROLLER: @self has no such controller.
 *
 * Returns: (transfer full): the child, or %NULL
 * Since: 0.1
 */
CorralGroup *
corral_group_make_threaded(CorralGroup *self, const char *name, GError **error)
{
    g_autoptr(CorralGroup) child = NULL;
    g_autofree gboolean *made = NULL;
    g_autofree char *path = NULL;
    guint i;

    if (!cg_tree_check_name(name, error) ||
        !cg_host_check_writable(corral_group_get_host(self), "make groups", error))
        return NULL;

    path = path_of_child(self, name);
    child = group_new(corral_group_get_host(self), path);
    made = g_new0(gboolean, self->n_places);
    for (i = 0; i < self->n_places; i++) {
        const CgPlace *place = &self->places[i];
        CorralControllers wanted = place->controllers & CORRAL_CONTROLLERS_THREADED;
        gboolean is_new = FALSE;
        gboolean told;
        CgFd dir;

        if (wanted == 0)
            continue;
        dir = make_threaded_in(place, name, &is_new, error);
        if (dir < 0) {
            cg_group_take_back(child, made);
            return NULL;
        }
        told = read_controllers(place->hierarchy, dir, &wanted, error);
        made[child->n_places] = is_new;
        add_place(child, place->hierarchy, dir, wanted);
        if (!told) {
            cg_group_take_back(child, made);
            return NULL;
        }
    }

    if (child->n_places == 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "group '%s' has no controller that tells threads apart",
                    corral_group_get_path(self));
        return NULL;
    }

    return g_steal_pointer(&child);
}

/**
 * corral_group_open_child:
 * @self: a group
 * @name: a child's name, one component
 * @error: where to put what went wrong
 *
 * Returns: (transfer full): the child, as corral_group_open() would
 * Since: 0.1
 */
CorralGroup *
corral_group_open_child(CorralGroup *self, const char *name, GError **error)
{
    g_autofree char *path = NULL;

    if (!cg_tree_check_name(name, error))
        return NULL;

    path = path_of_child(self, name);
    return corral_group_open(corral_group_get_host(self), path, self->controllers, error);
}

/**
 * corral_group_get_host:
 * @self: a group
 *
 * Returns: (transfer none): the host it is on
 * Since: 0.1
 */
CorralHost *
corral_group_get_host(CorralGroup *self)
{
    if (!self->host)
        self->host = g_object_new(CORRAL_TYPE_HOST, NULL);

    return self->host;
}

/**
 * corral_group_get_path:
 * @self: a group
 *
 * Returns: (transfer none): its path; "" is the root
 * Since: 0.1
 */
const char *
corral_group_get_path(CorralGroup *self)
{
    return self->path ? self->path : "";
}

/**
 * corral_group_get_controllers:
 * @self: a group
 *
 * Returns: the controllers it has
 * Since: 0.1
 */
CorralControllers
corral_group_get_controllers(CorralGroup *self)
{
    return self->controllers;
}

static gint
compare_names(gconstpointer a, gconstpointer b, gpointer unused G_GNUC_UNUSED)
{
    return strcmp(a, b);
}

/**
 * corral_group_list_children:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Returns: (transfer full): names of the groups right below it in any of its
 *   hierarchies, each once, sorted
 * Since: 0.1
 */
char **
corral_group_list_children(CorralGroup *self, GError **error)
{
    g_autoptr(GTree) names = g_tree_new_full(compare_names, NULL, g_free, NULL);
    GPtrArray *list;
    GTreeNode *node;
    guint i;

    for (i = 0; i < self->n_places; i++) {
        g_auto(GStrv) here = cg_tree_list_dirs(self->places[i].dir, error);
        gsize n;

        if (!here)
            return NULL;
        for (n = 0; here[n]; n++)
            g_tree_insert(names, g_strdup(here[n]), NULL);
    }

    list = g_ptr_array_new();
    for (node = g_tree_node_first(names); node; node = g_tree_node_next(node))
        g_ptr_array_add(list, g_strdup(g_tree_node_key(node)));
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

/* systemd would end all that is in it. */
static gboolean
end_slice(CorralGroup *self, guint patience_ms, GError **error)
{
    CgManager *manager;
    const char *unit = cg_group_get_unit(self, &manager);
    g_auto(GStrv) children = NULL;

    if (!unit || !cg_slice_is_at(self->path))
        return TRUE;

    children = corral_group_list_children(self, error);
    if (!children)
        return FALSE;
    if (children[0]) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "'%s' has groups below it, e.g. '%s'",
                    self->path, children[0]);
        return FALSE;
    }

    return cg_slice_stop(manager, unit, patience_ms, error);
}

/**
 * corral_group_remove:
 * @self: a group
 * @patience_ms: how long to wait for processes that are just exiting
 * @error: where to put what went wrong
 *
 * Removes the group with everything below it, and the groups above it that
 * were only made because corral_group_make() needed them on the way.  A group
 * that is gone already is removed successfully.  A slice of systemd's is only removed if
 * nothing is below it.
 *
 * %CORRAL_ERROR_BUSY: processes are in it; what could be removed is.
 *
 * Returns: (skip): %TRUE if nothing is left of it
 * Since: 0.1
 */
gboolean
corral_group_remove(CorralGroup *self, guint patience_ms, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GError) failure = NULL;
    guint i;

    if (corral_group_get_path(self)[0] == '\0') {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "the root cannot be removed");
        return FALSE;
    }
    if (!cg_host_check_writable(corral_group_get_host(self), "remove groups", error) ||
        !end_slice(self, patience_ms, error))
        return FALSE;

    /* One hierarchy that refuses is no reason to leave the others. */
    for (i = 0; i < self->n_places; i++) {
        g_autoptr(GError) here = NULL;

        if (cg_levels_remove(&self->places[i], self->path, deadline, &here))
            cg_levels_prune_above(self->places[i].hierarchy, self->path);
        else if (!failure)
            failure = g_steal_pointer(&here);
    }

    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}
