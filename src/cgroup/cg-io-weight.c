/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights of block I/O.
 *
 * Which mechanism weighs is a matter of each device, and each mechanism has
 * files of its own.  A weight goes to all that this kernel has, and is read
 * from the first.  Where a mechanism's scale is narrower than the library's,
 * the number the user gave is kept in a label beside the one it became, as for
 * shares of processor time.
 */
#include <config.h>

#include "cg-codec-io.h"
#include "cg-codec.h"
#include "cg-io.h"
#include "corral-error.h"
#include "corral-types.h"

/* "<weight> <what it became>"; of a device, with "-MAJOR:MINOR" after it */
#define WEIGHT_LABEL "io-weight"

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

/* ---- the label ---- */

static char *
label_of(const CorralDevice *device)
{
    return device ? g_strdup_printf(WEIGHT_LABEL "-%u:%u", device->major, device->minor)
                  : g_strdup(WEIGHT_LABEL);
}

/* Only where something is lost, or an older label would tell something else. */
static void
keep_weight(const CgPlace *place, const CgIoWeightFile *file, const CorralDevice *device,
            guint weight)
{
    g_autofree char *label = label_of(device);
    g_autofree char *before = NULL;
    char text[64];
    guint became;

    if (!file->to_kernel || weight == CORRAL_IO_WEIGHT_INHERIT)
        return;
    became = file->to_kernel(weight);
    before = cg_place_get_label(place, label, NULL);
    if (!before && file->from_kernel(became) == weight)
        return;

    g_snprintf(text, sizeof(text), "%u %u", weight, became);
    if (!cg_place_set_label(place, label, text, NULL))
        g_debug("the weight will read back rounded: no attributes on cgroups here");
}

static guint
kept_weight(const CgPlace *place, const CgIoWeightFile *file, const CorralDevice *device,
            guint value)
{
    g_autofree char *label = NULL;
    g_autofree char *text = NULL;

    if (!file->from_kernel)
        return value;

    label = label_of(device);
    text = cg_place_get_label(place, label, NULL);
    if (text) {
        g_auto(GStrv) words = g_strsplit(text, " ", -1);
        guint64 kept, became;

        if (g_strv_length(words) == 2 && cg_codec_parse_u64(words[0], &kept) &&
            cg_codec_parse_u64(words[1], &became) && became == value &&
            kept >= CORRAL_IO_WEIGHT_MIN && kept <= CORRAL_IO_WEIGHT_MAX)
            return kept;
    }

    return file->from_kernel(value);
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

gboolean
cg_io_get_weight(const CgPlace *place, guint *weight, GError **error)
{
    const CgIoWeightFile *files = files_of(place);
    gsize i;

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        g_autoptr(GArray) unused = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));
        gboolean there;
        guint value;

        if (!read_weights(place, files[i].file, &there, &value, unused, error))
            return FALSE;
        if (!there)
            continue;
        *weight = kept_weight(place, &files[i], NULL, value);
        return TRUE;
    }

    return refuse_none(place, error);
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
            weight->weight = kept_weight(place, &files[i], &weight->device, weight->weight);
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
    const CgIoWeightFile *first = NULL;
    gsize i;

    for (i = 0; i < CG_IO_N_WEIGHT_FILES; i++) {
        g_autoptr(GArray) unused = g_array_new(FALSE, FALSE, sizeof(CorralIoWeight));

        if (!read_weights(place, files[i].file, &there[i], &before[i], unused, error))
            return FALSE;
        if (there[i] && !first)
            first = &files[i];
    }
    if (!first)
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

    keep_weight(place, first, NULL, weight);
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
            if (!taken)
                keep_weight(place, &files[i], device, weight);
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
