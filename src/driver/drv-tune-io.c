/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights and limits of block I/O.
 *
 * The kernel knows a device by its number, users by a path: drv-io-names.  The
 * name is written before the values: a device that has any has its name.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "drv-error.h"
#include "drv-io-names.h"
#include "drv-tune-io.h"

/* One device of a list. */
typedef struct {
    CorralDevice number;
    guint place;
    GuestBlkioDevice *device;
} Entry;

static gboolean
find_number(const char *path, CorralDevice *number, GError **error)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED, "Path '%s' is not accessible: %s",
                    path, g_strerror(errno));
        return FALSE;
    }
    if (!S_ISBLK(st.st_mode)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                    "Path '%s' must be a block device: %s", path, g_strerror(EINVAL));
        return FALSE;
    }

    number->type = CORRAL_DEVICE_TYPE_BLOCK;
    number->major = major(st.st_rdev);
    number->minor = minor(st.st_rdev);
    return TRUE;
}

/* ---- reading ---- */

static void
clear_entry(gpointer data)
{
    g_clear_pointer(&((Entry *)data)->device, guest_blkio_device_free);
}

static GuestBlkioDevice *
get_device(CorralGroup *group, GArray *entries, const CorralDevice *number)
{
    Entry entry = {.number = *number};
    g_autofree char *path = NULL;
    guint i;

    for (i = 0; i < entries->len; i++) {
        const Entry *known = &g_array_index(entries, Entry, i);

        if (known->number.major == number->major && known->number.minor == number->minor)
            return known->device;
    }

    path = drv_io_names_read(group, number, &entry.place);
    entry.device = guest_blkio_device_new(path);
    g_array_append_val(entries, entry);
    return entry.device;
}

static guint64
from_limit(guint64 limit)
{
    return limit == CORRAL_IO_UNLIMITED ? 0 : limit;
}

static guint
from_count(guint64 limit)
{
    return MIN(from_limit(limit), G_MAXUINT);
}

static gboolean
read_limits(CorralGroup *group, GArray *entries, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) list = corral_group_list_io_limits(group, &failure);
    guint i;

    if (!list && !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    for (i = 0; list && i < list->len; i++) {
        const CorralIoLimits *limits = g_ptr_array_index(list, i);
        GuestBlkioDevice *device = get_device(group, entries, &limits->device);

        device->read_bps = from_limit(limits->read_bps);
        device->write_bps = from_limit(limits->write_bps);
        device->read_iops = from_count(limits->read_iops);
        device->write_iops = from_count(limits->write_iops);
    }

    return TRUE;
}

static gboolean
read_weights(CorralGroup *group, guint *weight, GArray *entries, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) list = NULL;
    guint i;

    *weight = 0;
    if (corral_group_get_io_weight(group, weight, &failure))
        list = corral_group_list_io_device_weights(group, &failure);
    if (!list && !g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    for (i = 0; list && i < list->len; i++) {
        const CorralIoWeight *own = g_ptr_array_index(list, i);

        get_device(group, entries, &own->device)->weight = own->weight;
    }

    return TRUE;
}

static int
compare_places(gconstpointer a, gconstpointer b)
{
    const Entry *one = a;
    const Entry *other = b;

    return (one->place > other->place) - (one->place < other->place);
}

static gboolean
read_entries(CorralGroup *group, GArray *entries, guint *weight, GError **error)
{
    return read_limits(group, entries, error) && read_weights(group, weight, entries, error);
}

gboolean
drv_tune_io_read(CorralGroup *group, GuestBlkiotune *now, GError **error)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    guint weight;
    guint i;

    g_array_set_clear_func(entries, clear_entry);
    if (!read_entries(group, entries, &weight, error))
        return FALSE;

    g_array_sort(entries, compare_places);
    now->weight = weight;
    g_ptr_array_set_size(now->devices, 0);
    for (i = 0; i < entries->len; i++)
        g_ptr_array_add(now->devices, g_steal_pointer(&g_array_index(entries, Entry, i).device));
    return TRUE;
}

/* ---- what is to change ---- */

typedef struct {
    CorralDevice number;
    const GuestBlkioDevice *from;
    const GuestBlkioDevice *to;
} Change;

static const GuestBlkioDevice *
find_path(const GuestBlkiotune *tune, const char *path)
{
    static const GuestBlkioDevice nothing;
    guint i;

    for (i = 0; i < tune->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(tune->devices, i);

        if (g_str_equal(device->path, path))
            return device;
    }
    return &nothing;
}

static gboolean
limits_differ(const Change *change)
{
    return change->from->read_bps != change->to->read_bps ||
           change->from->write_bps != change->to->write_bps ||
           change->from->read_iops != change->to->read_iops ||
           change->from->write_iops != change->to->write_iops;
}

/* (element-type Change); a device that is new to the list is looked at in any case. */
static GArray *
list_changes(const GuestBlkiotune *before, const GuestBlkiotune *wanted, GError **error)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(Change));
    guint i;

    for (i = 0; i < wanted->devices->len; i++) {
        const GuestBlkioDevice *to = g_ptr_array_index(wanted->devices, i);
        Change change = {.from = find_path(before, to->path), .to = to};

        if (change.from->path && change.from->weight == to->weight && !limits_differ(&change))
            continue;
        if (!find_number(to->path, &change.number, error))
            return NULL;
        g_array_append_val(changes, change);
    }

    return g_steal_pointer(&changes);
}

gboolean
drv_tune_io_check_paths(const GuestBlkiotune *before, const GuestBlkiotune *wanted, GError **error)
{
    g_autoptr(GArray) changes = list_changes(before, wanted, error);

    return changes != NULL;
}

static guint64
to_limit(guint64 value)
{
    return value == 0 ? CORRAL_IO_UNLIMITED : value;
}

/* Two paths may lead to one device: then both changes are made to it. */
static CorralIoLimits *
get_limits(CorralGroup *group, GArray *all, const CorralDevice *number, GError **error)
{
    CorralIoLimits limits;
    guint i;

    for (i = 0; i < all->len; i++) {
        CorralIoLimits *known = &g_array_index(all, CorralIoLimits, i);

        if (known->device.major == number->major && known->device.minor == number->minor)
            return known;
    }
    if (!corral_group_get_io_limits(group, number, &limits, error))
        return NULL;
    g_array_append_val(all, limits);
    return &g_array_index(all, CorralIoLimits, all->len - 1);
}

static gboolean
add_limits(CorralGroup *group, GArray *changes, CorralTransaction *transaction, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
    guint i;

    for (i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        CorralIoLimits *limits;

        if (!limits_differ(change))
            continue;
        limits = get_limits(group, all, &change->number, error);
        if (!limits)
            return FALSE;
        if (change->from->read_bps != change->to->read_bps)
            limits->read_bps = to_limit(change->to->read_bps);
        if (change->from->write_bps != change->to->write_bps)
            limits->write_bps = to_limit(change->to->write_bps);
        if (change->from->read_iops != change->to->read_iops)
            limits->read_iops = to_limit(change->to->read_iops);
        if (change->from->write_iops != change->to->write_iops)
            limits->write_iops = to_limit(change->to->write_iops);
    }

    for (i = 0; i < all->len; i++)
        corral_transaction_set_io_limits(transaction, group,
                                         &g_array_index(all, CorralIoLimits, i));
    return TRUE;
}

/* ---- writing ---- */

/* Stock's words for a kernel in which nothing weighs.  Takes @failure; always FALSE. */
static gboolean
refuse_weight(GError *failure, const char *who, GError **error)
{
    g_autoptr(GError) owned = failure;

    if (g_error_matches(owned, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER,
                    "blkio device weight is valid only for %scfq scheduler", who);
    else
        g_propagate_error(error, g_steal_pointer(&owned));
    return FALSE;
}

/* A weight that would read back as another one; stock libvirt leaves that to the kernel. */
static gboolean
check_weights(CorralGroup *group, guint before, guint wanted, const GArray *changes, GError **error)
{
    guint least, most;
    guint i;

    /* Nothing weighs, or not here: whoever writes says so. */
    if (!corral_group_get_io_weight_range(group, &least, &most, NULL))
        return TRUE;

    if (wanted == before)
        wanted = 0;
    for (i = 0; i < changes->len && (wanted == 0 || (wanted >= least && wanted <= most)); i++) {
        const Change *change = &g_array_index(changes, Change, i);

        wanted = change->to->weight != change->from->weight ? change->to->weight : 0;
    }
    if (wanted == 0 || (wanted >= least && wanted <= most))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "I/O weight %u is out of range [%u, %u] on this host", wanted, least, most);
    return FALSE;
}

static void
restore_device_weights(CorralGroup *group, GArray *changes, guint n)
{
    while (n-- > 0) {
        const Change *change = &g_array_index(changes, Change, n);
        g_autoptr(GError) error = NULL;

        if (change->from->weight != change->to->weight &&
            !corral_group_set_io_device_weight(group, &change->number, change->from->weight,
                                               &error))
            drv_error_log(g_steal_pointer(&error), corral_group_get_path(group),
                          "take back a change");
    }
}

static gboolean
write_device_weights(CorralGroup *group, GArray *changes, GError **error)
{
    guint i;

    for (i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        GError *failure = NULL;

        if (change->from->weight == change->to->weight ||
            corral_group_set_io_device_weight(group, &change->number, change->to->weight, &failure))
            continue;
        restore_device_weights(group, changes, i);
        return refuse_weight(failure, "", error);
    }

    return TRUE;
}

/* Behind all that are in the list. */
static guint
find_next_place(CorralGroup *group)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    guint place = 0;
    guint i;

    g_array_set_clear_func(entries, clear_entry);
    if (!read_entries(group, entries, &i, NULL))
        return 0;
    for (i = 0; i < entries->len; i++) {
        guint taken = g_array_index(entries, Entry, i).place;

        if (taken < DRV_IO_NO_PLACE && taken >= place)
            place = taken + 1;
    }
    return place;
}

static void
write_paths(CorralGroup *group, GArray *changes)
{
    guint next = find_next_place(group);
    guint i;

    for (i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);

        if (!guest_blkio_device_is_empty(change->to))
            drv_io_names_write(group, &change->number, next + i, change->to->path);
    }
}

gboolean
drv_tune_io_write(CorralGroup *group, const GuestBlkiotune *before, const GuestBlkiotune *wanted,
                  GError **error)
{
    g_autoptr(CorralTransaction) transaction = corral_transaction_new();
    g_autoptr(GArray) changes = list_changes(before, wanted, error);
    GError *failure = NULL;
    guint unused;

    if (!changes || !check_weights(group, before->weight, wanted->weight, changes, error) ||
        !add_limits(group, changes, transaction, error))
        return FALSE;
    if (wanted->weight != before->weight) {
        if (!corral_group_get_io_weight(group, &unused, &failure))
            return refuse_weight(failure, "bfq or ", error);
        corral_transaction_set(transaction, group, CORRAL_SETTING_IO_WEIGHT, wanted->weight);
    }
    if (!corral_transaction_check(transaction, error))
        return FALSE;

    write_paths(group, changes);
    if (!write_device_weights(group, changes, error))
        return FALSE;
    if (!corral_transaction_commit(transaction, error)) {
        restore_device_weights(group, changes, changes->len);
        return FALSE;
    }
    return TRUE;
}

gboolean
drv_tune_io_apply(CorralGroup *group, const GuestBlkiotune *said, GError **error)
{
    g_auto(GuestBlkiotune) nothing = {0, NULL};
    gboolean any = said->weight != 0;
    guint i;

    for (i = 0; i < said->devices->len; i++)
        any = any || !guest_blkio_device_is_empty(g_ptr_array_index(said->devices, i));
    if (!any)
        return TRUE;

    if (!(corral_group_get_controllers(group) & CORRAL_CONTROLLERS_IO)) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_HOST,
                            "Block I/O tuning is not available on this host");
        return FALSE;
    }
    guest_blkiotune_init(&nothing);
    return drv_tune_io_write(group, &nothing, said, error);
}

/* A device of @before of which @wanted says nothing loses what it has, if it is still there. */
static void
add_lifted(GuestBlkiotune *wanted, const GuestBlkiotune *before)
{
    guint i;

    for (i = 0; i < before->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(before->devices, i);

        if (!find_path(wanted, device->path)->path && g_file_test(device->path, G_FILE_TEST_EXISTS))
            g_ptr_array_add(wanted->devices, guest_blkio_device_new(device->path));
    }
}

gboolean
drv_tune_io_apply_anew(CorralGroup *group, const GuestBlkiotune *said, GError **error)
{
    g_auto(GuestBlkiotune) before = {0, NULL};
    g_auto(GuestBlkiotune) wanted = {0, NULL};

    if (!(corral_group_get_controllers(group) & CORRAL_CONTROLLERS_IO))
        return drv_tune_io_apply(group, said, error);

    guest_blkiotune_init(&before);
    guest_blkiotune_init(&wanted);
    if (!drv_tune_io_read(group, &before, error))
        return FALSE;

    /* Lifted first: the same device may have another path in @said. */
    wanted.weight = before.weight ? CORRAL_IO_WEIGHT_DEFAULT : 0;
    add_lifted(&wanted, &before);
    if (!drv_tune_io_write(group, &before, &wanted, error))
        return FALSE;

    before.weight = wanted.weight;
    g_ptr_array_set_size(before.devices, 0);
    guest_blkiotune_clear(&wanted);
    guest_blkiotune_copy(said, &wanted);
    wanted.weight = said->weight ? said->weight : before.weight;
    return drv_tune_io_write(group, &before, &wanted, error);
}

void
drv_tune_io_show(CorralGroup *group, const GuestBlkiotune *said, GuestBlkiotune *now)
{
    if (!drv_tune_io_read(group, now, NULL)) {
        guest_blkiotune_clear(now);
        guest_blkiotune_copy(said, now);
        return;
    }

    /* A weight nobody gave is shown only once it is not the usual one any more. */
    if (!said->weight && now->weight == CORRAL_IO_WEIGHT_DEFAULT)
        now->weight = 0;
}
