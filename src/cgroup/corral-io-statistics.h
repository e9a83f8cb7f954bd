/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device.h"
#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralIoStatistics:
 * @device: a block device; for the sum of all, %CORRAL_DEVICE_ANY twice
 * @read_bytes: bytes read
 * @write_bytes: bytes written
 * @reads: read operations
 * @writes: write operations
 * @discard_bytes: bytes discarded
 * @discards: discard operations
 *
 * What a group has done to a device since it was made, that of the groups below
 * it included.  What this kernel does not tell is %CORRAL_UNKNOWN.
 *
 * Since: 0.1
 */
typedef struct {
    CorralDevice device;
    guint64 read_bytes;
    guint64 write_bytes;
    guint64 reads;
    guint64 writes;
    guint64 discard_bytes;
    guint64 discards;
} CorralIoStatistics;

#define CORRAL_TYPE_IO_STATISTICS (corral_io_statistics_get_type())
GType corral_io_statistics_get_type(void);

CorralIoStatistics *corral_io_statistics_copy(const CorralIoStatistics *self);
void corral_io_statistics_free(CorralIoStatistics *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralIoStatistics, corral_io_statistics_free)

gboolean corral_group_get_io_statistics(CorralGroup *self, const CorralDevice *device,
                                        CorralIoStatistics *statistics, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *corral_group_list_io_statistics(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
