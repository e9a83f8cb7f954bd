/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One machine's cgroup mounts.
 *
 * The kernel lets a controller live in one hierarchy only.  A legacy mount
 * claims the controllers its options name; a cgroup2 mount serves those that
 * its cgroup.controllers lists, and those that come with every group, unless a
 * legacy hierarchy has them.  Whatever the mix, each controller ends up with
 * exactly one hierarchy, or none.
 *
 * Everything is opened once, beneath an injected root, and used by descriptor
 * from then on.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cg-backend.h"
#include "cg-codec.h"
#include "cg-host.h"
#include "cg-manager.h"
#include "cg-writer.h"
#include "corral-error.h"

struct _CorralHost {
    GObject parent_instance;

    char *root;
    CorralHostFlags flags;
    CgFd proc;
    GPtrArray *mounts;      /* owned CgMount, all of them */
    GPtrArray *hierarchies; /* owned CgHierarchy, those that serve something */
    CorralControllers controllers;
    CgManager *manager; /* NULL: nobody owns groups here, or nothing is to be changed */
};

G_DEFINE_FINAL_TYPE(CorralHost, corral_host, G_TYPE_OBJECT)

static void
hierarchy_free(CgHierarchy *self)
{
    cg_fd_close(&self->root);
    g_free(self);
}

static void
corral_host_finalize(GObject *object)
{
    CorralHost *self = CORRAL_HOST(object);

    g_ptr_array_unref(self->hierarchies);
    g_clear_pointer(&self->manager, cg_manager_free);
    g_clear_pointer(&self->mounts, g_ptr_array_unref);
    cg_fd_close(&self->proc);
    g_free(self->root);

    G_OBJECT_CLASS(corral_host_parent_class)->finalize(object);
}

static void
corral_host_class_init(CorralHostClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = corral_host_finalize;
}

static void
corral_host_init(CorralHost *self)
{
    self->proc = -1;
    self->root = g_strdup("/");
    self->hierarchies = g_ptr_array_new_with_free_func((GDestroyNotify)hierarchy_free);
}

static gboolean
same_hierarchy(const CgMount *a, const CgMount *b)
{
    if (a->unified || b->unified)
        return a->unified && b->unified;

    return a->controllers == b->controllers && g_strcmp0(a->name, b->name) == 0;
}

static gboolean
is_whole(const CgMount *mount)
{
    return g_str_equal(mount->root, "/");
}

/* Of two mounts of one hierarchy: first of all we want to write, then to see the whole of it. */
static gboolean
is_worse(CorralHost *self, const CgMount *mount, const CgMount *than)
{
    if (!(self->flags & CORRAL_HOST_READ_ONLY) && mount->read_only != than->read_only)
        return mount->read_only;

    return is_whole(than) && !is_whole(mount);
}

static gboolean
is_at_or_above(const char *place, const char *path)
{
    const gsize length = strlen(place);

    return strncmp(path, place, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* A later mount at the same place, or above it, hides the earlier one. */
static gboolean
is_hidden(CorralHost *self, guint i)
{
    const CgMount *mount = g_ptr_array_index(self->mounts, i);
    guint later;

    for (later = i + 1; later < self->mounts->len; later++) {
        const CgMount *other = g_ptr_array_index(self->mounts, later);

        if (is_at_or_above(other->mount_point, mount->mount_point))
            return TRUE;
    }

    return FALSE;
}

static CgHierarchy *
find_same(CorralHost *self, const CgMount *mount)
{
    guint i;

    for (i = 0; i < self->hierarchies->len; i++) {
        CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);

        if (same_hierarchy(hierarchy->mount, mount))
            return hierarchy;
    }

    return NULL;
}

/* Whether it is the machine that failed, and not that there is nothing for us to see. */
static gboolean
is_failure(const GError *error)
{
    return g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_FAILED);
}

/*
 * Something else may be mounted over it by now.  Every cgroup directory has
 * cgroup.procs, and no other directory does.
 */
static gboolean
add_mount(CorralHost *self, CgMount *mount, GError **error)
{
    g_autofree char *path = g_build_filename(self->root, mount->mount_point, NULL);
    g_autoptr(GError) failure = NULL;
    CG_AUTO_FD dir = cg_tree_open_dir(AT_FDCWD, path, &failure);
    CgHierarchy *hierarchy;

    if (dir >= 0 && faccessat(dir, "cgroup.procs", F_OK, 0) < 0)
        cg_tree_set_error(&failure, errno, dir, "cgroup.procs", "look for");
    if (failure) {
        if (!is_failure(failure))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    hierarchy = find_same(self, mount);
    if (hierarchy) {
        if (is_worse(self, mount, hierarchy->mount))
            return TRUE;
        cg_fd_close(&hierarchy->root);
    } else {
        hierarchy = g_new0(CgHierarchy, 1);
        g_ptr_array_add(self->hierarchies, hierarchy);
    }

    hierarchy->mount = mount;
    hierarchy->backend = mount->unified ? &cg_backend_unified : &cg_backend_legacy;
    hierarchy->writer = (self->flags & CORRAL_HOST_READ_ONLY) ? &cg_writer_none : &cg_writer_file;
    hierarchy->root = cg_fd_steal(&dir);
    return TRUE;
}

/* Legacy mounts claim first; the unified hierarchy serves what is left of its own. */
static gboolean
share_out(CorralHost *self, GError **error)
{
    guint i;

    for (i = 0; i < self->hierarchies->len; i++) {
        CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);

        hierarchy->controllers = hierarchy->mount->controllers;
        self->controllers |= hierarchy->controllers;
    }

    for (i = 0; i < self->hierarchies->len; i++) {
        CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);
        g_autofree char *listed = NULL;

        if (!hierarchy->mount->unified)
            continue;
        listed = cg_tree_read(hierarchy->root, "cgroup.controllers", error);
        if (!listed)
            return FALSE;
        hierarchy->controllers =
            (cg_codec_parse_controllers(listed) | hierarchy->backend->everywhere) &
            ~self->controllers;
        self->controllers |= hierarchy->controllers;
    }

    /* What serves nothing, e.g. name=systemd, is none of our business. */
    for (i = self->hierarchies->len; i > 0; i--) {
        CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i - 1);

        if (hierarchy->controllers == 0)
            g_ptr_array_remove_index(self->hierarchies, i - 1);
    }

    return TRUE;
}

/* Those whose legacy hierarchies systemd puts its units in. */
#define MANAGED                                                                                    \
    (CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU) |                                                \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPUACCT) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY) |                                             \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_IO) |                                                 \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES) |                                            \
     CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_PIDS))

/* Where only a part of a hierarchy is to be seen, paths in it are not those that systemd knows. */
static void
find_owner(CorralHost *self)
{
    guint i;

    if ((self->flags & CORRAL_HOST_READ_ONLY) || !corral_host_is_managed(self))
        return;

    self->manager = cg_manager_new(self->root);
    for (i = 0; i < self->hierarchies->len; i++) {
        CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);

        if (!is_whole(hierarchy->mount) ||
            (!hierarchy->mount->unified && !(hierarchy->controllers & MANAGED)))
            continue;
        hierarchy->manager = self->manager;
        hierarchy->writer =
            (self->flags & CORRAL_HOST_FILES_ONLY) ? &cg_writer_untold : &cg_writer_systemd;
    }
}

static gboolean
discover(CorralHost *self, GError **error)
{
    g_autofree char *proc = g_build_filename(self->root, "proc", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) failure = NULL;
    guint i;

    self->proc = cg_tree_open_dir(AT_FDCWD, proc, error);
    if (self->proc < 0)
        return FALSE;
    text = cg_tree_read(self->proc, "self/mountinfo", &failure);
    if (is_failure(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!text) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "cannot read '%s/self/mountinfo'",
                    proc);
        return FALSE;
    }

    self->mounts = cg_mountinfo_parse(text);
    for (i = 0; i < self->mounts->len; i++) {
        if (!is_hidden(self, i) && !add_mount(self, g_ptr_array_index(self->mounts, i), error))
            return FALSE;
    }

    if (!share_out(self, error))
        return FALSE;
    if (self->controllers == 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "no cgroup controller is mounted below '%s'", self->root);
        return FALSE;
    }

    find_owner(self);
    return TRUE;
}

/**
 * corral_host_new:
 * @root: (nullable): the directory to take for the machine's root; %NULL for "/"
 * @flags: how it will be used
 * @error: where to put what went wrong
 *
 * Finds the cgroup hierarchies that are mounted, wherever they are mounted, as
 * `proc/self/mountinfo` below @root tells, and opens them.  Mounts made later
 * are not seen.
 *
 * %CORRAL_ERROR_NO_CONTROLLER: none is mounted; %CORRAL_ERROR_NOT_FOUND: there
 * is no /proc to look at.
 *
 * Returns: (transfer full): the host, or %NULL
 * Since: 0.1
 */
CorralHost *
corral_host_new(const char *root, CorralHostFlags flags, GError **error)
{
    g_autoptr(CorralHost) self = g_object_new(CORRAL_TYPE_HOST, NULL);

    if (root) {
        g_free(self->root);
        self->root = g_strdup(root);
    }
    self->flags = flags;
    if (!discover(self, error))
        return NULL;

    return g_steal_pointer(&self);
}

const char *
cg_host_get_root(CorralHost *self)
{
    return self->root;
}

int
cg_host_get_proc(CorralHost *self)
{
    return self->proc;
}

guint
cg_host_get_n_hierarchies(CorralHost *self)
{
    return self->hierarchies->len;
}

const CgHierarchy *
cg_host_get_hierarchy(CorralHost *self, guint i)
{
    return g_ptr_array_index(self->hierarchies, i);
}

CgManager *
cg_host_get_manager(CorralHost *self)
{
    return self->manager;
}

gboolean
cg_host_check_writable(CorralHost *self, const char *doing, GError **error)
{
    if (!(self->flags & CORRAL_HOST_READ_ONLY))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION,
                "not going to %s: the host was opened read-only", doing);
    return FALSE;
}

/**
 * corral_host_get_controllers:
 * @self: a host
 *
 * Returns: the controllers that are served on this host, by whichever interface
 * Since: 0.1
 */
CorralControllers
corral_host_get_controllers(CorralHost *self)
{
    return self->controllers;
}

/**
 * corral_host_is_managed:
 * @self: a host
 *
 * Where systemd runs the machine it also owns the cgroup tree (sd_booted(3)
 * says how to tell): groups that it does not know of lose their controllers
 * sooner or later.
 *
 * Returns: %TRUE if the groups of this host have such an owner
 * Since: 0.1
 */
gboolean
corral_host_is_managed(CorralHost *self)
{
    g_autofree char *sign = g_build_filename(self->root, "run/systemd/system", NULL);
    struct stat st;

    return lstat(sign, &st) == 0 && S_ISDIR(st.st_mode);
}

/**
 * corral_host_find_second_interface:
 * @self: a host
 * @listed: (out) (optional) (nullable) (transfer full): what its cgroup.controllers lists
 *
 * On some hosts both of the kernel's interfaces have controllers: hierarchies of
 * the legacy one are mounted, and the unified one lists what these leave.  For
 * this library each controller is served by whoever has it; but programs that
 * take a host to be one or the other go wrong there.
 *
 * The file is read anew; mounts are those that @self found.
 *
 * Returns: (nullable) (transfer full): where the unified interface is mounted, if it lists
 *   controllers and there are legacy ones; %NULL if only one interface has controllers
 * Since: 0.1
 */
char *
corral_host_find_second_interface(CorralHost *self, char **listed)
{
    const CgHierarchy *unified = NULL;
    g_autofree char *text = NULL;
    gboolean legacy = FALSE;
    guint i;

    if (listed)
        *listed = NULL;
    for (i = 0; i < self->hierarchies->len; i++) {
        const CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);

        if (hierarchy->mount->unified)
            unified = hierarchy;
        else
            legacy = TRUE;
    }

    text = unified && legacy ? cg_tree_read(unified->root, "cgroup.controllers", NULL) : NULL;
    if (!text || *g_strstrip(text) == '\0')
        return NULL;

    if (listed)
        *listed = g_steal_pointer(&text);
    return g_strdup(unified->mount->mount_point);
}

/**
 * corral_host_describe:
 * @self: a host
 *
 * For people: one line a hierarchy, "MOUNT-POINT (INTERFACE): CONTROLLERS".
 *
 * Returns: (transfer full): the text, each line ended with a newline
 * Since: 0.1
 */
char *
corral_host_describe(CorralHost *self)
{
    GString *text = g_string_new(NULL);
    guint i, c;

    for (i = 0; i < self->hierarchies->len; i++) {
        const CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);

        g_string_append_printf(text, "%s (%s):", hierarchy->mount->mount_point,
                               hierarchy->backend->name);
        for (c = 0; c < CORRAL_N_CONTROLLERS; c++) {
            if (hierarchy->controllers & CORRAL_CONTROLLER_BIT(c))
                g_string_append_printf(text, " %s", corral_controller_get_name(c));
        }
        g_string_append_c(text, '\n');
    }

    return g_string_free(text, FALSE);
}

/* @path as /proc shows it, relative to what is mounted; NULL if it is outside of that. */
static char *
relative_to_mount(const CgMount *mount, const char *path)
{
    const char *rest = path;

    if (!is_whole(mount)) {
        if (!g_str_has_prefix(path, mount->root))
            return NULL;
        rest = path + strlen(mount->root);
        if (rest[0] != '\0' && rest[0] != '/')
            return NULL;
    }
    while (rest[0] == '/')
        rest++;

    return cg_tree_check_path(rest, NULL) ? g_strdup(rest) : NULL;
}

/* What /proc says of the groups of @pid. */
static char *
read_membership(CorralHost *self, pid_t pid, GError **error)
{
    g_autofree char *file = g_strdup_printf("%d/cgroup", (int)pid);
    g_autoptr(GError) failure = NULL;
    char *text = pid > 0 ? cg_tree_read(self->proc, file, &failure) : NULL;

    if (is_failure(failure))
        g_propagate_error(error, g_steal_pointer(&failure));
    else if (!text)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "there is no process %d",
                    (int)pid);
    return text;
}

/* NULL if it cannot be seen from here. */
static char *
find_membership(const char *text, const CgHierarchy *hierarchy)
{
    g_autofree char *path = cg_mountinfo_find_path(text, hierarchy->mount);

    return path ? relative_to_mount(hierarchy->mount, path) : NULL;
}

/**
 * corral_host_find_process:
 * @self: a host
 * @controller: whose hierarchy to look in
 * @pid: a process or thread, as /proc numbers it
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_NOT_FOUND: no such process, or its group cannot be seen from here;
 * %CORRAL_ERROR_NO_CONTROLLER: nobody serves @controller.
 *
 * Returns: (transfer full): the path of the group that @pid is in; "" is the root
 * Since: 0.1
 */
char *
corral_host_find_process(CorralHost *self, CorralController controller, pid_t pid, GError **error)
{
    const CgHierarchy *hierarchy = NULL;
    g_autofree char *text = NULL;
    char *path;
    guint i;

    for (i = 0; i < self->hierarchies->len && !hierarchy; i++) {
        const CgHierarchy *candidate = g_ptr_array_index(self->hierarchies, i);

        if ((guint)controller < CORRAL_N_CONTROLLERS &&
            candidate->controllers & CORRAL_CONTROLLER_BIT(controller))
            hierarchy = candidate;
    }
    if (!hierarchy) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "controller '%s' is not served on this host",
                    corral_controller_get_name(controller));
        return NULL;
    }

    text = read_membership(self, pid, error);
    if (!text)
        return NULL;

    path = find_membership(text, hierarchy);
    if (!path)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND,
                    "the '%s' group of process %d cannot be seen below '%s'",
                    corral_controller_get_name(controller), (int)pid,
                    hierarchy->mount->mount_point);
    return path;
}

/**
 * corral_host_find_strays:
 * @self: a host
 * @path: of a group
 * @pid: a process or thread, as /proc numbers it
 * @strays: (out): the controllers in whose hierarchies it is neither in the group nor
 *   below it, as far as can be seen from here
 * @error: where to put what went wrong
 *
 * The same question about all hierarchies at once.
 *
 * %CORRAL_ERROR_NOT_FOUND: no such process.
 *
 * Returns: (skip): %TRUE if it is known
 * Since: 0.1
 */
gboolean
corral_host_find_strays(CorralHost *self, const char *path, pid_t pid, CorralControllers *strays,
                        GError **error)
{
    g_autofree char *text = read_membership(self, pid, error);
    guint i;

    *strays = 0;
    if (!text)
        return FALSE;

    for (i = 0; i < self->hierarchies->len; i++) {
        const CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);
        g_autofree char *where = find_membership(text, hierarchy);

        if (where && !cg_tree_is_at_or_below(where, path))
            *strays |= hierarchy->controllers;
    }
    return TRUE;
}

typedef struct {
    CorralGroupFilter filter;
    gpointer user_data;
    GHashTable *found; /* set of owned paths */
} Search;

/* A group that vanishes while it is looked at, or may not be, has none below it. */
static char **
list_below(int root, const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;
    CG_AUTO_FD dir = cg_tree_open_dir(root, path, &failure);
    char **names = dir >= 0 ? cg_tree_list_dirs(dir, &failure) : NULL;

    if (is_failure(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }

    return names ? names : g_new0(char *, 1);
}

/* From the root each time: however deep a tree is, it takes no more descriptors, and ends
 * where the kernel takes no longer paths. */
static gboolean
search_below(int root, const char *path, Search *search, GError **error)
{
    g_auto(GStrv) names = list_below(root, path, error);
    gsize i;

    if (!names)
        return FALSE;

    for (i = 0; names[i]; i++) {
        g_autofree char *child =
            path[0] ? g_strconcat(path, "/", names[i], NULL) : g_strdup(names[i]);
        gboolean descend = TRUE;

        if (!search->filter || search->filter(child, &descend, search->user_data))
            g_hash_table_add(search->found, g_strdup(child));
        if (descend && !search_below(root, child, search, error))
            return FALSE;
    }

    return TRUE;
}

static gint
compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * corral_host_find_groups:
 * @self: a host
 * @controllers: in whose hierarchies to look
 * @filter: (nullable) (scope call): says which groups are wanted; %NULL for all
 * @user_data: for @filter
 * @error: where to put what went wrong
 *
 * Walks the hierarchies.  A group that exists in several of them is asked
 * about once for each and returned once.
 *
 * Returns: (transfer full): the paths, sorted
 * Since: 0.1
 */
char **
corral_host_find_groups(CorralHost *self, CorralControllers controllers, CorralGroupFilter filter,
                        gpointer user_data, GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Search search = {filter, user_data, found};
    GPtrArray *paths;
    GHashTableIter iter;
    gpointer path;
    guint i;

    if (!(controllers & self->controllers)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "none of the controllers asked for is served on this host");
        return NULL;
    }

    for (i = 0; i < self->hierarchies->len; i++) {
        const CgHierarchy *hierarchy = g_ptr_array_index(self->hierarchies, i);

        if (hierarchy->controllers & controllers &&
            !search_below(hierarchy->root, "", &search, error))
            return NULL;
    }

    paths = g_ptr_array_new();
    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &path, NULL)) {
        g_hash_table_iter_steal(&iter);
        g_ptr_array_add(paths, path);
    }
    g_ptr_array_sort(paths, compare_paths);
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_free(paths, FALSE);
}
