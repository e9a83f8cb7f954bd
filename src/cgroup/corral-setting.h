/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralSetting:
 * @CORRAL_SETTING_CPU_SHARES: see corral_group_set_cpu_shares()
 * @CORRAL_SETTING_CPU_WEIGHT: see corral_group_set_cpu_weight()
 * @CORRAL_SETTING_MEMORY_LIMIT: see corral_group_set_memory_limit()
 *
 * What a group has one number of.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_SETTING_CPU_SHARES,
    CORRAL_SETTING_CPU_WEIGHT,
    CORRAL_SETTING_MEMORY_LIMIT,
} CorralSetting;

#define CORRAL_TYPE_SETTING (corral_setting_get_type())
GType corral_setting_get_type(void);

/**
 * CORRAL_N_SETTINGS:
 *
 * How many values #CorralSetting has.
 *
 * Since: 0.1
 */
#define CORRAL_N_SETTINGS (CORRAL_SETTING_MEMORY_LIMIT + 1)

const char *corral_setting_get_name(CorralSetting setting);
gboolean corral_setting_from_name(const char *name, CorralSetting *setting);

gboolean corral_group_set(CorralGroup *self, CorralSetting setting, guint64 value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get(CorralGroup *self, CorralSetting setting, guint64 *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
