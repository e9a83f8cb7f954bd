/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device.h"
#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralIoMechanism:
 * @CORRAL_IO_MECHANISM_NONE: nothing
 * @CORRAL_IO_MECHANISM_THROTTLE: limits: the kernel's throttling, on every whole disk
 * @CORRAL_IO_MECHANISM_BFQ: weights: the device's I/O scheduler is "bfq"
 * @CORRAL_IO_MECHANISM_IOCOST: weights: the cost model, which the administrator switches on
 *   for each device in `io.cost.qos` at the root (unified interface)
 * @CORRAL_IO_MECHANISM_CFQ: weights: the device's I/O scheduler is "cfq" (legacy interface,
 *   before Linux 5.0)
 *
 * What makes a group's settings come true on a device.  A weight is accepted
 * everywhere and means something only where one of the last three is at
 * work: not on a device without a scheduler ("none", as is usual for NVMe), and not on those
 * that hand I/O on to others (device mapper, loop): there the disks below decide.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_IO_MECHANISM_NONE = 0,
    CORRAL_IO_MECHANISM_THROTTLE = 1 << 0,
    CORRAL_IO_MECHANISM_BFQ = 1 << 1,
    CORRAL_IO_MECHANISM_IOCOST = 1 << 2,
    CORRAL_IO_MECHANISM_CFQ = 1 << 3,
} CorralIoMechanism;

#define CORRAL_TYPE_IO_MECHANISM (corral_io_mechanism_get_type())
GType corral_io_mechanism_get_type(void);

gboolean corral_group_get_io_enforcement(CorralGroup *self, const CorralDevice *device,
                                         CorralIoMechanism *mechanisms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
