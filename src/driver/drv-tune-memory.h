/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * The memory of a guest's group, in libvirt's terms: KiB, and
 * GUEST_MEMORY_UNLIMITED_KIB where there is no limit (docs/units.md).
 */
typedef enum {
    DRV_MEMORY_HARD,
    DRV_MEMORY_SOFT,
    DRV_MEMORY_SWAP_HARD, /* memory and swap together */
    DRV_MEMORY_GUARANTEE, /* 0 is none */
    DRV_N_MEMORY
} DrvMemoryField;

typedef struct {
    gboolean given[DRV_N_MEMORY];
    guint64 kib[DRV_N_MEMORY];
} DrvMemory;

/* What is in force.  What this host cannot have is not given, and unlimited or none. */
gboolean drv_tune_memory_read(CorralGroup *group, DrvMemory *now, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Brings all that is given into force or nothing of it. */
gboolean drv_tune_memory_write(CorralGroup *group, const DrvMemory *wanted, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Likewise what the XML says at the start; GUEST_ERROR_HOST where there is no controller. */
gboolean drv_tune_memory_apply(CorralGroup *group, const GuestMemtune *said, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What a user should read as <memtune>: @said, as the kernel has it now. */
void drv_tune_memory_show(CorralGroup *group, const GuestMemtune *said, GuestMemtune *now);
