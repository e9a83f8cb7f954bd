/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights of block I/O.
 *
 * Which mechanism weighs is a matter of each device, and each mechanism has
 * files of its own.  A weight goes to all that this kernel has, and is read
 * from the first.  What is read is what is in force: where a mechanism's scale is
 * narrower than the library's, not the number that the user gave.
 */
#include <config.h>

#include "cg-codec-io.h"
#include "cg-codec.h"
#include "cg-io.h"
#include "corral-error.h"
#include "corral-types.h"

static const CgIoWeightFile *
files_of(const CgPlace *place)
{
    return place->hierarchy->backend->io->weight_files;
}

static guint
to_kernel(const CgIoWeightFile *file, guint weight)
{
    return file->to_kernel ? file->to_kernel(weight) : weight;
}

static guint
from_kernel(const CgIoWeightFile *file, guint value)
{
    return file->from_kernel ? file->from_kernel(value) : value;
}

/* ---- reading ---- */

/* *@there: whether this kernel has the file at all. */
static gboolean
read_weights(const CgPlace *place, const char *file, gboolean *there, guint *weight,
             GArray *weights, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *text = cg_place_read(place, file, &failure);

    *there = text != NULL;
    if (!text) {
        if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!cg_codec_parse_io_weights(text, weight, weights))
        return cg_place_refuse_format(place, file, text, error);

    return TRUE;
}

/* Always FALSE. */
static gboolean
refuse_none(const CgPlace *place, GError **error)
{
    g_autofree char *name = cg_tree_name(place->dir, "");

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                "nothing in this kernel weighs the block I/O of '%s'", name);
    return FALSE;
}

/* The file that this kernel's weight is read from, and what is in it; NULL if there is none. */
static const CgIoWeightFile *
find_first(const CgPlace *place, guint *value, GError **error)
{
    const CgIoWeightFile *files = files_of(place);
    gsize i;

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        g_autoptr(GArray) unused = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));
        gboolean there;

        if (!read_weights(place, files[i].file, &there, value, unused, error))
            return NULL;
        if (there)
            return &files[i];
    }

    refuse_none(place, error);
    return NULL;
}

gboolean
cg_io_get_weight(const CgPlace *place, guint *weight, GError **error)
{
    guint value;
    const CgIoWeightFile *file = find_first(place, &value, error);

    if (!file)
        return FALSE;

    *weight = from_kernel(file, value);
    return TRUE;
}

gboolean
cg_io_get_weight_range(const CgPlace *place, guint *least, guint *most, GError **error)
{
    guint unused;
    const CgIoWeightFile *file = find_first(place, &unused, error);

    if (!file)
        return FALSE;

    *least = from_kernel(file, to_kernel(file, CORRAL_IO_WEIGHT_MIN));
    *most = from_kernel(file, to_kernel(file, CORRAL_IO_WEIGHT_MAX));
    return TRUE;
}

gboolean
cg_io_list_device_weights(const CgPlace *place, GArray *weights, GError **error)
{
    const CgIoWeightFile *files = files_of(place);
    gboolean any = FALSE;
    gsize i;

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        g_autoptr(GArray) here = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));
        gboolean there;
        guint unused, w;

        if (!read_weights(place, files[i].device_file, &there, &unused, here, error))
            return FALSE;
        any = any || there;
        for (w = 0; w < here->len; w++) {
            CorralIoWeight *weight = &g_array_index(here, CorralIoWeight, w);

            if (cg_codec_find_device(weights, &weight->device))
                continue;
            weight->weight = from_kernel(&files[i], weight->weight);
            g_array_append_val(weights, *weight);
        }
    }

    return any || refuse_none(place, error);
}

/* ---- writing ---- */

gboolean
cg_io_set_weight(const CgPlace *place, guint weight, GError **error)
{
    const CgIoWeightFile *files = files_of(place);
    gboolean there[CG_IO_N_WEIGHT_FILES];
    guint before[CG_IO_N_WEIGHT_FILES];
    gboolean any = FALSE;
    gsize i;

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        g_autoptr(GArray) unused = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));

        if (!read_weights(place, files[i].file, &there[i], &before[i], unused, error))
            return FALSE;
        any = any || there[i];
    }
    if (!any)
        return refuse_none(place, error);

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        if (!there[i] ||
            cg_place_write_u64(place, files[i].file, to_kernel(&files[i], weight), error))
            continue;
        while (i-- > 0) {
            if (there[i] && !cg_place_write_u64(place, files[i].file, before[i], NULL))
                g_debug("'%s' keeps a weight that was refused elsewhere", files[i].file);
        }
        return FALSE;
    }

    return TRUE;
}

/* Each mechanism refuses the devices that it does not serve. */
gboolean
cg_io_set_device_weight(const CgPlace *place, const CorralDevice *device, guint weight,
                        GError **error)
{
    const CgIoWeightFile *files = files_of(place);
    g_autofree char *number = cg_codec_format_device(device->major, device->minor);
    gboolean taken = FALSE;
    gsize i;

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *text =
            weight == CORRAL_IO_WEIGHT_INHERIT
                ? g_strdup_printf("%s default", number)
                : g_strdup_printf("%s %u", number, to_kernel(&files[i], weight));

        if (cg_place_write(place, files[i].device_file, text, &failure)) {
            taken = TRUE;
        } else if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }

    if (!taken) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                    "nothing in this kernel weighs the I/O of block device %s: its scheduler does "
                    "not, and no cost model is switched on",
                    number);
        return FALSE;
    }
    return TRUE;
}
