/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processor time of a guest's group and its parts.
 *
 * Tuning several parts at once is all or nothing.  The kernel holds a child's
 * ceiling against its parent's at every step, so the whole guest's is written
 * first when it rises and last when it falls; and what was in force before each
 * step is remembered until the last one has succeeded.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-group.h"
#include "drv-later.h"
#include "drv-libvirt.h"

gboolean
drv_group_get_bandwidth(DrvGroup *self, GuestPart part, GuestBandwidth *bandwidth, GError **error)
{
    g_autoptr(GPtrArray) groups = drv_group_list_part(self, part, error);

    /* Without iothreads theirs is the whole guest's, as it is with stock. */
    return groups && corral_group_get_cpu_ceiling(
                         groups->len > 0 ? g_ptr_array_index(groups, 0) : drv_group_get_whole(self),
                         &bandwidth->quota_us, &bandwidth->period_us, error);
}

/* One group's tuning as it was before we changed it. */
typedef struct {
    CorralGroup *group;
    gboolean is_shares;
    guint64 shares;
    GuestBandwidth bandwidth;
} Undo;

static void
undo_clear(gpointer data)
{
    g_clear_object(&((Undo *)data)->group);
}

static void
undo_all(GArray *done)
{
    guint i;

    for (i = done->len; i > 0; i--) {
        const Undo *undo = &g_array_index(done, Undo, i - 1);
        g_autoptr(GError) failure = NULL;

        if (undo->is_shares ? corral_group_set_cpu_shares(undo->group, undo->shares, &failure)
                            : corral_group_set_cpu_ceiling(undo->group, undo->bandwidth.quota_us,
                                                           undo->bandwidth.period_us, &failure))
            continue;
        drv_error_log(g_steal_pointer(&failure), corral_group_get_path(undo->group),
                      "take back a change");
    }
}

gboolean
drv_group_check_shares(guint64 shares, GError **error)
{
    if (shares >= CORRAL_CPU_SHARES_MIN && shares <= CORRAL_CPU_SHARES_MAX)
        return TRUE;

    g_set_error(error, DRV_ERROR_LIBVIRT, VIR_ERR_INVALID_ARG,
                "shares '%" G_GUINT64_FORMAT "' must be in range [%" G_GUINT64_FORMAT
                ", %" G_GUINT64_FORMAT "]",
                shares, CORRAL_CPU_SHARES_MIN, CORRAL_CPU_SHARES_MAX);
    return FALSE;
}

static gboolean
tune_shares(CorralGroup *group, guint64 shares, GArray *done, GError **error)
{
    Undo undo = {.is_shares = TRUE};

    if (!drv_group_check_shares(shares, error) ||
        !corral_group_get_cpu_shares(group, &undo.shares, error) ||
        !corral_group_set_cpu_shares(group, shares, error))
        return FALSE;

    undo.group = g_object_ref(group);
    g_array_append_val(done, undo);
    return TRUE;
}

static gboolean
tune_ceiling(CorralGroup *group, const GuestBandwidth *wanted, GArray *done, GError **error)
{
    Undo undo = {.is_shares = FALSE};
    GuestBandwidth target;

    if (!corral_group_get_cpu_ceiling(group, &undo.bandwidth.quota_us, &undo.bandwidth.period_us,
                                      error))
        return FALSE;

    target = undo.bandwidth;
    if (wanted->period_us)
        target.period_us = wanted->period_us;
    if (wanted->quota_us)
        target.quota_us = wanted->quota_us < 0 ? CORRAL_CPU_UNLIMITED : wanted->quota_us;
    if (!corral_group_set_cpu_ceiling(group, target.quota_us, target.period_us, error))
        return FALSE;

    undo.group = g_object_ref(group);
    g_array_append_val(done, undo);
    return TRUE;
}

static gboolean
tune_part(DrvGroup *self, GuestPart part, const GuestBandwidth *wanted, GArray *done,
          GError **error)
{
    g_autoptr(GPtrArray) groups = NULL;
    guint i;

    if (wanted->period_us == 0 && wanted->quota_us == 0)
        return TRUE;

    /* A container's processor time is that of its vCPUs, and it has but one group.  What its
     * definition says of other parts means nothing to libvirt, either. */
    if (drv_group_is_container(self) && part != GUEST_PART_VCPU)
        return TRUE;
    groups =
        drv_group_list_part(self, drv_group_is_container(self) ? GUEST_PART_GLOBAL : part, error);
    if (!groups)
        return FALSE;
    for (i = 0; i < groups->len; i++) {
        if (!tune_ceiling(g_ptr_array_index(groups, i), wanted, done, error))
            return FALSE;
    }

    return TRUE;
}

/* Whether the whole guest may use more than before, so that its parts may follow. */
static gboolean
global_rises(CorralGroup *group, const GuestBandwidth *wanted)
{
    gint64 quota;
    guint64 period;
    gint64 new_quota;
    guint64 new_period;

    if (!corral_group_get_cpu_ceiling(group, &quota, &period, NULL))
        return FALSE;

    new_quota = wanted->quota_us ? wanted->quota_us : quota;
    new_period = wanted->period_us ? wanted->period_us : period;
    if (quota < 0 || new_quota < 0)
        return new_quota < 0;

    return (double)new_quota / (double)new_period >= (double)quota / (double)period;
}

gboolean
drv_group_tune(DrvGroup *self, const GuestCputune *tune, GError **error)
{
    static const GuestPart global_first[] = {GUEST_PART_GLOBAL, GUEST_PART_VCPU,
                                             GUEST_PART_EMULATOR, GUEST_PART_IOTHREAD};
    static const GuestPart global_last[] = {GUEST_PART_VCPU, GUEST_PART_EMULATOR,
                                            GUEST_PART_IOTHREAD, GUEST_PART_GLOBAL};
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(Undo));
    const GuestPart *order = global_first;
    gboolean success = TRUE;
    gsize i;

    g_array_set_clear_func(done, undo_clear);
    if (tune->has_shares)
        success = tune_shares(drv_group_get_whole(self), tune->shares, done, error);

    if (guest_cputune_has_bandwidth(tune)) {
        if (!global_rises(drv_group_get_whole(self), &tune->bandwidth[GUEST_PART_GLOBAL]))
            order = global_last;
        for (i = 0; success && i < GUEST_N_PARTS; i++)
            success = tune_part(self, order[i], &tune->bandwidth[order[i]], done, error);
    }

    if (!success)
        undo_all(done);
    return success;
}

gboolean
drv_group_tune_anew(DrvGroup *self, const GuestCputune *tune, GError **error)
{
    GuestCputune whole = *tune;
    guint part;

    if (!whole.has_shares) {
        whole.has_shares = TRUE;
        whole.shares = CORRAL_CPU_SHARES_DEFAULT;
    }
    for (part = 0; part < GUEST_N_PARTS; part++) {
        GuestBandwidth *bandwidth = &whole.bandwidth[part];

        if (bandwidth->period_us == 0)
            bandwidth->period_us = CORRAL_CPU_PERIOD_DEFAULT_US;
        if (bandwidth->quota_us == 0)
            bandwidth->quota_us = -1;
    }
    return drv_group_tune(self, &whole, error);
}

/* Where what is shown as @part is to be read; NULL if it is nowhere. */
static CorralGroup *
find_shown(DrvGroup *self, GuestPart part)
{
    g_autoptr(GPtrArray) groups = NULL;

    if (drv_group_is_container(self))
        return part == GUEST_PART_VCPU ? drv_group_get_whole(self) : NULL;

    groups = drv_group_list_part(self, part, NULL);
    return groups && groups->len > 0 ? g_ptr_array_index(groups, 0) : NULL;
}

/* A number nobody gave is shown only once it is not the usual one any more. */
void
drv_group_read_tune(DrvGroup *self, const GuestCputune *said, GuestCputune *now)
{
    guint64 shares;
    guint part;

    *now = *said;
    if (corral_group_get_cpu_shares(drv_group_get_whole(self), &shares, NULL) &&
        (said->has_shares || shares != CORRAL_CPU_SHARES_DEFAULT)) {
        now->has_shares = TRUE;
        now->shares = shares;
    }

    for (part = 0; part < GUEST_N_PARTS; part++) {
        const GuestBandwidth *was = &said->bandwidth[part];
        CorralGroup *group = find_shown(self, part);
        GuestBandwidth is;

        if (!group && part == GUEST_PART_IOTHREAD)
            drv_later_show(self, &now->bandwidth[part]);
        if (!group || !corral_group_get_cpu_ceiling(group, &is.quota_us, &is.period_us, NULL))
            continue;
        if (was->period_us || is.period_us != CORRAL_CPU_PERIOD_DEFAULT_US)
            now->bandwidth[part].period_us = is.period_us;
        if (was->quota_us || is.quota_us >= 0)
            now->bandwidth[part].quota_us = is.quota_us;
    }
}
