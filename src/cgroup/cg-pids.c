/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Number of tasks, under either of the kernel's interfaces. */
#include <config.h>

#include "cg-codec.h"
#include "cg-pids.h"

static gboolean
set_limit(const CgPlace *place, guint64 limit, GError **error)
{
    return cg_place_write_limit(place, "pids.max", limit, error);
}

static gboolean
get_limit(const CgPlace *place, guint64 *limit, GError **error)
{
    return cg_place_read_limit(place, "pids.max", limit, error);
}

static gboolean
get_usage(const CgPlace *place, guint64 *usage, GError **error)
{
    return cg_place_read_u64(place, "pids.current", usage, error);
}

static gboolean
get_peak(const CgPlace *place, guint64 *peak, GError **error)
{
    return cg_place_read_u64(place, "pids.peak", peak, error);
}

static gboolean
get_failures(const CgPlace *place, guint64 *failures, GError **error)
{
    const CgCodecField fields[] = {{"max", failures}};

    return cg_place_read_keyed(place, "pids.events", fields, G_N_ELEMENTS(fields), error);
}

const CgPids cg_pids = {
    .set_limit = set_limit,
    .get_limit = get_limit,
    .get_usage = get_usage,
    .get_peak = get_peak,
    .get_failures = get_failures,
};
