/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block I/O under the kernel's legacy interface, where it is called blkio.
 *
 * The throttle counts what passes it.  Since Linux 6.10 it is not in the way of a
 * device before somebody, in whichever group, has set a limit there; what was before
 * that nobody has counted.
 */
#include <config.h>

#include <stddef.h>

#include "cg-codec-io.h"
#include "cg-codec.h"
#include "cg-convert.h"
#include "cg-io.h"
#include "corral-error.h"
#include "corral-types.h"

static const struct {
    const char *file;
    gsize offset;
} limit_files[] = {
    {"blkio.throttle.read_bps_device", offsetof(CorralIoLimits, read_bps)},
    {"blkio.throttle.write_bps_device", offsetof(CorralIoLimits, write_bps)},
    {"blkio.throttle.read_iops_device", offsetof(CorralIoLimits, read_iops)},
    {"blkio.throttle.write_iops_device", offsetof(CorralIoLimits, write_iops)},
};

static gboolean
list_limits(const CgPlace *place, GArray *limits, GError **error)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(limit_files); i++) {
        g_autofree char *text = cg_place_read(place, limit_files[i].file, error);

        if (!text)
            return FALSE;
        if (!cg_codec_parse_io_throttle(text, limit_files[i].offset, limits))
            return cg_place_refuse_format(place, limit_files[i].file, text, error);
    }

    return TRUE;
}

static guint64
get_limit(const CorralIoLimits *limits, gsize i)
{
    return limits ? *(const guint64 *)((const char *)limits + limit_files[i].offset)
                  : CORRAL_IO_UNLIMITED;
}

/* 0 lifts a limit. */
static gboolean
write_limit(const CgPlace *place, const CorralDevice *device, gsize i, guint64 limit,
            GError **error)
{
    g_autofree char *number = cg_codec_format_device(device->major, device->minor);
    g_autofree char *text =
        g_strdup_printf("%s %" G_GUINT64_FORMAT, number, limit == CORRAL_IO_UNLIMITED ? 0 : limit);

    return cg_place_write(place, limit_files[i].file, text, error);
}

/* Four files; those that change are written, and changed back if one is refused. */
static gboolean
set_limits(const CgPlace *place, const CorralIoLimits *limits, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(CorralIoLimits));
    g_autoptr(GError) failure = NULL;
    const CorralIoLimits *before;
    gsize i;

    if (!list_limits(place, list, error))
        return FALSE;
    before = cg_codec_find_device(list, &limits->device);

    /* All are written for a device that has none: the kernel says if it does not know it. */
    for (i = 0; i < G_N_ELEMENTS(limit_files); i++) {
        if ((before && get_limit(before, i) == get_limit(limits, i)) ||
            write_limit(place, &limits->device, i, get_limit(limits, i), &failure))
            continue;
        while (i-- > 0) {
            if (get_limit(before, i) != get_limit(limits, i) &&
                !write_limit(place, &limits->device, i, get_limit(before, i), NULL))
                g_prefix_error(
                    &failure, "'%s' was changed and cannot be changed back: ", limit_files[i].file);
        }
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    return TRUE;
}

/* Without those below on old kernels, which is less than is promised but not nothing. */
static gboolean
read_service(const CgPlace *place, const char *of, gboolean bytes, GArray *statistics,
             GError **error)
{
    const char *what = bytes ? "io_service_bytes" : "io_serviced";
    g_autofree char *recursive = g_strdup_printf("blkio.%s.%s_recursive", of, what);
    g_autofree char *alone = g_strdup_printf("blkio.%s.%s", of, what);
    g_autoptr(GError) failure = NULL;
    const char *file = recursive;
    g_autofree char *text = cg_place_read(place, recursive, &failure);

    if (!text && g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        g_clear_error(&failure);
        file = alone;
        text = cg_place_read(place, alone, &failure);
    }
    if (!text) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!cg_codec_parse_io_service(text, bytes, statistics))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}

static gboolean
list_statistics(const CgPlace *place, GArray *statistics, GError **error)
{
    return read_service(place, "throttle", TRUE, statistics, error) &&
           read_service(place, "throttle", FALSE, statistics, error);
}

static gboolean
has_file(const CgPlace *place, const char *file)
{
    g_autofree char *text = cg_place_read(place, file, NULL);

    return text != NULL;
}

static CorralIoMechanism
find_mechanisms(const CgPlace *place, const CorralDevice *disk G_GNUC_UNUSED, const char *scheduler)
{
    CorralIoMechanism mechanisms = CORRAL_IO_MECHANISM_NONE;

    if (has_file(place, limit_files[0].file))
        mechanisms |= CORRAL_IO_MECHANISM_THROTTLE;
    if (g_strcmp0(scheduler, "bfq") == 0 && has_file(place, "blkio.bfq.weight"))
        mechanisms |= CORRAL_IO_MECHANISM_BFQ;
    if (g_strcmp0(scheduler, "cfq") == 0 && has_file(place, "blkio.weight"))
        mechanisms |= CORRAL_IO_MECHANISM_CFQ;

    return mechanisms;
}

const CgIo cg_io_legacy = {
    .weight_files =
        {
            {"blkio.bfq.weight", "blkio.bfq.weight_device", cg_convert_io_weight_to_bfq,
             cg_convert_bfq_to_io_weight},
            {"blkio.weight", "blkio.weight_device", cg_convert_io_weight_to_cfq,
             cg_convert_cfq_to_io_weight},
        },
    .set_limits = set_limits,
    .list_limits = list_limits,
    .list_statistics = list_statistics,
    .unlisted = CORRAL_UNKNOWN,
    .find_mechanisms = find_mechanisms,
};
