/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-io-limits.h"
#include "corral-io-mechanism.h"
#include "corral-io-statistics.h"
#include "corral-io.h"

/*
 * A pair of files with weights of one mechanism; a kernel may have several
 * mechanisms, or none.  Where its scale is not the library's, both conversions.
 */
typedef struct {
    const char *file;        /* the group's weight */
    const char *device_file; /* those of devices */
    guint (*to_kernel)(guint weight);
    guint (*from_kernel)(guint weight);
} CgIoWeightFile;

#define CG_IO_N_WEIGHT_FILES 2

/* Block I/O: the facades are corral-io and corral-io-*, which have checked every value. */
struct _CgIo {
    /* The one that is read from comes first. */
    CgIoWeightFile weight_files[CG_IO_N_WEIGHT_FILES];

    gboolean (*set_limits)(const CgPlace *place, const CorralIoLimits *limits, GError **error);
    /* Of all devices: CorralIoLimits, CorralIoStatistics. */
    gboolean (*list_limits)(const CgPlace *place, GArray *limits, GError **error);
    gboolean (*list_statistics)(const CgPlace *place, GArray *statistics, GError **error);
    /* What a device that is not listed has had: 0 or CORRAL_UNKNOWN. */
    guint64 unlisted;

    /* @disk is a whole disk; @scheduler is NULL if it has none. */
    CorralIoMechanism (*find_mechanisms)(const CgPlace *place, const CorralDevice *disk,
                                         const char *scheduler);
};

extern const CgIo cg_io_legacy;
extern const CgIo cg_io_unified;

/* What the facades share. */

const CgIo *cg_io_find(CorralGroup *self, const CgPlace **place, GError **error);
gboolean cg_io_check_device(const CorralDevice *device, GError **error);
/*
 * Why writing something about @device failed: the kernel has one answer for a
 * group that is gone, a device that is not there, and a partition.  Takes
 * @failure; always FALSE.
 */
gboolean cg_io_explain(CorralGroup *self, const CgPlace *place, const CorralDevice *device,
                       GError *failure, GError **error);
/* A copy of each element, which have no pointers in them. */
GPtrArray *cg_io_box(GArray *list, GDestroyNotify free_element);

/* cg-io-weight.c: the weights, by the table of files. */
gboolean cg_io_set_weight(const CgPlace *place, guint weight, GError **error);
gboolean cg_io_get_weight(const CgPlace *place, guint *weight, GError **error);
gboolean cg_io_get_weight_range(const CgPlace *place, guint *least, guint *most, GError **error);
gboolean cg_io_set_device_weight(const CgPlace *place, const CorralDevice *device, guint weight,
                                 GError **error);
gboolean cg_io_list_device_weights(const CgPlace *place, GArray *weights, GError **error);
