/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at the guests' groups.
 *
 * Guests come and go meanwhile, so a group that cannot be opened any more is
 * none.  Who is in a group depends on the hierarchy one asks: where threads are
 * told apart they are in the guest's children, elsewhere in the guest itself.
 * Asking both ways gives the same answer on every host.
 */
#include <config.h>

#include <string.h>

#include "cli-groups.h"
#include "corral.h"
#include "guest-path.h"
#include "guest-search.h"

/* A container may have groups of its own, as deep as it likes. */
#define DEPTH_MAX 32

/* ---- memory ---- */

static void
thread_free(gpointer data)
{
    CliThread *thread = data;

    g_free(thread->name);
    g_free(thread);
}

static void
child_free(gpointer data)
{
    CliChildGroup *child = data;

    g_clear_pointer(&child->threads, g_ptr_array_unref);
    g_free(child->name);
    g_free(child);
}

static void
guest_free(gpointer data)
{
    CliGuestGroup *guest = data;

    g_clear_pointer(&guest->children, g_ptr_array_unref);
    g_clear_pointer(&guest->threads, g_ptr_array_unref);
    g_clear_pointer(&guest->processes, g_array_unref);
    g_free(guest->uuid);
    g_free(guest->name);
    g_free(guest->partition);
    g_free(guest->path);
    g_free(guest);
}

/* ---- who is in it ---- */

static gint
compare_ids(gconstpointer a, gconstpointer b)
{
    const pid_t one = *(const pid_t *)a;
    const pid_t other = *(const pid_t *)b;

    return one < other ? -1 : one > other;
}

/* Takes @ids, which may be NULL, into the set @all. */
static void
take_in(GHashTable *all, GArray *ids)
{
    guint i;

    for (i = 0; ids && i < ids->len; i++)
        g_hash_table_add(all, GINT_TO_POINTER(g_array_index(ids, pid_t, i)));
}

static void
find_processes(CorralGroup *group, guint depth, GHashTable *all)
{
    g_autoptr(GArray) here = corral_group_list_processes(group, NULL);
    g_auto(GStrv) names = corral_group_list_children(group, NULL);
    gsize i;

    take_in(all, here);
    for (i = 0; names && names[i] && depth < DEPTH_MAX; i++) {
        g_autoptr(CorralGroup) child = corral_group_open_child(group, names[i], NULL);

        if (child)
            find_processes(child, depth + 1, all);
    }
}

static GArray *
sort_ids(GHashTable *all)
{
    GArray *sorted = g_array_new(FALSE, FALSE, sizeof(pid_t));
    GHashTableIter iter;
    gpointer id;

    g_hash_table_iter_init(&iter, all);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        const pid_t pid = GPOINTER_TO_INT(id);

        g_array_append_val(sorted, pid);
    }
    g_array_sort(sorted, compare_ids);

    return sorted;
}

static char *
read_thread_name(const char *root, pid_t tid)
{
    g_autofree char *file = g_strdup_printf("%s/proc/%d/comm", root ? root : "", (int)tid);
    char *name = NULL;

    if (!g_file_get_contents(file, &name, NULL, NULL))
        return NULL;

    return g_strchomp(name);
}

static GPtrArray *
list_threads(const char *root, CorralGroup *group)
{
    GPtrArray *threads = g_ptr_array_new_with_free_func(thread_free);
    g_autoptr(GArray) ids = corral_group_list_threads(group, NULL);
    guint i;

    for (i = 0; ids && i < ids->len; i++) {
        CliThread *thread = g_new0(CliThread, 1);

        thread->tid = g_array_index(ids, pid_t, i);
        thread->name = read_thread_name(root, thread->tid);
        g_ptr_array_add(threads, thread);
    }

    return threads;
}

/* ---- what is set ---- */

static CliCeiling
read_ceiling(CorralGroup *group)
{
    CliCeiling ceiling = {FALSE, 0, 0};

    ceiling.known =
        corral_group_get_cpu_ceiling(group, &ceiling.quota_us, &ceiling.period_us, NULL);
    return ceiling;
}

static CliNumber
read_number(CorralGroup *group, gboolean (*get)(CorralGroup *, guint64 *, GError **))
{
    CliNumber number = {FALSE, 0};

    number.known = get(group, &number.value, NULL);
    return number;
}

/* ---- one guest ---- */

static char *
read_driver(const char *path, gpointer host)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);

    return group ? corral_group_get_label(group, GUEST_PATH_DRIVER_LABEL, NULL) : NULL;
}

static void
name_guest(CliGuestGroup *guest, CorralGroup *group)
{
    g_autofree char *suffix = g_strdup_printf(".%s.libvirt", guest->driver);
    const char *slash = strrchr(guest->path, '/');
    const char *component = slash ? slash + 1 : guest->path;

    guest->partition =
        g_strdup_printf("/%.*s", slash ? (int)(slash - guest->path) : 0, guest->path);
    guest->name = corral_group_get_label(group, "name", NULL);
    if (!guest->name)
        guest->name =
            g_strndup(component, strlen(component) -
                                     (g_str_has_suffix(component, suffix) ? strlen(suffix) : 0));
    guest->uuid = corral_group_get_label(group, "uuid", NULL);
}

static void
look_at_children(CliGuestGroup *guest, const char *root, CorralGroup *group)
{
    g_auto(GStrv) names = corral_group_list_children(group, NULL);
    gsize i;

    for (i = 0; names && names[i]; i++) {
        g_autoptr(CorralGroup) below = corral_group_open_child(group, names[i], NULL);
        CliChildGroup *child;

        if (!below)
            continue;
        child = g_new0(CliChildGroup, 1);
        child->name = g_strdup(names[i]);
        child->ceiling = read_ceiling(below);
        child->threads = list_threads(root, below);
        g_ptr_array_add(guest->children, child);
    }
}

/* The members, asked both of the hierarchies that tell threads apart and of the others. */
static void
look_at_members(CliGuestGroup *guest, const char *root, CorralHost *host, CorralGroup *group)
{
    g_autoptr(GHashTable) processes = g_hash_table_new(NULL, NULL);
    g_autoptr(CorralGroup) whole = corral_group_open(
        host, guest->path, CORRAL_CONTROLLERS_ALL & ~CORRAL_CONTROLLERS_THREADED, NULL);
    g_autoptr(CorralGroup) threaded =
        corral_group_open(host, guest->path, CORRAL_CONTROLLERS_THREADED, NULL);

    if (whole)
        find_processes(whole, 0, processes);
    if (threaded)
        find_processes(threaded, 0, processes);

    guest->processes = sort_ids(processes);
    guest->threads = list_threads(root, threaded ? threaded : group);
}

static gint
compare_children(gconstpointer a, gconstpointer b)
{
    const CliChildGroup *one = *(CliChildGroup *const *)a;
    const CliChildGroup *other = *(CliChildGroup *const *)b;

    return strverscmp(one->name, other->name);
}

static gboolean
is_there(CorralHost *host, const char *path)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);

    return group != NULL;
}

/* Of a libvirt in a container, whose paths begin there; it shows there. */
static gboolean
is_anothers(CorralGroup *group, const char *path)
{
    g_autofree char *owner = corral_group_get_label(group, GUEST_PATH_OWNER_LABEL, NULL);
    g_autofree char *ours = guest_path_format_owner(path);

    return owner && !g_str_equal(owner, ours);
}

static CliGuestGroup *
look_at_guest(const char *root, CorralHost *host, GuestSearch *search, const char *path)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, CORRAL_CONTROLLERS_ALL, NULL);
    CliGuestGroup *guest;

    if (!group || is_anothers(group, path))
        return NULL;

    guest = g_new0(CliGuestGroup, 1);
    guest->path = g_strdup(path);
    guest->driver = guest_search_find_driver(search, path);
    guest->children = g_ptr_array_new_with_free_func(child_free);
    name_guest(guest, group);
    guest->cpu_shares = read_number(group, corral_group_get_cpu_shares);
    guest->ceiling = read_ceiling(group);
    guest->memory_limit_bytes = read_number(group, corral_group_get_memory_limit);
    guest->memory_usage_bytes = read_number(group, corral_group_get_memory_usage);
    look_at_members(guest, root, host, group);
    look_at_children(guest, root, group);
    g_ptr_array_sort(guest->children, compare_children);

    /* Nobody in it: an orphan, unless it went while we looked. */
    if (guest->processes->len == 0 && !is_there(host, path))
        g_clear_pointer(&guest, guest_free);
    return guest;
}

/* ---- all of them ---- */

static gint
compare_guests(gconstpointer a, gconstpointer b)
{
    const CliGuestGroup *one = *(CliGuestGroup *const *)a;
    const CliGuestGroup *other = *(CliGuestGroup *const *)b;
    gint order = strverscmp(one->partition, other->partition);

    if (order == 0)
        order = strverscmp(one->name, other->name);
    return order ? order : strcmp(one->path, other->path);
}

GPtrArray *
cli_groups_list(const char *root, GError **error)
{
    g_autoptr(CorralHost) host = corral_host_new(root, CORRAL_HOST_READ_ONLY, error);
    g_autoptr(GuestSearch) search = NULL;
    g_autoptr(GPtrArray) guests = NULL;
    g_auto(GStrv) paths = NULL;
    gsize i;

    if (!host)
        return NULL;
    search = guest_search_new(NULL, read_driver, host);
    paths = corral_host_find_groups(host, CORRAL_CONTROLLERS_ALL, guest_search_filter_guests,
                                    search, error);
    if (!paths)
        return NULL;

    guests = g_ptr_array_new_with_free_func(guest_free);
    for (i = 0; paths[i]; i++) {
        CliGuestGroup *guest = look_at_guest(root, host, search, paths[i]);

        if (guest)
            g_ptr_array_add(guests, guest);
    }
    g_ptr_array_sort(guests, compare_guests);

    return g_steal_pointer(&guests);
}
