/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings by their name: for those who are told at run time what to set. */
#include <config.h>

#include "cg-setting.h"
#include "corral-cpu.h"
#include "corral-error.h"
#include "corral-io.h"
#include "corral-memory-reclaim.h"
#include "corral-memory.h"
#include "corral-pids.h"

typedef gboolean (*Set)(CorralGroup *group, guint64 value, GError **error);
typedef gboolean (*Get)(CorralGroup *group, guint64 *value, GError **error);
typedef gboolean (*SetSmall)(CorralGroup *group, guint value, GError **error);
typedef gboolean (*GetSmall)(CorralGroup *group, guint *value, GError **error);
typedef gboolean (*SetFlag)(CorralGroup *group, gboolean value, GError **error);
typedef gboolean (*GetFlag)(CorralGroup *group, gboolean *value, GError **error);

/* Each has the functions for the type that its number is of; they are in the order of the enum. */
static const struct {
    const char *name;
    Set set;
    Get get;
    SetSmall set_small;
    GetSmall get_small;
    SetFlag set_flag;
    GetFlag get_flag;
    gboolean inverse;
} settings[CORRAL_N_SETTINGS] = {
    [CORRAL_SETTING_CPU_SHARES] = {.name = "cpu-shares",
                                   .set = corral_group_set_cpu_shares,
                                   .get = corral_group_get_cpu_shares},
    [CORRAL_SETTING_CPU_WEIGHT] = {.name = "cpu-weight",
                                   .set_small = corral_group_set_cpu_weight,
                                   .get_small = corral_group_get_cpu_weight},
    [CORRAL_SETTING_CPU_BURST] = {.name = "cpu-burst",
                                  .set = corral_group_set_cpu_burst,
                                  .get = corral_group_get_cpu_burst},
    [CORRAL_SETTING_CPU_IDLE] = {.name = "cpu-idle",
                                 .set_flag = corral_group_set_cpu_idle,
                                 .get_flag = corral_group_get_cpu_idle,
                                 .inverse = TRUE},
    [CORRAL_SETTING_IO_WEIGHT] = {.name = "io-weight",
                                  .set_small = corral_group_set_io_weight,
                                  .get_small = corral_group_get_io_weight},
    [CORRAL_SETTING_MEMORY_TOTAL_LIMIT] = {.name = "memory-total-limit",
                                           .set = corral_group_set_memory_total_limit,
                                           .get = corral_group_get_memory_total_limit},
    [CORRAL_SETTING_SWAP_LIMIT] = {.name = "swap-limit",
                                   .set = corral_group_set_swap_limit,
                                   .get = corral_group_get_swap_limit},
    [CORRAL_SETTING_MEMORY_LIMIT] = {.name = "memory-limit",
                                     .set = corral_group_set_memory_limit,
                                     .get = corral_group_get_memory_limit},
    [CORRAL_SETTING_MEMORY_HIGH] = {.name = "memory-high",
                                    .set = corral_group_set_memory_high,
                                    .get = corral_group_get_memory_high},
    [CORRAL_SETTING_MEMORY_SOFT_LIMIT] = {.name = "memory-soft-limit",
                                          .set = corral_group_set_memory_soft_limit,
                                          .get = corral_group_get_memory_soft_limit},
    [CORRAL_SETTING_MEMORY_LOW] = {.name = "memory-low",
                                   .set = corral_group_set_memory_low,
                                   .get = corral_group_get_memory_low},
    [CORRAL_SETTING_MEMORY_MIN] = {.name = "memory-min",
                                   .set = corral_group_set_memory_min,
                                   .get = corral_group_get_memory_min},
    [CORRAL_SETTING_SWAPPINESS] = {.name = "swappiness",
                                   .set_small = corral_group_set_swappiness,
                                   .get_small = corral_group_get_swappiness},
    [CORRAL_SETTING_OOM_GROUP] = {.name = "oom-group",
                                  .set_flag = corral_group_set_oom_group,
                                  .get_flag = corral_group_get_oom_group},
    [CORRAL_SETTING_PIDS_LIMIT] = {.name = "pids-limit",
                                   .set = corral_group_set_pids_limit,
                                   .get = corral_group_get_pids_limit},
};

static gboolean
set_flag(CorralSetting setting, CorralGroup *group, guint64 value, GError **error)
{
    if (value <= 1)
        return settings[setting].set_flag(group, value == 1, error);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                "%s %" G_GUINT64_FORMAT " is neither 0 nor 1", settings[setting].name, value);
    return FALSE;
}

static gboolean
get_flag(CorralSetting setting, CorralGroup *group, guint64 *value, GError **error)
{
    gboolean flag;

    if (!settings[setting].get_flag(group, &flag, error))
        return FALSE;

    *value = flag;
    return TRUE;
}

static gboolean
get_small(CorralSetting setting, CorralGroup *group, guint64 *value, GError **error)
{
    guint small;

    if (!settings[setting].get_small(group, &small, error))
        return FALSE;

    *value = small;
    return TRUE;
}

static gboolean
check(CorralSetting setting, GError **error)
{
    if ((guint)setting < CORRAL_N_SETTINGS)
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE, "there is no setting %d", (int)setting);
    return FALSE;
}

gboolean
cg_setting_is_inverse(CorralSetting setting)
{
    return settings[setting].inverse;
}

/**
 * corral_setting_get_name:
 * @setting: a setting
 *
 * Returns: (transfer none): its name, e.g. "memory-limit"; "?" if there is no such setting
 * Since: 0.1
 */
const char *
corral_setting_get_name(CorralSetting setting)
{
    return (guint)setting < CORRAL_N_SETTINGS ? settings[setting].name : "?";
}

/**
 * corral_setting_from_name:
 * @name: a setting's name
 * @setting: (out): the setting; untouched if the name is not known
 *
 * Returns: %TRUE if @name is a setting's
 * Since: 0.1
 */
gboolean
corral_setting_from_name(const char *name, CorralSetting *setting)
{
    guint i;

    for (i = 0; i < CORRAL_N_SETTINGS; i++) {
        if (g_str_equal(settings[i].name, name)) {
            *setting = i;
            return TRUE;
        }
    }

    return FALSE;
}

/**
 * corral_group_set:
 * @self: a group
 * @setting: which
 * @value: in the unit and the range that the setting's own function documents
 * @error: where to put what went wrong
 *
 * The same as the setting's own function.  %CORRAL_ERROR_RANGE also if there is
 * no such setting.
 *
 * Returns: (skip): %TRUE if the kernel accepted it
 * Since: 0.1
 */
gboolean
corral_group_set(CorralGroup *self, CorralSetting setting, guint64 value, GError **error)
{
    if (!check(setting, error))
        return FALSE;
    if (settings[setting].set_flag)
        return set_flag(setting, self, value, error);
    /* What does not fit is beyond every range. */
    if (settings[setting].set_small)
        return settings[setting].set_small(self, MIN(value, G_MAXUINT), error);

    return settings[setting].set(self, value, error);
}

/**
 * corral_group_get:
 * @self: a group
 * @setting: which
 * @value: (out): in the unit that the setting's own function documents
 * @error: where to put what went wrong
 *
 * Returns: (skip): %TRUE on success
 * Since: 0.1
 */
gboolean
corral_group_get(CorralGroup *self, CorralSetting setting, guint64 *value, GError **error)
{
    if (!check(setting, error))
        return FALSE;
    if (settings[setting].get_flag)
        return get_flag(setting, self, value, error);
    if (settings[setting].get_small)
        return get_small(setting, self, value, error);

    return settings[setting].get(self, value, error);
}
