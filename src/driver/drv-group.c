/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's group and its parts. */
#include <config.h>

#include <string.h>

#include "drv-acl.h"
#include "drv-cpuset.h"
#include "drv-cradle.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-level.h"
#include "drv-owner.h"
#include "drv-parts.h"
#include "drv-target.h"
#include "drv-tune-io.h"
#include "drv-tune-memory.h"
#include "drv-vacancy.h"
#include "guest-path.h"

/* QEMU holds its groups for a moment after libvirt has seen it gone. */
#define REMOVE_PATIENCE_MS 2000
#define KILL_PATIENCE_MS 2000
#define THREAD_PATIENCE_MS 100

/* Set while a group has not yet all that its guest's XML says: whoever finds it later goes on. */
#define LABEL_UNFINISHED "unfinished"

static const char *const part_prefix[GUEST_N_PARTS] = {
    [GUEST_PART_VCPU] = "vcpu",
    [GUEST_PART_EMULATOR] = "emulator",
    [GUEST_PART_GLOBAL] = NULL, /* the guest's own group */
    [GUEST_PART_IOTHREAD] = "iothread",
};

struct _DrvGroup {
    CorralGroup *whole;
    CorralGroup *inner; /* whose children the groups of threads are: mostly the same, or libvirt's
                           level, for whoever is in it is there for good */
    gboolean is_container;
    GHashTable *children; /* name -> CorralGroup */
};

static DrvGroup *
group_new(CorralGroup *whole)
{
    DrvGroup *self = g_new0(DrvGroup, 1);
    g_autofree char *name = g_path_get_basename(corral_group_get_path(whole));

    self->whole = whole;
    self->inner = drv_level_find(whole);
    if (!self->inner)
        self->inner = g_object_ref(whole);
    self->is_container = guest_path_is_guest(name, "lxc");
    self->children = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
    return self;
}

void
drv_group_free(DrvGroup *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->children);
    g_object_unref(self->inner);
    g_object_unref(self->whole);
    g_free(self);
}

CorralGroup *
drv_group_get_whole(DrvGroup *self)
{
    return self->whole;
}

gboolean
drv_group_is_container(DrvGroup *self)
{
    return self->is_container;
}

void
drv_group_level_out(DrvGroup *self)
{
    if (self->is_container && self->inner != self->whole)
        drv_level_follow(self->inner, self->whole);
}

/* Takes @child. */
static CorralGroup *
keep_child(DrvGroup *self, const char *name, CorralGroup *child)
{
    if (child)
        g_hash_table_insert(self->children, g_strdup(name), child);
    return child;
}

static CorralGroup *
get_child(DrvGroup *self, const char *name, GError **error)
{
    CorralGroup *child = g_hash_table_lookup(self->children, name);

    if (!child)
        child = keep_child(self, name, corral_group_open_child(self->inner, name, error));
    return child;
}

static CorralGroup *
make_child(DrvGroup *self, const char *name, GError **error)
{
    return keep_child(self, name, corral_group_make_threaded(self->inner, name, error));
}

static gboolean
has_threads(DrvGroup *self)
{
    return !self->is_container &&
           (corral_group_get_controllers(self->whole) & CORRAL_CONTROLLERS_THREADED) != 0;
}

CorralGroup *
drv_group_get_emulator(DrvGroup *self)
{
    return has_threads(self) ? get_child(self, part_prefix[GUEST_PART_EMULATOR], NULL) : NULL;
}

/* A guest without labels is still found, by its path: worth a word, not a failed start. */
static void
label(DrvGroup *self, const Guest *guest)
{
    g_autoptr(GError) failure = NULL;

    drv_owner_sign(self->whole);
    if (!corral_group_set_label(self->whole, DRV_GROUP_LABEL_UUID, guest_get_uuid(guest),
                                &failure) ||
        !corral_group_set_label(self->whole, "name", guest_get_name(guest), &failure) ||
        !corral_group_set_label(self->whole, GUEST_PATH_DRIVER_LABEL, guest_get_driver(guest),
                                &failure))
        drv_error_log(g_steal_pointer(&failure), guest_get_name(guest), "label its group");
}

static gboolean
make_numbered(DrvGroup *self, GuestPart part, const guint *numbers, gsize n, GError **error)
{
    gsize i;

    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("%s%u", part_prefix[part], numbers[i]);

        if (!make_child(self, name, error))
            return FALSE;
    }

    return TRUE;
}

/* Groups of threads for all the parts; a host where threads cannot be told apart has none. */
static gboolean
make_children(DrvGroup *self, const Guest *guest, GError **error)
{
    const guint *numbers;
    gsize n;

    if (!has_threads(self))
        return TRUE;
    if (!make_child(self, part_prefix[GUEST_PART_EMULATOR], error))
        return FALSE;

    numbers = guest_get_vcpus(guest, &n);
    if (!make_numbered(self, GUEST_PART_VCPU, numbers, n, error))
        return FALSE;

    numbers = guest_get_iothreads(guest, &n);
    return make_numbered(self, GUEST_PART_IOTHREAD, numbers, n, error);
}

static gboolean
apply_cputune(DrvGroup *self, const Guest *guest, GError **error)
{
    return drv_group_tune(self, guest_get_cputune(guest), error);
}

static gboolean
apply_memtune(DrvGroup *self, const Guest *guest, GError **error)
{
    return drv_tune_memory_apply(self->whole, guest_get_memtune(guest), error);
}

static gboolean
apply_blkiotune(DrvGroup *self, const Guest *guest, GError **error)
{
    return drv_tune_io_apply(self->whole, guest_get_blkiotune(guest), error);
}

static gboolean
apply_devices(DrvGroup *self, const Guest *guest, GError **error)
{
    return drv_acl_furnish(self->whole, guest, error);
}

gboolean
drv_group_apply_pids(DrvGroup *self, const Guest *guest, GError **error)
{
    const guint64 limit = guest_get_pids_limit(guest);

    return limit == 0 || corral_group_set_pids_limit(self->whole, limit, error);
}

static gboolean
apply_target(DrvGroup *self, const Guest *guest, GError **error G_GNUC_UNUSED)
{
    if (!self->is_container)
        drv_target_begin(self->whole, guest);
    return TRUE;
}

/* All that the XML says of the whole guest's resources. */
static gboolean (*const appliers[])(DrvGroup *self, const Guest *guest, GError **error) = {
    apply_cputune, drv_cpuset_furnish,   apply_memtune, apply_blkiotune,
    apply_devices, drv_group_apply_pids, apply_target,
};

/* Not worth a failure: where there are no labels, nobody finds half a group who could tell. */
static void
mark_unfinished(DrvGroup *self, gboolean unfinished)
{
    if (!corral_group_set_label(self->whole, LABEL_UNFINISHED, unfinished ? "yes" : "", NULL))
        g_debug("no attributes on cgroups here");
}

static gboolean
is_unfinished(DrvGroup *self)
{
    g_autofree char *text = corral_group_get_label(self->whole, LABEL_UNFINISHED, NULL);

    return text && *text;
}

static gboolean
furnish(DrvGroup *self, const Guest *guest, GError **error)
{
    gsize i;

    label(self, guest);
    if (!make_children(self, guest, error))
        return FALSE;
    for (i = 0; i < G_N_ELEMENTS(appliers); i++) {
        if (!appliers[i](self, guest, error))
            return FALSE;
    }

    return TRUE;
}

/*
 * The same for a guest that runs already, and so cannot be refused any more: what it cannot
 * have it goes without, and the log tells.  It must not lose the rest for it.
 */
static gboolean
furnish_running(DrvGroup *self, const Guest *guest, GError **error)
{
    gsize i;

    mark_unfinished(self, TRUE);
    label(self, guest);
    if (!make_children(self, guest, error))
        return FALSE;
    for (i = 0; i < G_N_ELEMENTS(appliers); i++) {
        g_autoptr(GError) failure = NULL;

        if (!appliers[i](self, guest, &failure))
            drv_error_log(g_steal_pointer(&failure), guest_get_name(guest),
                          "give it all that its description says");
    }

    if (self->inner != self->whole && !self->is_container)
        drv_level_open(self->inner);
    mark_unfinished(self, FALSE);
    return TRUE;
}

static gboolean
follow(DrvGroup *self, const Guest *guest, GError **error)
{
    if (!has_threads(self))
        return TRUE;

    return make_child(self, part_prefix[GUEST_PART_EMULATOR], error) &&
           drv_parts_follow(self, guest, error);
}

DrvGroup *
drv_group_make(CorralHost *host, const char *path, const Guest *guest, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(DrvGroup) self = NULL;
    CorralGroup *whole = drv_vacancy_make(host, path, guest_get_driver(guest), error);

    if (!whole)
        return NULL;

    self = group_new(whole);
    if (!furnish(self, guest, error)) {
        if (!corral_group_remove(whole, 0, &failure))
            drv_error_log(g_steal_pointer(&failure), guest_get_name(guest), "remove its group");
        return NULL;
    }

    return g_steal_pointer(&self);
}

DrvGroup *
drv_group_fill(CorralHost *host, const char *path, const Guest *guest, GError **error)
{
    g_autoptr(DrvGroup) self = drv_group_open(host, path, DRV_GROUP_CONTROLLERS, error);

    if (!self)
        return NULL;
    mark_unfinished(self, TRUE);
    if (!furnish(self, guest, error))
        return NULL;

    mark_unfinished(self, FALSE);
    return g_steal_pointer(&self);
}

static gboolean
is_scope(const char *path)
{
    return g_str_has_suffix(path, GUEST_PATH_SCOPE_SUFFIX);
}

/* A group that is there or, unless it is systemd's to make, is made now. */
static CorralGroup *
ensure(CorralHost *host, const char *path, const char *driver, gboolean *existed, GError **error)
{
    if (!is_scope(path))
        return drv_vacancy_ensure(host, path, driver, existed, error);

    *existed = TRUE;
    return corral_group_open(host, path, DRV_GROUP_CONTROLLERS, error);
}

/* Whether the group has been this guest's before. */
static gboolean
is_labelled(DrvGroup *self, const Guest *guest)
{
    g_autofree char *uuid = corral_group_get_label(self->whole, DRV_GROUP_LABEL_UUID, NULL);

    return g_strcmp0(uuid, guest_get_uuid(guest)) == 0;
}

DrvGroup *
drv_group_adopt(CorralHost *host, const char *path, const Guest *guest, GError **error)
{
    g_autoptr(DrvGroup) self = NULL;
    gboolean existed = FALSE;
    CorralGroup *whole = ensure(host, path, guest_get_driver(guest), &existed, error);

    if (!whole)
        return NULL;

    /* The kernel is the database: what is in force in a group that exists stays so.  But a scope
     * may exist that has never been ours. */
    self = group_new(whole);
    if (existed && !is_unfinished(self) && (!is_scope(path) || is_labelled(self, guest))) {
        label(self, guest);
        return follow(self, guest, error) ? g_steal_pointer(&self) : NULL;
    }
    if (!furnish_running(self, guest, error))
        return NULL;

    return g_steal_pointer(&self);
}

DrvGroup *
drv_group_take_over(CorralHost *host, const char *path, const Guest *guest, GError **error)
{
    g_autoptr(DrvGroup) self = NULL;
    gboolean existed;
    CorralGroup *whole = ensure(host, path, guest_get_driver(guest), &existed, error);

    if (!whole)
        return NULL;

    self = group_new(whole);
    drv_owner_sign(whole);
    /* What libvirt gives the container's users they must not keep. */
    if (guest_has_own_users(guest) && !drv_cradle_leave(whole, error))
        return NULL;
    if (is_labelled(self, guest)) {
        drv_group_level_out(self);
        return g_steal_pointer(&self);
    }

    /* The label comes last: should we be killed meanwhile, all of it is done again. */
    if (!drv_group_tune(self, guest_get_cputune(guest), error) ||
        !drv_tune_memory_apply(whole, guest_get_memtune(guest), error) ||
        !drv_tune_io_apply(whole, guest_get_blkiotune(guest), error))
        return NULL;
    drv_group_make_up_for(self, guest);
    drv_group_level_out(self);
    label(self, guest);
    return g_steal_pointer(&self);
}

DrvGroup *
drv_group_open(CorralHost *host, const char *path, CorralControllers controllers, GError **error)
{
    CorralGroup *whole = corral_group_open(host, path, controllers, error);

    return whole ? group_new(whole) : NULL;
}

/* libvirt removes what it has made, and knows nothing of partitions made on demand. */
static void
prune_above(CorralHost *host, const char *path)
{
    g_autofree char *above = g_path_get_dirname(path);
    g_autoptr(CorralGroup) partition =
        corral_group_open(host, above, DRV_GROUP_PARTITION_CONTROLLERS, NULL);

    if (partition)
        corral_group_prune(partition);
}

gboolean
drv_group_leave(DrvGroup *self, GError **error)
{
    if (!corral_group_remove(self->whole, REMOVE_PATIENCE_MS, error))
        return FALSE;

    prune_above(corral_group_get_host(self->whole), corral_group_get_path(self->whole));
    return TRUE;
}

gboolean
drv_group_clear(CorralHost *host, const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(CorralGroup) group = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, &failure);

    if (!group && !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (group && (!corral_group_kill(group, KILL_PATIENCE_MS, error) ||
                  !corral_group_remove(group, REMOVE_PATIENCE_MS, error)))
        return FALSE;

    prune_above(host, path);
    return TRUE;
}

static void
append_processes(CorralGroup *group, GArray *to)
{
    g_autoptr(GArray) processes = corral_group_list_processes(group, NULL);

    if (processes)
        g_array_append_vals(to, processes->data, processes->len);
}

GArray *
drv_group_list_processes(DrvGroup *self)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_auto(GStrv) names = corral_group_list_children(self->inner, NULL);
    gsize i;

    append_processes(self->whole, all);
    if (self->inner != self->whole)
        append_processes(self->inner, all);
    for (i = 0; names && names[i]; i++) {
        CorralGroup *child = get_child(self, names[i], NULL);

        if (child)
            append_processes(child, all);
    }

    return all;
}

/* "vcpu12" is a vCPU's, "vcpux" and "vcpu" are nobody's. */
static gboolean
is_of_part(const char *name, GuestPart part, guint *number)
{
    guint64 value = 0;

    if (part == GUEST_PART_EMULATOR
            ? !g_str_equal(name, part_prefix[part])
            : !g_str_has_prefix(name, part_prefix[part]) ||
                  !g_ascii_string_to_unsigned(name + strlen(part_prefix[part]), 10, 0, G_MAXUINT,
                                              &value, NULL))
        return FALSE;

    *number = (guint)value;
    return TRUE;
}

GPtrArray *
drv_group_list_part(DrvGroup *self, GuestPart part, GError **error)
{
    g_autoptr(GPtrArray) groups = g_ptr_array_new();
    g_auto(GStrv) names = NULL;
    guint number;
    gsize i;

    if (part == GUEST_PART_GLOBAL) {
        g_ptr_array_add(groups, self->whole);
        return g_steal_pointer(&groups);
    }

    /* What is below a container's is its own, whatever it is called. */
    if (self->is_container)
        return g_steal_pointer(&groups);

    names = corral_group_list_children(self->inner, error);
    if (!names)
        return NULL;
    for (i = 0; names[i]; i++) {
        CorralGroup *child;

        if (!is_of_part(names[i], part, &number))
            continue;
        child = get_child(self, names[i], error);
        if (!child)
            return NULL;
        g_ptr_array_add(groups, child);
    }

    return g_steal_pointer(&groups);
}

GArray *
drv_group_list_numbers(DrvGroup *self, GuestPart part, GError **error)
{
    g_auto(GStrv) names = corral_group_list_children(self->inner, error);
    GArray *numbers = names ? g_array_new(FALSE, FALSE, sizeof(guint)) : NULL;
    guint number;
    gsize i;

    for (i = 0; names && names[i]; i++) {
        if (is_of_part(names[i], part, &number))
            g_array_append_val(numbers, number);
    }
    return numbers;
}

CorralGroup *
drv_group_find_thread(DrvGroup *self, GuestPart part, guint number)
{
    g_autofree char *name = g_strdup_printf("%s%u", part_prefix[part], number);

    return get_child(self, name, NULL);
}

CorralGroup *
drv_group_get_thread(DrvGroup *self, GuestPart part, guint number, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s%u", part_prefix[part], number);
    CorralGroup *child = get_child(self, name, NULL);
    g_autoptr(GPtrArray) others = NULL;
    GuestBandwidth bandwidth;

    if (child)
        return child;

    /* One more of its kind: it gets what the others have. */
    others = drv_group_list_part(self, part, error);
    if (!others || !drv_group_get_bandwidth(self, part, &bandwidth, error))
        return NULL;
    child = make_child(self, name, error);
    if (!child || (others->len > 0 && !corral_group_set_cpu_ceiling(child, bandwidth.quota_us,
                                                                    bandwidth.period_us, error)))
        return NULL;

    return child;
}

gboolean
drv_group_remove_thread(DrvGroup *self, GuestPart part, guint number, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s%u", part_prefix[part], number);
    CorralGroup *child = get_child(self, name, NULL);
    g_autoptr(GError) failure = NULL;

    if (!child)
        return TRUE;
    /* The kernel holds it for a moment after QEMU has seen its thread end. */
    if (!corral_group_remove(child, THREAD_PATIENCE_MS, &failure)) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_BUSY))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    g_hash_table_remove(self->children, name);
    return TRUE;
}
