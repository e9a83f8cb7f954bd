/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block I/O: what its facades share. */
#include <config.h>

#include "cg-block.h"
#include "cg-group.h"
#include "cg-host.h"
#include "cg-io.h"
#include "corral-error.h"

const CgIo *
cg_io_find(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_IO, error);
    return *place ? (*place)->hierarchy->backend->io : NULL;
}

gboolean
cg_io_check_device(const CorralDevice *device, GError **error)
{
    if (device->type == CORRAL_DEVICE_TYPE_BLOCK && device->major != CORRAL_DEVICE_ANY &&
        device->minor != CORRAL_DEVICE_ANY)
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "block I/O is about one block device");
    return FALSE;
}

static gboolean
is_there(const CgPlace *place)
{
    g_autofree char *members =
        cg_place_read(place, place->hierarchy->backend->processes_file, NULL);

    return members != NULL;
}

gboolean
cg_io_explain(CorralGroup *self, const CgPlace *place, const CorralDevice *device, GError *failure,
              GError **error)
{
    const char *root = cg_host_get_root(corral_group_get_host(self));
    CorralDevice disk;

    if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_GONE) || !is_there(place)) {
        g_propagate_error(error, failure);
        return FALSE;
    }

    g_error_free(failure);
    if (!cg_block_find_disk(root, device, &disk, error))
        return FALSE;
    if (disk.major != device->major || disk.minor != device->minor)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                    "block device %u:%u is a partition, and the kernel controls only the whole of "
                    "%u:%u",
                    device->major, device->minor, disk.major, disk.minor);
    else
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED,
                    "the kernel does not control block device %u:%u", device->major, device->minor);
    return FALSE;
}

GPtrArray *
cg_io_box(GArray *list, GDestroyNotify free_element)
{
    GPtrArray *boxed = g_ptr_array_new_with_free_func(free_element);
    const guint size = g_array_get_element_size(list);
    guint i;

    for (i = 0; i < list->len; i++)
        g_ptr_array_add(boxed, g_memdup2(list->data + (gsize)i * size, size));

    return boxed;
}
