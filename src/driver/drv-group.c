/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's group and its parts.
 *
 * Tuning several parts at once is all or nothing.  The kernel holds a child's
 * ceiling against its parent's at every step, so the whole guest's is written
 * first when it rises and last when it falls; and what was in force before each
 * step is remembered until the last one has succeeded.
 */
#include <config.h>

#include <string.h>

#include "drv-error.h"
#include "drv-group.h"

/* QEMU holds its groups for a moment after libvirt has seen it gone. */
#define REMOVE_PATIENCE_MS 2000
#define KILL_PATIENCE_MS 2000

static const char *const part_prefix[GUEST_N_PARTS] = {
    [GUEST_PART_VCPU] = "vcpu",
    [GUEST_PART_EMULATOR] = "emulator",
    [GUEST_PART_GLOBAL] = NULL, /* the guest's own group */
    [GUEST_PART_IOTHREAD] = "iothread",
};

struct _DrvGroup {
    CorralGroup *whole;
    GHashTable *children; /* name -> CorralGroup */
};

static DrvGroup *
group_new(CorralGroup *whole)
{
    DrvGroup *self = g_new0(DrvGroup, 1);

    self->whole = whole;
    self->children = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
    return self;
}

void
drv_group_free(DrvGroup *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->children);
    g_object_unref(self->whole);
    g_free(self);
}

CorralGroup *
drv_group_get_whole(DrvGroup *self)
{
    return self->whole;
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
        child = keep_child(self, name, corral_group_open_child(self->whole, name, error));
    return child;
}

static CorralGroup *
make_child(DrvGroup *self, const char *name, GError **error)
{
    return keep_child(self, name, corral_group_make_threaded(self->whole, name, error));
}

static gboolean
has_threads(DrvGroup *self)
{
    return (corral_group_get_controllers(self->whole) & CORRAL_CONTROLLERS_THREADED) != 0;
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

    if (!corral_group_set_label(self->whole, DRV_GROUP_LABEL_UUID, guest_get_uuid(guest),
                                &failure) ||
        !corral_group_set_label(self->whole, "name", guest_get_name(guest), &failure) ||
        !corral_group_set_label(self->whole, "driver", guest_get_driver(guest), &failure))
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
furnish(DrvGroup *self, const Guest *guest, GError **error)
{
    label(self, guest);
    return make_children(self, guest, error) &&
           drv_group_tune(self, guest_get_cputune(guest), error);
}

/* Makes room where an earlier life of the guest left its group behind. */
static gboolean
replace_leftover(CorralHost *host, const char *path, GError **error)
{
    g_autoptr(DrvGroup) old = drv_group_open(host, path, DRV_GROUP_CONTROLLERS, error);
    g_autoptr(GArray) processes = NULL;

    if (!old)
        return FALSE;

    processes = drv_group_list_processes(old);
    if (processes->len > 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                    "process %d is still in its group '%s': not starting a second one",
                    g_array_index(processes, pid_t, 0), path);
        return FALSE;
    }

    return corral_group_remove(old->whole, REMOVE_PATIENCE_MS, error);
}

DrvGroup *
drv_group_make(CorralHost *host, const char *path, const Guest *guest, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(DrvGroup) self = NULL;
    CorralGroup *whole =
        corral_group_make(host, path, DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NEW, &failure);

    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_EXISTS)) {
        g_clear_error(&failure);
        if (!replace_leftover(host, path, error))
            return NULL;
        whole = corral_group_make(host, path, DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NEW, &failure);
    }
    if (!whole) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }

    self = group_new(whole);
    if (!furnish(self, guest, error)) {
        if (!corral_group_remove(whole, 0, &failure))
            drv_error_log(g_steal_pointer(&failure), guest_get_name(guest), "remove its group");
        return NULL;
    }

    return g_steal_pointer(&self);
}

DrvGroup *
drv_group_adopt(CorralHost *host, const char *path, const Guest *guest, GError **error)
{
    g_autoptr(DrvGroup) self = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean existed = FALSE;
    CorralGroup *whole =
        corral_group_make(host, path, DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NEW, &failure);

    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_EXISTS)) {
        g_clear_error(&failure);
        existed = TRUE;
        whole = corral_group_make(host, path, DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NONE, &failure);
    }
    if (!whole) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }

    /* The kernel is the database: what is in force in a group that exists stays so. */
    self = group_new(whole);
    label(self, guest);
    if (!make_children(self, guest, error) ||
        (!existed && !drv_group_tune(self, guest_get_cputune(guest), error)))
        return NULL;

    return g_steal_pointer(&self);
}

DrvGroup *
drv_group_open(CorralHost *host, const char *path, CorralControllers controllers, GError **error)
{
    CorralGroup *whole = corral_group_open(host, path, controllers, error);

    return whole ? group_new(whole) : NULL;
}

gboolean
drv_group_clear(CorralHost *host, const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(CorralGroup) group = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, &failure);

    if (!group) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    return corral_group_kill(group, KILL_PATIENCE_MS, error) &&
           corral_group_remove(group, REMOVE_PATIENCE_MS, error);
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
    g_auto(GStrv) names = corral_group_list_children(self->whole, NULL);
    gsize i;

    append_processes(self->whole, all);
    for (i = 0; names && names[i]; i++) {
        CorralGroup *child = get_child(self, names[i], NULL);

        if (child)
            append_processes(child, all);
    }

    return all;
}

/* "vcpu12" is a vCPU's, "vcpux" and "vcpu" are nobody's. */
static gboolean
is_of_part(const char *name, GuestPart part)
{
    const char *number;

    if (part == GUEST_PART_EMULATOR)
        return g_str_equal(name, part_prefix[part]);
    if (!g_str_has_prefix(name, part_prefix[part]))
        return FALSE;

    number = name + strlen(part_prefix[part]);
    return g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT, NULL, NULL);
}

/* (element-type CorralGroup): those whose ceiling is the ceiling of @part.  Sorted by
 * name, so that vcpu0 comes first and speaks for all, as it does with stock. */
static GPtrArray *
list_part(DrvGroup *self, GuestPart part, GError **error)
{
    g_autoptr(GPtrArray) groups = g_ptr_array_new();
    g_auto(GStrv) names = NULL;
    gsize i;

    if (part == GUEST_PART_GLOBAL) {
        g_ptr_array_add(groups, self->whole);
        return g_steal_pointer(&groups);
    }

    names = corral_group_list_children(self->whole, error);
    if (!names)
        return NULL;
    for (i = 0; names[i]; i++) {
        CorralGroup *child;

        if (!is_of_part(names[i], part))
            continue;
        child = get_child(self, names[i], error);
        if (!child)
            return NULL;
        g_ptr_array_add(groups, child);
    }

    return g_steal_pointer(&groups);
}

gboolean
drv_group_get_bandwidth(DrvGroup *self, GuestPart part, GuestBandwidth *bandwidth, GError **error)
{
    g_autoptr(GPtrArray) groups = list_part(self, part, error);

    /* Without iothreads theirs is the whole guest's, as it is with stock. */
    return groups && corral_group_get_cpu_ceiling(
                         groups->len > 0 ? g_ptr_array_index(groups, 0) : self->whole,
                         &bandwidth->quota_us, &bandwidth->period_us, error);
}

CorralGroup *
drv_group_get_thread(DrvGroup *self, GuestPart part, guint number, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s%u", part_prefix[part], number);
    CorralGroup *child = get_child(self, name, NULL);
    GuestBandwidth bandwidth;

    if (child)
        return child;

    /* One more of its kind: it gets what the others have. */
    if (!drv_group_get_bandwidth(self, part, &bandwidth, error))
        return NULL;
    child = make_child(self, name, error);
    if (!child ||
        !corral_group_set_cpu_ceiling(child, bandwidth.quota_us, bandwidth.period_us, error))
        return NULL;

    return child;
}

/* One group's tuning as it was before we changed it. */
typedef struct {
    CorralGroup *group;
    gboolean is_shares;
    guint64 shares;
    GuestBandwidth bandwidth;
} Undo;

static void
undo_clear(gpointer data)
{
    g_clear_object(&((Undo *)data)->group);
}

static void
undo_all(GArray *done)
{
    guint i;

    for (i = done->len; i > 0; i--) {
        const Undo *undo = &g_array_index(done, Undo, i - 1);
        g_autoptr(GError) failure = NULL;

        if (undo->is_shares ? corral_group_set_cpu_shares(undo->group, undo->shares, &failure)
                            : corral_group_set_cpu_ceiling(undo->group, undo->bandwidth.quota_us,
                                                           undo->bandwidth.period_us, &failure))
            continue;
        drv_error_log(g_steal_pointer(&failure), corral_group_get_path(undo->group),
                      "take back a change");
    }
}

static gboolean
tune_shares(CorralGroup *group, guint64 shares, GArray *done, GError **error)
{
    Undo undo = {.is_shares = TRUE};

    if (!corral_group_get_cpu_shares(group, &undo.shares, error) ||
        !corral_group_set_cpu_shares(group, shares, error))
        return FALSE;

    undo.group = g_object_ref(group);
    g_array_append_val(done, undo);
    return TRUE;
}

static gboolean
tune_ceiling(CorralGroup *group, const GuestBandwidth *wanted, GArray *done, GError **error)
{
    Undo undo = {.is_shares = FALSE};
    GuestBandwidth target;

    if (!corral_group_get_cpu_ceiling(group, &undo.bandwidth.quota_us, &undo.bandwidth.period_us,
                                      error))
        return FALSE;

    target = undo.bandwidth;
    if (wanted->period_us)
        target.period_us = wanted->period_us;
    if (wanted->quota_us)
        target.quota_us = wanted->quota_us < 0 ? CORRAL_CPU_UNLIMITED : wanted->quota_us;
    if (!corral_group_set_cpu_ceiling(group, target.quota_us, target.period_us, error))
        return FALSE;

    undo.group = g_object_ref(group);
    g_array_append_val(done, undo);
    return TRUE;
}

static gboolean
tune_part(DrvGroup *self, GuestPart part, const GuestBandwidth *wanted, GArray *done,
          GError **error)
{
    g_autoptr(GPtrArray) groups = NULL;
    guint i;

    if (wanted->period_us == 0 && wanted->quota_us == 0)
        return TRUE;

    groups = list_part(self, part, error);
    if (!groups)
        return FALSE;
    for (i = 0; i < groups->len; i++) {
        if (!tune_ceiling(g_ptr_array_index(groups, i), wanted, done, error))
            return FALSE;
    }

    return TRUE;
}

/* Whether the whole guest may use more than before, so that its parts may follow. */
static gboolean
global_rises(CorralGroup *group, const GuestBandwidth *wanted)
{
    gint64 quota;
    guint64 period;
    gint64 new_quota;
    guint64 new_period;

    if (!corral_group_get_cpu_ceiling(group, &quota, &period, NULL))
        return FALSE;

    new_quota = wanted->quota_us ? wanted->quota_us : quota;
    new_period = wanted->period_us ? wanted->period_us : period;
    if (quota < 0 || new_quota < 0)
        return new_quota < 0;

    return (double)new_quota / (double)new_period >= (double)quota / (double)period;
}

gboolean
drv_group_tune(DrvGroup *self, const GuestCputune *tune, GError **error)
{
    static const GuestPart global_first[] = {GUEST_PART_GLOBAL, GUEST_PART_VCPU,
                                             GUEST_PART_EMULATOR, GUEST_PART_IOTHREAD};
    static const GuestPart global_last[] = {GUEST_PART_VCPU, GUEST_PART_EMULATOR,
                                            GUEST_PART_IOTHREAD, GUEST_PART_GLOBAL};
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(Undo));
    const GuestPart *order = global_first;
    gboolean success = TRUE;
    gsize i;

    g_array_set_clear_func(done, undo_clear);
    if (tune->has_shares)
        success = tune_shares(self->whole, tune->shares, done, error);

    if (guest_cputune_has_bandwidth(tune)) {
        if (!global_rises(self->whole, &tune->bandwidth[GUEST_PART_GLOBAL]))
            order = global_last;
        for (i = 0; success && i < GUEST_N_PARTS; i++)
            success = tune_part(self, order[i], &tune->bandwidth[order[i]], done, error);
    }

    if (!success)
        undo_all(done);
    return success;
}

/* A number nobody gave is shown only once it is not the usual one any more. */
void
drv_group_read_tune(DrvGroup *self, const GuestCputune *said, GuestCputune *now)
{
    guint64 shares;
    guint part;

    *now = *said;
    if (corral_group_get_cpu_shares(self->whole, &shares, NULL) &&
        (said->has_shares || shares != CORRAL_CPU_SHARES_DEFAULT)) {
        now->has_shares = TRUE;
        now->shares = shares;
    }

    for (part = 0; part < GUEST_N_PARTS; part++) {
        const GuestBandwidth *was = &said->bandwidth[part];
        g_autoptr(GPtrArray) groups = list_part(self, part, NULL);
        GuestBandwidth is;

        if (!groups || groups->len == 0 ||
            !corral_group_get_cpu_ceiling(g_ptr_array_index(groups, 0), &is.quota_us, &is.period_us,
                                          NULL))
            continue;
        if (was->period_us || is.period_us != CORRAL_CPU_PERIOD_DEFAULT_US)
            now->bandwidth[part].period_us = is.period_us;
        if (was->quota_us || is.quota_us >= 0)
            now->bandwidth[part].quota_us = is.quota_us;
    }
}
