/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block I/O under the kernel's unified interface. */
#include <config.h>

#include "cg-codec-io.h"
#include "cg-convert.h"
#include "cg-io.h"

static gboolean
set_limits(const CgPlace *place, const CorralIoLimits *limits, GError **error)
{
    g_autofree char *text = cg_codec_format_io_max(limits);

    return cg_place_write(place, "io.max", text, error);
}

static gboolean
list_limits(const CgPlace *place, GArray *limits, GError **error)
{
    g_autofree char *text = cg_place_read(place, "io.max", error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_io_max(text, limits))
        return cg_place_refuse_format(place, "io.max", text, error);

    return TRUE;
}

static gboolean
list_statistics(const CgPlace *place, GArray *statistics, GError **error)
{
    g_autofree char *text = cg_place_read(place, "io.stat", error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_io_stat(text, statistics))
        return cg_place_refuse_format(place, "io.stat", text, error);

    return TRUE;
}

static gboolean
has_file(const CgPlace *place, const char *file)
{
    g_autofree char *text = cg_place_read(place, file, NULL);

    return text != NULL;
}

/* Only the root has the file that switches it on; it may not be ours to see. */
static gboolean
has_cost_model(const CgPlace *place, const CorralDevice *disk)
{
    const CgPlace root = {.hierarchy = place->hierarchy, .dir = place->hierarchy->root};
    g_autofree char *text = cg_place_read(&root, "io.cost.qos", NULL);
    gboolean enabled;

    return text && cg_codec_parse_io_cost(text, disk, &enabled) && enabled;
}

static CorralIoMechanism
find_mechanisms(const CgPlace *place, const CorralDevice *disk, const char *scheduler)
{
    CorralIoMechanism mechanisms = CORRAL_IO_MECHANISM_NONE;

    if (has_file(place, "io.max"))
        mechanisms |= CORRAL_IO_MECHANISM_THROTTLE;
    if (g_strcmp0(scheduler, "bfq") == 0 && has_file(place, "io.bfq.weight"))
        mechanisms |= CORRAL_IO_MECHANISM_BFQ;
    if (has_file(place, "io.weight") && has_cost_model(place, disk))
        mechanisms |= CORRAL_IO_MECHANISM_IOCOST;

    return mechanisms;
}

const CgIo cg_io_unified = {
    .weight_files =
        {
            {"io.weight", "io.weight", NULL, NULL},
            {"io.bfq.weight", "io.bfq.weight", cg_convert_io_weight_to_bfq,
             cg_convert_bfq_to_io_weight},
        },
    .set_limits = set_limits,
    .list_limits = list_limits,
    .list_statistics = list_statistics,
    .unlisted = 0,
    .find_mechanisms = find_mechanisms,
};
