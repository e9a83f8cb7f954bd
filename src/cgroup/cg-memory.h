/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"

/* Amounts that steer reclaim and never refuse anybody memory. */
typedef enum {
    CG_MEMORY_HIGH,
    CG_MEMORY_LOW,
    CG_MEMORY_MIN,
    CG_MEMORY_SOFT_LIMIT,
    CG_MEMORY_N_MARKS,
} CgMemoryMark;

/*
 * Memory: the facades are corral-memory and corral-memory-reclaim, which have
 * checked every value.  Bytes; CORRAL_MEMORY_UNLIMITED both ways.
 */
struct _CgMemory {
    /* One amount in a file of its own. */
    gboolean (*write_amount)(const CgPlace *place, const char *file, guint64 bytes, GError **error);
    gboolean (*read_amount)(const CgPlace *place, const char *file, guint64 *bytes, GError **error);
    const char *mark_files[CG_MEMORY_N_MARKS]; /* NULL where the interface lacks it */

    gboolean (*set_limit)(const CgPlace *place, guint64 bytes, GError **error);
    gboolean (*get_limit)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*set_total_limit)(const CgPlace *place, guint64 bytes, GError **error);
    gboolean (*get_total_limit)(const CgPlace *place, guint64 *bytes, GError **error);
    gboolean (*set_swap_limit)(const CgPlace *place, guint64 bytes, GError **error);
    gboolean (*get_swap_limit)(const CgPlace *place, guint64 *bytes, GError **error);
    /* @limit is not above @total. */
    gboolean (*set_limits)(const CgPlace *place, guint64 limit, guint64 total, GError **error);

    gboolean (*set_oom_group)(const CgPlace *place, gboolean whole, GError **error);
    gboolean (*get_oom_group)(const CgPlace *place, gboolean *whole, GError **error);
    gboolean (*set_swappiness)(const CgPlace *place, guint swappiness, GError **error);
    gboolean (*get_swappiness)(const CgPlace *place, guint *swappiness, GError **error);
    gboolean (*reclaim)(const CgPlace *place, guint64 bytes, guint64 *reclaimed, GError **error);
};

extern const CgMemory cg_memory_legacy;
extern const CgMemory cg_memory_unified;

/*
 * What both interfaces do to memory and swap together.
 *
 * A group has a limit, and either a total (memory plus swap) or a limit of swap
 * alone; the legacy interface has a file for the total, the unified one for
 * the swap.  The one without a file is written as the difference or the sum,
 * and a label beside it says so, with the two numbers as they were then: when
 * the limit is changed later, the other one is kept as the user gave it.
 * Whoever changes one of the files behind our back makes the label stale.
 */

/* As the kernel will have it. */
guint64 cg_memory_whole_pages(guint64 bytes);
/* Either may be unlimited, and the sum is then. */
guint64 cg_memory_add(guint64 a, guint64 b);

/* Whether there is one at all, and whether it is of these two numbers. */
gboolean cg_memory_has_label(const CgPlace *place, const char *label);
gboolean cg_memory_label_holds(const CgPlace *place, const char *label, guint64 limit,
                               guint64 other);
void cg_memory_put_label(const CgPlace *place, const char *label, guint64 limit, guint64 other);
void cg_memory_drop_label(const CgPlace *place, const char *label);

/* @first and then @second; if that is refused, @first as it was before. */
typedef struct {
    const char *file;
    guint64 before;
    guint64 after;
} CgMemoryChange;

gboolean cg_memory_change_both(const CgPlace *place, const CgMemoryChange *first,
                               const CgMemoryChange *second, GError **error);

/* A file that some kernels lack is CORRAL_UNKNOWN. */
gboolean cg_memory_read_if_told(const CgPlace *place, const char *file, guint64 *value,
                                GError **error);

/* Always FALSE. */
gboolean cg_memory_refuse_order(const CgPlace *place, guint64 limit, guint64 total, GError **error);
