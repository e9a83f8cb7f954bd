/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory under the kernel's legacy interface. */
#include <config.h>

#include "cg-memory.h"
#include "corral-types.h"

static gboolean
set_limit(const CgPlace *place, guint64 bytes, GError **error)
{
    if (bytes == CORRAL_MEMORY_UNLIMITED)
        return cg_place_write(place, "memory.limit_in_bytes", "-1", error);

    return cg_place_write_u64(place, "memory.limit_in_bytes", bytes, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 *bytes, GError **error)
{
    /* The kernel counts pages in a long: "no limit" is LONG_MAX rounded down to
     * a page (PAGE_COUNTER_MAX), and no page is larger than 64 KiB where we run. */
    const guint64 no_limit = (guint64)G_MAXLONG - 0xffff;
    guint64 value;

    if (!cg_place_read_u64(place, "memory.limit_in_bytes", &value, error))
        return FALSE;

    *bytes = value >= no_limit ? CORRAL_MEMORY_UNLIMITED : value;
    return TRUE;
}

static gboolean
get_usage(const CgPlace *place, guint64 *bytes, GError **error)
{
    return cg_place_read_u64(place, "memory.usage_in_bytes", bytes, error);
}

const CgMemory cg_memory_legacy = {
    .set_limit = set_limit,
    .get_limit = get_limit,
    .get_usage = get_usage,
};
