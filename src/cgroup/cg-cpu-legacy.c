/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time under the kernel's legacy interface. */
#include <config.h>

#include "cg-codec.h"
#include "cg-convert.h"
#include "cg-cpu.h"
#include "corral-types.h"

static gboolean
set_shares(const CgPlace *place, guint64 shares, GError **error)
{
    return cg_place_write_u64(place, "cpu.shares", shares, error);
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

/* What "cpu.shares" says of a group that is idle (WEIGHT_IDLEPRIO of the kernel). */
#define IDLE_SHARES 3

/* Somebody may have chosen that number, too, so the other file decides. */
static gboolean
read_shares(const CgPlace *place, guint64 *shares, gboolean *idle, GError **error)
{
    guint64 value;
    gboolean is_idle = FALSE;

    if (!cg_place_read_u64(place, "cpu.shares", &value, error))
        return FALSE;
    if (value == IDLE_SHARES && !get_idle(place, &is_idle, NULL))
        is_idle = FALSE;

    *shares = is_idle ? CORRAL_CPU_SHARES_MIN : value;
    *idle = is_idle;
    return TRUE;
}

static gboolean
get_shares(const CgPlace *place, guint64 *shares, GError **error)
{
    gboolean idle;

    return read_shares(place, shares, &idle, error);
}

static gboolean
set_weight(const CgPlace *place, guint weight, GError **error)
{
    return set_shares(place, cg_convert_weight_to_shares(weight), error);
}

static gboolean
get_weight(const CgPlace *place, guint *weight, GError **error)
{
    guint64 shares;
    gboolean idle;

    if (!read_shares(place, &shares, &idle, error))
        return FALSE;

    *weight = idle ? 0 : cg_convert_shares_to_weight(shares);
    return TRUE;
}

static gboolean
get_ceiling(const CgPlace *place, gint64 *quota_us, guint64 *period_us, GError **error)
{
    gint64 quota;
    guint64 period;

    if (!cg_place_read_i64(place, "cpu.cfs_quota_us", &quota, error) ||
        !cg_place_read_u64(place, "cpu.cfs_period_us", &period, error))
        return FALSE;

    *quota_us = quota < 0 ? CORRAL_CPU_UNLIMITED : quota;
    *period_us = period;
    return TRUE;
}

static gboolean
write_quota(const CgPlace *place, gint64 quota_us, GError **error)
{
    char text[32];

    g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, quota_us);
    return cg_place_write(place, "cpu.cfs_quota_us", text, error);
}

/* How many CPUs' worth. */
static double
ratio(gint64 quota_us, guint64 period_us)
{
    return (double)quota_us / (double)period_us;
}

static gboolean
lies_between(double value, double one_end, double other_end)
{
    return value >= MIN(one_end, other_end) && value <= MAX(one_end, other_end);
}

static gboolean
write_in_order(const CgPlace *place, gboolean quota_first, gint64 quota_us, guint64 period_us,
               GError **error)
{
    if (quota_first && !write_quota(place, quota_us, error))
        return FALSE;
    if (!cg_place_write_u64(place, "cpu.cfs_period_us", period_us, error))
        return FALSE;

    return quota_first || write_quota(place, quota_us, error);
}

/*
 * Quota and period are two files, and the kernel checks their ratio against
 * the parent's and the children's after each write.  The order is taken whose
 * ratio in between lies between the old one and the new one.  No ceiling at all
 * is always allowed, so where neither does, the ceiling is lifted for the
 * moment between two writes.
 */
static gboolean
set_ceiling(const CgPlace *place, gint64 quota_us, guint64 period_us, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gint64 old_quota;
    guint64 old_period;
    double before, after;
    gboolean quota_first;

    if (!get_ceiling(place, &old_quota, &old_period, error))
        return FALSE;
    if (old_period == period_us)
        return old_quota == quota_us || write_quota(place, quota_us, error);
    if (old_quota == quota_us)
        return cg_place_write_u64(place, "cpu.cfs_period_us", period_us, error);

    before = ratio(old_quota, old_period);
    after = ratio(quota_us, period_us);
    if (old_quota < 0) {
        quota_first = FALSE;
    } else if (quota_us < 0 || lies_between(ratio(quota_us, old_period), before, after)) {
        quota_first = TRUE;
    } else {
        quota_first = FALSE;
        if (!lies_between(ratio(old_quota, period_us), before, after) &&
            !write_quota(place, CORRAL_CPU_UNLIMITED, error))
            return FALSE;
    }

    if (write_in_order(place, quota_first, quota_us, period_us, &failure))
        return TRUE;

    /* Refused half way: as it was, in whichever order the kernel takes it. */
    if (!write_in_order(place, TRUE, old_quota, old_period, NULL) &&
        !write_in_order(place, FALSE, old_quota, old_period, NULL)) {
        g_autofree char *name = cg_tree_name(place->dir, "");

        g_prefix_error(&failure, "ceiling of '%s' is neither the old nor the new one: ", name);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
set_burst(const CgPlace *place, guint64 burst_us, GError **error)
{
    return cg_place_write_u64(place, "cpu.cfs_burst_us", burst_us, error);
}

static gboolean
get_burst(const CgPlace *place, guint64 *burst_us, GError **error)
{
    return cg_place_read_u64(place, "cpu.cfs_burst_us", burst_us, error);
}

static guint64
us_from_ns(guint64 ns)
{
    return ns == CORRAL_UNKNOWN ? ns : ns / 1000;
}

static gboolean
get_throttling(const CgPlace *place, CorralCpuThrottling *throttling, GError **error)
{
    CorralCpuThrottling found;
    const CgCodecField fields[] = {
        {"nr_periods", &found.periods},          {"nr_throttled", &found.throttled_periods},
        {"throttled_time", &found.throttled_us}, {"nr_bursts", &found.bursts},
        {"burst_time", &found.burst_us},
    };

    if (!cg_place_read_keyed(place, "cpu.stat", fields, G_N_ELEMENTS(fields), error))
        return FALSE;

    found.throttled_us = us_from_ns(found.throttled_us);
    found.burst_us = us_from_ns(found.burst_us);
    *throttling = found;
    return TRUE;
}

const CgCpu cg_cpu_legacy = {
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
