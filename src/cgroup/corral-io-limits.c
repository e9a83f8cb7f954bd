/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block I/O: how much of it at the most. */
#include <config.h>

#include "cg-codec-io.h"
#include "cg-group.h"
#include "cg-io.h"
#include "corral-error.h"
#include "corral-io-limits.h"

G_DEFINE_BOXED_TYPE(CorralIoLimits, corral_io_limits, corral_io_limits_copy, corral_io_limits_free)

/**
 * corral_io_limits_new:
 * @device: a block device
 *
 * Returns: (transfer full): limits for @device, each of them unlimited; free with
 *   corral_io_limits_free()
 * Since: 0.1
 */
CorralIoLimits *
corral_io_limits_new(const CorralDevice *device)
{
    CorralIoLimits *self = g_new(CorralIoLimits, 1);

    *self = (CorralIoLimits){*device, CORRAL_IO_UNLIMITED, CORRAL_IO_UNLIMITED, CORRAL_IO_UNLIMITED,
                             CORRAL_IO_UNLIMITED};
    return self;
}

/**
 * corral_io_limits_copy:
 * @self: limits
 *
 * Returns: (transfer full): others that are the same; free with corral_io_limits_free()
 * Since: 0.1
 */
CorralIoLimits *
corral_io_limits_copy(const CorralIoLimits *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_io_limits_free:
 * @self: (transfer full): limits
 *
 * Gives back what corral_io_limits_copy() and its kin have made.
 *
 * Since: 0.1
 */
void
corral_io_limits_free(CorralIoLimits *self)
{
    g_free(self);
}

static gboolean
check_limit(const char *what, guint64 value, guint64 max, GError **error)
{
    if (value == CORRAL_IO_UNLIMITED || (value >= CORRAL_IO_LIMIT_MIN && value <= max))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "%s a second: %" G_GUINT64_FORMAT " is out of range [%u, %" G_GUINT64_FORMAT "]",
                what, value, CORRAL_IO_LIMIT_MIN, max);
    return FALSE;
}

/**
 * corral_group_set_io_limits:
 * @self: a group
 * @limits: a device, a whole disk, and all its limits
 * @error: where to put what went wrong
 *
 * Limits what @self may read from and write to a device; with all of them
 * %CORRAL_IO_UNLIMITED nothing is left of earlier ones.  On the legacy interface,
 * where each is a file, those already written are changed back if one is refused.
 *
 * What is written through the page cache is held up on the unified interface
 * only, and there only where file system and memory controller take part.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_NAME: the device is not
 * one block device; %CORRAL_ERROR_NOT_FOUND: there is no such device;
 * %CORRAL_ERROR_REFUSED: it is a partition, the message names the disk;
 * %CORRAL_ERROR_UNSUPPORTED: this kernel does not limit;
 * %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted all
 * Since: 0.1
 */
gboolean
corral_group_set_io_limits(CorralGroup *self, const CorralIoLimits *limits, GError **error)
{
    const CgPlace *place;
    GError *failure = NULL;
    const CgIo *io;

    if (!check_limit("bytes read", limits->read_bps, CORRAL_IO_BPS_MAX, error) ||
        !check_limit("bytes written", limits->write_bps, CORRAL_IO_BPS_MAX, error) ||
        !check_limit("reads", limits->read_iops, CORRAL_IO_IOPS_MAX, error) ||
        !check_limit("writes", limits->write_iops, CORRAL_IO_IOPS_MAX, error) ||
        !cg_io_check_device(&limits->device, error))
        return FALSE;

    io = cg_io_find(self, &place, error);
    return io && (io->set_limits(place, limits, &failure) ||
                  cg_io_explain(self, place, &limits->device, failure, error));
}

static GArray *
list_limits(CorralGroup *self, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
    const CgPlace *place;
    const CgIo *io = cg_io_find(self, &place, error);

    return io && io->list_limits(place, list, error) ? g_steal_pointer(&list) : NULL;
}

/**
 * corral_group_get_io_limits:
 * @self: a group
 * @device: one block device
 * @limits: (out caller-allocates): its limits
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_NAME: @device is not one block device.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_io_limits(CorralGroup *self, const CorralDevice *device, CorralIoLimits *limits,
                           GError **error)
{
    g_autoptr(CorralIoLimits) none = NULL;
    g_autoptr(GArray) list = NULL;
    const CorralIoLimits *found;

    if (!cg_io_check_device(device, error))
        return FALSE;
    list = list_limits(self, error);
    if (!list)
        return FALSE;

    none = corral_io_limits_new(device);
    found = cg_codec_find_device(list, device);
    *limits = found ? *found : *none;
    return TRUE;
}

/**
 * corral_group_list_io_limits:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Returns: (transfer container) (element-type CorralIoLimits): the limits on each device
 *   that has any; %NULL on failure
 * Since: 0.1
 */
GPtrArray *
corral_group_list_io_limits(CorralGroup *self, GError **error)
{
    g_autoptr(GArray) list = list_limits(self, error);

    return list ? cg_io_box(list, (GDestroyNotify)corral_io_limits_free) : NULL;
}
