/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processor time under the kernel's unified interface.
 *
 * CPU weight has another scale than shares and a coarser one at the low end,
 * so the number the user gave is kept in a label beside the weight it became.
 * Whoever changes the weight behind our back makes the label stale, and it is
 * then ignored.
 */
#include <config.h>

#include "cg-codec.h"
#include "cg-convert.h"
#include "cg-cpu.h"

/* "<shares> <weight>" */
#define SHARES_LABEL "shares"

static gboolean
set_weight(const CgPlace *place, guint weight, GError **error)
{
    return cg_place_write_u64(place, "cpu.weight", weight, error);
}

static gboolean
get_weight(const CgPlace *place, guint *weight, GError **error)
{
    g_autofree char *text = cg_place_read(place, "cpu.weight", error);
    guint64 value;

    if (!text)
        return FALSE;
    if (!cg_codec_parse_u64(text, &value) || value > G_MAXUINT)
        return cg_place_refuse_format(place, "cpu.weight", text, error);

    *weight = value;
    return TRUE;
}

static gboolean
set_shares(const CgPlace *place, guint64 shares, GError **error)
{
    guint weight = cg_convert_shares_to_weight(shares);
    char label[64];

    if (!set_weight(place, weight, error))
        return FALSE;

    /* Where attributes are not to be had the number reads back rounded. */
    g_snprintf(label, sizeof(label), "%" G_GUINT64_FORMAT " %u", shares, weight);
    if (!cg_place_set_label(place, SHARES_LABEL, label, NULL))
        g_debug("cpu_shares will read back rounded: no attributes on cgroups here");
    return TRUE;
}

static gboolean
get_shares(const CgPlace *place, guint64 *shares, GError **error)
{
    g_autofree char *label = NULL;
    guint weight;

    if (!get_weight(place, &weight, error))
        return FALSE;

    label = cg_place_get_label(place, SHARES_LABEL, NULL);
    if (label) {
        g_auto(GStrv) words = g_strsplit(label, " ", -1);
        guint64 kept, became;

        if (g_strv_length(words) == 2 && cg_codec_parse_u64(words[0], &kept) &&
            cg_codec_parse_u64(words[1], &became) && became == weight) {
            *shares = kept;
            return TRUE;
        }
    }

    *shares = cg_convert_weight_to_shares(weight);
    return TRUE;
}

static gboolean
set_ceiling(const CgPlace *place, gint64 quota_us, guint64 period_us, GError **error)
{
    g_autofree char *text = cg_codec_format_cpu_max(quota_us, period_us);

    return cg_place_write(place, "cpu.max", text, error);
}

static gboolean
get_ceiling(const CgPlace *place, gint64 *quota_us, guint64 *period_us, GError **error)
{
    g_autofree char *text = cg_place_read(place, "cpu.max", error);

    if (!text)
        return FALSE;
    if (!cg_codec_parse_cpu_max(text, quota_us, period_us))
        return cg_place_refuse_format(place, "cpu.max", text, error);

    return TRUE;
}

static gboolean
set_burst(const CgPlace *place, guint64 burst_us, GError **error)
{
    return cg_place_write_u64(place, "cpu.max.burst", burst_us, error);
}

static gboolean
get_burst(const CgPlace *place, guint64 *burst_us, GError **error)
{
    return cg_place_read_u64(place, "cpu.max.burst", burst_us, error);
}

static gboolean
set_idle(const CgPlace *place, gboolean idle, GError **error)
{
    return cg_place_write_bool(place, "cpu.idle", idle, error);
}

static gboolean
get_idle(const CgPlace *place, gboolean *idle, GError **error)
{
    return cg_place_read_bool(place, "cpu.idle", idle, error);
}

static gboolean
get_throttling(const CgPlace *place, CorralCpuThrottling *throttling, GError **error)
{
    CorralCpuThrottling found;
    const CgCodecField fields[] = {
        {"nr_periods", &found.periods},          {"nr_throttled", &found.throttled_periods},
        {"throttled_usec", &found.throttled_us}, {"nr_bursts", &found.bursts},
        {"burst_usec", &found.burst_us},
    };

    if (!cg_place_read_keyed(place, "cpu.stat", fields, G_N_ELEMENTS(fields), error))
        return FALSE;

    *throttling = found;
    return TRUE;
}

const CgCpu cg_cpu_unified = {
    .set_shares = set_shares,
    .get_shares = get_shares,
    .set_weight = set_weight,
    .get_weight = get_weight,
    .set_ceiling = set_ceiling,
    .get_ceiling = get_ceiling,
    .set_burst = set_burst,
    .get_burst = get_burst,
    .set_idle = set_idle,
    .get_idle = get_idle,
    .get_throttling = get_throttling,
};
