/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights and limits of block I/O.  Devices have numbers in groups and paths in policies. */
#include <config.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "policy-difference.h"
#include "policy-io.h"

gboolean
policy_io_find_device(const char *path, CorralDevice *device)
{
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
        return FALSE;
    device->type = CORRAL_DEVICE_TYPE_BLOCK;
    device->major = major(st.st_rdev);
    device->minor = minor(st.st_rdev);
    return TRUE;
}

static gboolean
is_same(const CorralDevice *one, const CorralDevice *other)
{
    return one->major == other->major && one->minor == other->minor;
}

/* NULL if nothing is said of it. */
static const GuestBlkioDevice *
find_said(const GuestBlkiotune *said, const CorralDevice *number)
{
    guint i;

    for (i = 0; i < said->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(said->devices, i);
        CorralDevice its;

        if (policy_io_find_device(device->path, &its) && is_same(&its, number))
            return device;
    }
    return NULL;
}

static void
note(GPtrArray *found, const char *name, const char *what, const char *path, guint64 from,
     guint64 to)
{
    g_autofree char *full = path ? g_strdup_printf("%s of %s", what, path) : g_strdup(what);
    g_autofree char *old = from ? g_strdup_printf("%" G_GUINT64_FORMAT, from) : g_strdup("none");
    g_autofree char *new = to ? g_strdup_printf("%" G_GUINT64_FORMAT, to) : g_strdup("none");

    if (from != to)
        g_ptr_array_add(found, policy_difference_new(name, full, old, new));
}

static guint64
from_limit(guint64 limit)
{
    return limit == CORRAL_IO_UNLIMITED ? 0 : limit;
}

static void
note_limits(GPtrArray *found, const char *name, const char *path, const CorralIoLimits *now,
            const GuestBlkioDevice *said)
{
    note(found, name, "read_bytes_sec", path, from_limit(now->read_bps), said->read_bps);
    note(found, name, "write_bytes_sec", path, from_limit(now->write_bps), said->write_bps);
    note(found, name, "read_iops_sec", path, from_limit(now->read_iops), said->read_iops);
    note(found, name, "write_iops_sec", path, from_limit(now->write_iops), said->write_iops);
}

static void
compare_described(CorralGroup *group, const char *name, const GuestBlkiotune *said,
                  GPtrArray *found)
{
    guint i;

    for (i = 0; i < said->devices->len; i++) {
        const GuestBlkioDevice *device = g_ptr_array_index(said->devices, i);
        CorralDevice number;
        CorralIoLimits now;
        guint weight;

        if (!policy_io_find_device(device->path, &number))
            continue;
        if (corral_group_get_io_limits(group, &number, &now, NULL))
            note_limits(found, name, device->path, &now, device);
        if (corral_group_get_io_device_weight(group, &number, &weight, NULL))
            note(found, name, "io weight", device->path,
                 weight == CORRAL_IO_WEIGHT_INHERIT ? 0 : weight, device->weight);
    }
}

static char *
name_device(const CorralDevice *device)
{
    return g_strdup_printf("/dev/block/%u:%u", device->major, device->minor);
}

/* What nothing is said of has had its time. */
static void
compare_others(CorralGroup *group, const char *name, const GuestBlkiotune *said, GPtrArray *found)
{
    static const GuestBlkioDevice nothing;
    g_autoptr(GPtrArray) limits = corral_group_list_io_limits(group, NULL);
    g_autoptr(GPtrArray) weights = corral_group_list_io_device_weights(group, NULL);
    guint i;

    for (i = 0; limits && i < limits->len; i++) {
        const CorralIoLimits *now = g_ptr_array_index(limits, i);
        g_autofree char *path = name_device(&now->device);

        if (!find_said(said, &now->device))
            note_limits(found, name, path, now, &nothing);
    }
    for (i = 0; weights && i < weights->len; i++) {
        const CorralIoWeight *now = g_ptr_array_index(weights, i);
        g_autofree char *path = name_device(&now->device);

        if (!find_said(said, &now->device))
            note(found, name, "io weight", path, now->weight, 0);
    }
}

void
policy_io_compare(CorralGroup *group, const char *name, const GuestBlkiotune *said,
                  GPtrArray *found)
{
    guint weight;

    if (!(corral_group_get_controllers(group) & CORRAL_CONTROLLERS_IO))
        return;
    if (corral_group_get_io_weight(group, &weight, NULL))
        note(found, name, "io weight", NULL, weight,
             said->weight ? said->weight : CORRAL_IO_WEIGHT_DEFAULT);
    compare_described(group, name, said, found);
    compare_others(group, name, said, found);
}
