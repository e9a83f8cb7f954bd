/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings by their name: for those who are told at run time what to set. */
#include <config.h>

#include "cg-setting.h"
#include "corral-cpu.h"
#include "corral-error.h"
#include "corral-memory.h"

static gboolean
set_cpu_weight(CorralGroup *group, guint64 value, GError **error)
{
    return corral_group_set_cpu_weight(group, MIN(value, G_MAXUINT), error);
}

static gboolean
get_cpu_weight(CorralGroup *group, guint64 *value, GError **error)
{
    guint weight;

    if (!corral_group_get_cpu_weight(group, &weight, error))
        return FALSE;

    *value = weight;
    return TRUE;
}

/* In the order in which they may be raised; they are cut in the reverse order. */
static const struct {
    const char *name;
    gboolean (*set)(CorralGroup *group, guint64 value, GError **error);
    gboolean (*get)(CorralGroup *group, guint64 *value, GError **error);
    gboolean inverse;
} settings[CORRAL_N_SETTINGS] = {
    [CORRAL_SETTING_CPU_SHARES] = {"cpu-shares", corral_group_set_cpu_shares,
                                   corral_group_get_cpu_shares, FALSE},
    [CORRAL_SETTING_CPU_WEIGHT] = {"cpu-weight", set_cpu_weight, get_cpu_weight, FALSE},
    [CORRAL_SETTING_MEMORY_LIMIT] = {"memory-limit", corral_group_set_memory_limit,
                                     corral_group_get_memory_limit, FALSE},
};

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
    return check(setting, error) && settings[setting].set(self, value, error);
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
    return check(setting, error) && settings[setting].get(self, value, error);
}
