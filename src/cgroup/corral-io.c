/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block I/O: how much of it under contention. */
#include <config.h>

#include "cg-codec-io.h"
#include "cg-group.h"
#include "cg-io.h"
#include "corral-error.h"
#include "corral-io.h"

G_DEFINE_BOXED_TYPE(CorralIoWeight, corral_io_weight, corral_io_weight_copy, corral_io_weight_free)

/**
 * corral_io_weight_copy:
 * @self: a weight
 *
 * Returns: (transfer full): others that are the same; free with corral_io_weight_free()
 * Since: 0.1
 */
CorralIoWeight *
corral_io_weight_copy(const CorralIoWeight *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_io_weight_free:
 * @self: (transfer full): a weight
 *
 * Gives back what corral_io_weight_copy() and its kin have made.
 *
 * Since: 0.1
 */
void
corral_io_weight_free(CorralIoWeight *self)
{
    g_free(self);
}

/**
 * corral_group_set_io_weight:
 * @self: a group
 * @weight: 1 to 10000, 100 being the usual
 * @error: where to put what went wrong
 *
 * Gives @self block I/O in proportion to its siblings' weights, when they
 * compete, on devices where something weighs
 * (corral_group_get_io_enforcement()).  The weight goes to every mechanism that this
 * kernel has.  Some have a narrower scale: bfq stops at 1000, cfq has 10 to 1000
 * around 500.  Beyond that there is no difference, and what reads back is what is
 * in force (corral_group_get_io_weight_range()).  If one mechanism refuses, all are as they were.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_UNSUPPORTED: this
 * kernel has no such mechanism; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_io_weight(CorralGroup *self, guint weight, GError **error)
{
    const CgPlace *place;

    if (weight < CORRAL_IO_WEIGHT_MIN || weight > CORRAL_IO_WEIGHT_MAX)
        return cg_group_refuse_range(error, "I/O weight", weight, CORRAL_IO_WEIGHT_MIN,
                                     CORRAL_IO_WEIGHT_MAX);

    return cg_io_find(self, &place, error) && cg_io_set_weight(place, weight, error);
}

/**
 * corral_group_get_io_weight:
 * @self: a group
 * @weight: (out): its weight
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel has no mechanism that weighs.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_io_weight(CorralGroup *self, guint *weight, GError **error)
{
    const CgPlace *place;

    return cg_io_find(self, &place, error) && cg_io_get_weight(place, weight, error);
}

/**
 * corral_group_get_io_weight_range:
 * @self: a group
 * @least: (out): the least weight that reads back as it was set
 * @most: (out): the largest
 * @error: where to put what went wrong
 *
 * What this kernel can tell apart, within %CORRAL_IO_WEIGHT_MIN to
 * %CORRAL_IO_WEIGHT_MAX.  Weights beyond it are taken, and become the nearest.
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel has no mechanism that weighs.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_io_weight_range(CorralGroup *self, guint *least, guint *most, GError **error)
{
    const CgPlace *place;

    return cg_io_find(self, &place, error) && cg_io_get_weight_range(place, least, most, error);
}

/**
 * corral_group_set_io_device_weight:
 * @self: a group
 * @device: one block device, a whole disk
 * @weight: 1 to 10000; %CORRAL_IO_WEIGHT_INHERIT: the group's weight is to count
 * @error: where to put what went wrong
 *
 * The same as corral_group_set_io_weight() for one device.  The kernel forgets it when
 * the device gets another scheduler.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_NAME: @device is not one
 * block device; %CORRAL_ERROR_NOT_FOUND: there is no such device;
 * %CORRAL_ERROR_REFUSED: it is a partition; %CORRAL_ERROR_UNSUPPORTED: nothing
 * weighs on this device; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_io_device_weight(CorralGroup *self, const CorralDevice *device, guint weight,
                                  GError **error)
{
    const CgPlace *place;
    GError *failure = NULL;

    if (weight > CORRAL_IO_WEIGHT_MAX)
        return cg_group_refuse_range(error, "I/O weight", weight, CORRAL_IO_WEIGHT_MIN,
                                     CORRAL_IO_WEIGHT_MAX);
    if (!cg_io_check_device(device, error) || !cg_io_find(self, &place, error))
        return FALSE;

    return cg_io_set_device_weight(place, device, weight, &failure) ||
           cg_io_explain(self, place, device, failure, error);
}

static GArray *
list_weights(CorralGroup *self, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));
    const CgPlace *place;

    if (!cg_io_find(self, &place, error) || !cg_io_list_device_weights(place, list, error))
        return NULL;

    return g_steal_pointer(&list);
}

/**
 * corral_group_get_io_device_weight:
 * @self: a group
 * @device: one block device
 * @weight: (out): its own weight, or %CORRAL_IO_WEIGHT_INHERIT
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_NAME: @device is not one block device; %CORRAL_ERROR_UNSUPPORTED:
 * this kernel has no mechanism that weighs.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_io_device_weight(CorralGroup *self, const CorralDevice *device, guint *weight,
                                  GError **error)
{
    g_autoptr(GArray) list = NULL;
    const CorralIoWeight *found;

    if (!cg_io_check_device(device, error))
        return FALSE;
    list = list_weights(self, error);
    if (!list)
        return FALSE;

    found = cg_codec_find_device(list, device);
    *weight = found ? found->weight : CORRAL_IO_WEIGHT_INHERIT;
    return TRUE;
}

/**
 * corral_group_list_io_device_weights:
 * @self: a group
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel has no mechanism that weighs.
 *
 * Returns: (transfer container) (element-type CorralIoWeight): the devices on which it
 *   has a weight of its own; %NULL on failure
 * Since: 0.1
 */
GPtrArray *
corral_group_list_io_device_weights(CorralGroup *self, GError **error)
{
    g_autoptr(GArray) list = list_weights(self, error);

    return list ? cg_io_box(list, (GDestroyNotify)corral_io_weight_free) : NULL;
}
