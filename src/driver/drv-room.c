/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room below a limit that is about to be set.
 *
 * A step at a time, as what the kernel is asked for at once it takes generously: of 100 MiB
 * asked for up to 177 went.  Where it can only be asked by a limit, the limit goes down in
 * steps, and back up if it does not get there.
 */
#include <config.h>

#include "drv-room.h"

#define KIB_SHIFT 10
#define MIB ((guint64)1 << 20)

#define STEP (64 * MIB)
#define LITTLE MIB
#define MOST_IN_VAIN 8
#define PAUSE_US (G_TIME_SPAN_SECOND / 20)
#define PATIENCE_US (10 * G_TIME_SPAN_SECOND)

/* Takes up to @step from a group that uses @usage.  FALSE with CORRAL_ERROR_BUSY if it cannot. */
typedef gboolean (*TakeStep)(CorralGroup *group, guint64 usage, guint64 step, GError **error);

static gboolean
take_by_reclaim(CorralGroup *group, guint64 usage G_GNUC_UNUSED, guint64 step, GError **error)
{
    guint64 reclaimed;

    return corral_group_reclaim_memory(group, step, &reclaimed, error);
}

static gboolean
take_by_limit(CorralGroup *group, guint64 usage, guint64 step, GError **error)
{
    return corral_group_set_memory_limit(group, usage - step, error);
}

static gboolean
is(const GError *error, CorralError code)
{
    return g_error_matches(error, CORRAL_ERROR, code);
}

static gboolean
take(CorralGroup *group, guint64 bytes, TakeStep take_step, GError **error)
{
    const gint64 until_us = g_get_monotonic_time() + PATIENCE_US;
    guint64 least = G_MAXUINT64;
    guint64 usage;
    guint vain = 0;

    while (corral_group_get_memory_usage(group, &usage, error)) {
        g_autoptr(GError) failure = NULL;

        if (usage <= bytes)
            return TRUE;
        vain = least - MIN(usage, least) < LITTLE ? vain + 1 : 0;
        least = MIN(usage, least);
        if (vain > MOST_IN_VAIN || g_get_monotonic_time() > until_us) {
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                        "it uses %" G_GUINT64_FORMAT " KiB, and can give no more of it back",
                        usage >> KIB_SHIFT);
            return FALSE;
        }

        if (!take_step(group, usage, MIN(STEP, usage - bytes), &failure) &&
            !is(failure, CORRAL_ERROR_BUSY)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (vain > 0)
            g_usleep(PAUSE_US);
    }

    return FALSE;
}

gboolean
drv_room_make(CorralGroup *group, guint64 bytes, GError **error)
{
    g_autoptr(GError) failure = NULL;
    guint64 before;

    if (take(group, bytes, take_by_reclaim, &failure))
        return TRUE;
    if (!is(failure, CORRAL_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    g_clear_error(&failure);
    if (!corral_group_get_memory_limit(group, &before, error))
        return FALSE;
    if (take(group, bytes, take_by_limit, error))
        return TRUE;
    if (!corral_group_set_memory_limit(group, before, &failure))
        g_debug("the limit stays lower than it was: %s", failure->message);
    return FALSE;
}
