/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time: how much of it under contention, and how much at the most. */
#include <config.h>

#include "cg-cpu.h"
#include "cg-group.h"
#include "corral-cpu.h"
#include "corral-error.h"

G_DEFINE_BOXED_TYPE(CorralCpuThrottling, corral_cpu_throttling, corral_cpu_throttling_copy,
                    corral_cpu_throttling_free)

/* How @self's processor time is controlled, and where. */
static const CgCpu *
find_cpu(CorralGroup *self, const CgPlace **place, GError **error)
{
    *place = cg_group_find_place(self, CORRAL_CONTROLLER_CPU, error);
    return *place ? (*place)->hierarchy->backend->cpu : NULL;
}

/**
 * corral_group_set_cpu_shares:
 * @self: a group
 * @shares: 2 to 262144, 1024 being the usual
 * @error: where to put what went wrong
 *
 * Gives @self processor time in proportion to its siblings' shares, when they
 * compete.  Where the kernel counts in weights the shares are converted
 * (weight = shares * 100 / 1024, rounded, at least 1 and at most 10000) and
 * the number given here still reads back.
 *
 * %CORRAL_ERROR_RANGE; %CORRAL_ERROR_REFUSED: the group is idle, see
 * corral_group_set_cpu_idle(); %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_cpu_shares(CorralGroup *self, guint64 shares, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu;

    if (shares < CORRAL_CPU_SHARES_MIN || shares > CORRAL_CPU_SHARES_MAX) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "CPU shares %" G_GUINT64_FORMAT " are out of range [%" G_GUINT64_FORMAT
                    ", %" G_GUINT64_FORMAT "]",
                    shares, CORRAL_CPU_SHARES_MIN, CORRAL_CPU_SHARES_MAX);
        return FALSE;
    }

    cpu = find_cpu(self, &place, error);
    if (!cpu)
        return FALSE;
    if (!cpu->set_shares)
        return cg_group_refuse_unsupported(error, place, "CPU shares");

    return cpu->set_shares(place, shares, error);
}

/**
 * corral_group_get_cpu_shares:
 * @self: a group
 * @shares: (out): its shares; %CORRAL_CPU_SHARES_MIN if it is idle
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_shares(CorralGroup *self, guint64 *shares, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->get_shares)
        return cg_group_refuse_unsupported(error, place, "CPU shares");

    return cpu->get_shares(place, shares, error);
}

/**
 * corral_group_set_cpu_weight:
 * @self: a group
 * @weight: 1 to 10000, 100 being the usual
 * @error: where to put what went wrong
 *
 * The same as corral_group_set_cpu_shares() on the scale of weights.
 *
 * %CORRAL_ERROR_RANGE; %CORRAL_ERROR_REFUSED: the group is idle, see
 * corral_group_set_cpu_idle(); %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_cpu_weight(CorralGroup *self, guint weight, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu;

    if (weight < CORRAL_CPU_WEIGHT_MIN || weight > CORRAL_CPU_WEIGHT_MAX)
        return cg_group_refuse_range(error, "CPU weight", weight, CORRAL_CPU_WEIGHT_MIN,
                                     CORRAL_CPU_WEIGHT_MAX);

    cpu = find_cpu(self, &place, error);
    if (!cpu)
        return FALSE;
    if (!cpu->set_weight)
        return cg_group_refuse_unsupported(error, place, "CPU weight");

    return cpu->set_weight(place, weight, error);
}

/**
 * corral_group_get_cpu_weight:
 * @self: a group
 * @weight: (out): its weight; 0 if it is idle
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_weight(CorralGroup *self, guint *weight, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->get_weight)
        return cg_group_refuse_unsupported(error, place, "CPU weight");

    return cpu->get_weight(place, weight, error);
}

/**
 * corral_group_set_cpu_ceiling:
 * @self: the group to limit
 * @quota_us: time allowed in each period, 1000 to 2^44 - 1; %CORRAL_CPU_UNLIMITED lifts the ceiling
 * @period_us: length of the period, 1000 to 1000000
 * @error: where to put what went wrong
 *
 * Caps @self at @quota_us of processor time in every @period_us.  A quota of
 * twice the period is two CPUs' worth.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_REFUSED: the kernel
 * refuses the value, e.g. because a child's ceiling is higher or the burst is more
 * than the quota; the old one is in force; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted both values
 * Since: 0.1
 */
gboolean
corral_group_set_cpu_ceiling(CorralGroup *self, gint64 quota_us, guint64 period_us, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu;

    if (quota_us != CORRAL_CPU_UNLIMITED &&
        (quota_us < CORRAL_CPU_QUOTA_MIN_US || quota_us > CORRAL_CPU_QUOTA_MAX_US))
        return cg_group_refuse_range(error, "CPU quota", quota_us, CORRAL_CPU_QUOTA_MIN_US,
                                     CORRAL_CPU_QUOTA_MAX_US);
    if (period_us < CORRAL_CPU_PERIOD_MIN_US || period_us > CORRAL_CPU_PERIOD_MAX_US)
        return cg_group_refuse_range(error, "CPU period", MIN(period_us, G_MAXINT64),
                                     CORRAL_CPU_PERIOD_MIN_US, CORRAL_CPU_PERIOD_MAX_US);

    cpu = find_cpu(self, &place, error);
    if (!cpu)
        return FALSE;
    if (!cpu->set_ceiling)
        return cg_group_refuse_unsupported(error, place, "CPU ceiling");

    return cpu->set_ceiling(place, quota_us, period_us, error);
}

/**
 * corral_group_get_cpu_ceiling:
 * @self: a group
 * @quota_us: (out): time allowed in each period, or %CORRAL_CPU_UNLIMITED
 * @period_us: (out): length of the period
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: this kernel was built without CPU ceilings.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_ceiling(CorralGroup *self, gint64 *quota_us, guint64 *period_us,
                             GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->get_ceiling)
        return cg_group_refuse_unsupported(error, place, "CPU ceiling");

    return cpu->get_ceiling(place, quota_us, period_us, error);
}

/**
 * corral_group_set_cpu_burst:
 * @self: a group
 * @burst_us: at most %CORRAL_CPU_BURST_MAX_US; 0, the usual, saves nothing
 * @error: where to put what went wrong
 *
 * Lets @self save up as much of its quota as it does not use in a period, and
 * use it on top of the quota in a later one.  Without a ceiling it has no effect.
 *
 * %CORRAL_ERROR_RANGE: nothing was written; %CORRAL_ERROR_REFUSED: it is more than
 * the quota; %CORRAL_ERROR_UNSUPPORTED: Linux before 5.14, or built without CPU
 * ceilings; %CORRAL_ERROR_NO_CONTROLLER, %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_cpu_burst(CorralGroup *self, guint64 burst_us, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu;

    if (burst_us > CORRAL_CPU_BURST_MAX_US)
        return cg_group_refuse_range(error, "CPU burst", MIN(burst_us, G_MAXINT64), 0,
                                     CORRAL_CPU_BURST_MAX_US);

    cpu = find_cpu(self, &place, error);
    if (!cpu)
        return FALSE;
    if (!cpu->set_burst)
        return cg_group_refuse_unsupported(error, place, "CPU burst");

    return cpu->set_burst(place, burst_us, error);
}

/**
 * corral_group_get_cpu_burst:
 * @self: a group
 * @burst_us: (out): how much unused quota it may save up
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: as for corral_group_set_cpu_burst().
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_burst(CorralGroup *self, guint64 *burst_us, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->get_burst)
        return cg_group_refuse_unsupported(error, place, "CPU burst");

    return cpu->get_burst(place, burst_us, error);
}

/**
 * corral_group_set_cpu_idle:
 * @self: a group
 * @idle: whether it runs only where nobody else wants to
 * @error: where to put what went wrong
 *
 * An idle group has no weight: it reads as 0, and setting shares or a weight is
 * %CORRAL_ERROR_REFUSED.  The kernel forgets the weight from before; a group that
 * is no longer idle has the usual one, %CORRAL_CPU_WEIGHT_DEFAULT.
 *
 * %CORRAL_ERROR_UNSUPPORTED: Linux before 5.15; %CORRAL_ERROR_NO_CONTROLLER,
 * %CORRAL_ERROR_GONE.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set_cpu_idle(CorralGroup *self, gboolean idle, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->set_idle)
        return cg_group_refuse_unsupported(error, place, "CPU idling");

    return cpu->set_idle(place, idle, error);
}

/**
 * corral_group_get_cpu_idle:
 * @self: a group
 * @idle: (out): whether it runs only where nobody else wants to
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_UNSUPPORTED: Linux before 5.15.
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_idle(CorralGroup *self, gboolean *idle, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->get_idle)
        return cg_group_refuse_unsupported(error, place, "CPU idling");

    return cpu->get_idle(place, idle, error);
}

/**
 * corral_group_get_cpu_throttling:
 * @self: a group
 * @throttling: (out caller-allocates): how much its ceiling has held it up
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get_cpu_throttling(CorralGroup *self, CorralCpuThrottling *throttling, GError **error)
{
    const CgPlace *place;
    const CgCpu *cpu = find_cpu(self, &place, error);

    if (!cpu)
        return FALSE;
    if (!cpu->get_throttling)
        return cg_group_refuse_unsupported(error, place, "CPU throttling statistics");

    return cpu->get_throttling(place, throttling, error);
}

/**
 * corral_cpu_throttling_copy:
 * @self: statistics
 *
 * Returns: (transfer full): the same again; free with corral_cpu_throttling_free()
 * Since: 0.1
 */
CorralCpuThrottling *
corral_cpu_throttling_copy(const CorralCpuThrottling *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_cpu_throttling_free:
 * @self: (transfer full): statistics
 *
 * Since: 0.1
 */
void
corral_cpu_throttling_free(CorralCpuThrottling *self)
{
    g_free(self);
}
