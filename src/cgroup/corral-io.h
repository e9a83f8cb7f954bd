/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device.h"
#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CORRAL_IO_WEIGHT_MIN:
 *
 * The least weight.  Weights of block I/O are proportional: half the weight is
 * half the I/O when siblings compete.  The scale is that of the kernel's unified
 * interface (CGROUP_WEIGHT_MIN, _MAX and _DFL in include/linux/cgroup.h).
 *
 * Since: 0.1
 */
#define CORRAL_IO_WEIGHT_MIN 1

/**
 * CORRAL_IO_WEIGHT_MAX:
 *
 * The largest weight of block I/O.
 *
 * Since: 0.1
 */
#define CORRAL_IO_WEIGHT_MAX 10000

/**
 * CORRAL_IO_WEIGHT_DEFAULT:
 *
 * The weight of block I/O that a group begins with.
 *
 * Since: 0.1
 */
#define CORRAL_IO_WEIGHT_DEFAULT 100

/**
 * CORRAL_IO_WEIGHT_INHERIT:
 *
 * In place of a device's weight: it has none of its own, the group's counts.
 *
 * Since: 0.1
 */
#define CORRAL_IO_WEIGHT_INHERIT 0

/**
 * CorralIoWeight:
 * @device: a block device
 * @weight: %CORRAL_IO_WEIGHT_MIN to %CORRAL_IO_WEIGHT_MAX
 *
 * A group's weight on one device, other than its weight on all.
 *
 * Since: 0.1
 */
typedef struct {
    CorralDevice device;
    guint weight;
} CorralIoWeight;

#define CORRAL_TYPE_IO_WEIGHT (corral_io_weight_get_type())
GType corral_io_weight_get_type(void);

CorralIoWeight *corral_io_weight_copy(const CorralIoWeight *self);
void corral_io_weight_free(CorralIoWeight *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralIoWeight, corral_io_weight_free)

gboolean corral_group_set_io_weight(CorralGroup *self, guint weight, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_io_weight(CorralGroup *self, guint *weight, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_io_weight_range(CorralGroup *self, guint *least, guint *most,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_io_device_weight(CorralGroup *self, const CorralDevice *device,
                                           guint weight, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_io_device_weight(CorralGroup *self, const CorralDevice *device,
                                           guint *weight, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *corral_group_list_io_device_weights(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
