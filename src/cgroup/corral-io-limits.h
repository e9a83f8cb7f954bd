/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device.h"
#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CORRAL_IO_UNLIMITED:
 *
 * The limit that is none.
 *
 * Since: 0.1
 */
#define CORRAL_IO_UNLIMITED G_GUINT64_CONSTANT(18446744073709551615)

/**
 * CORRAL_IO_LIMIT_MIN:
 *
 * The least limit of either kind: the kernel's unified interface takes neither 0 nor 1
 * (tg_set_limit() in block/blk-throttle.c), so I/O cannot be forbidden.
 *
 * Since: 0.1
 */
#define CORRAL_IO_LIMIT_MIN 2

/**
 * CORRAL_IO_BPS_MAX:
 *
 * The largest limit in bytes a second.
 *
 * Since: 0.1
 */
#define CORRAL_IO_BPS_MAX G_GUINT64_CONSTANT(9223372036854775807)

/**
 * CORRAL_IO_IOPS_MAX:
 *
 * The largest limit in operations a second.  The kernel counts them in 32 bits,
 * and all ones are no limit.
 *
 * Since: 0.1
 */
#define CORRAL_IO_IOPS_MAX G_GUINT64_CONSTANT(4294967294)

/**
 * CorralIoLimits:
 * @device: a block device; a whole disk, not a partition
 * @read_bps: bytes a second, at most %CORRAL_IO_BPS_MAX, or %CORRAL_IO_UNLIMITED
 * @write_bps: the same
 * @read_iops: operations a second, at most %CORRAL_IO_IOPS_MAX, or %CORRAL_IO_UNLIMITED
 * @write_iops: the same
 *
 * The most that a group may read from and write to a device; at least
 * %CORRAL_IO_LIMIT_MIN each.
 *
 * Since: 0.1
 */
typedef struct {
    CorralDevice device;
    guint64 read_bps;
    guint64 write_bps;
    guint64 read_iops;
    guint64 write_iops;
} CorralIoLimits;

#define CORRAL_TYPE_IO_LIMITS (corral_io_limits_get_type())
GType corral_io_limits_get_type(void);

CorralIoLimits *corral_io_limits_new(const CorralDevice *device);
CorralIoLimits *corral_io_limits_copy(const CorralIoLimits *self);
void corral_io_limits_free(CorralIoLimits *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralIoLimits, corral_io_limits_free)

gboolean corral_group_set_io_limits(CorralGroup *self, const CorralIoLimits *limits, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get_io_limits(CorralGroup *self, const CorralDevice *device,
                                    CorralIoLimits *limits, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *corral_group_list_io_limits(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
