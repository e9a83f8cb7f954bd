/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CorralSetting:
 * @CORRAL_SETTING_CPU_SHARES: see corral_group_set_cpu_shares()
 * @CORRAL_SETTING_CPU_WEIGHT: see corral_group_set_cpu_weight()
 * @CORRAL_SETTING_CPU_BURST: see corral_group_set_cpu_burst()
 * @CORRAL_SETTING_CPU_IDLE: see corral_group_set_cpu_idle(); 0 or 1
 * @CORRAL_SETTING_IO_WEIGHT: see corral_group_set_io_weight()
 * @CORRAL_SETTING_MEMORY_TOTAL_LIMIT: see corral_group_set_memory_total_limit()
 * @CORRAL_SETTING_SWAP_LIMIT: see corral_group_set_swap_limit()
 * @CORRAL_SETTING_MEMORY_LIMIT: see corral_group_set_memory_limit()
 * @CORRAL_SETTING_MEMORY_HIGH: see corral_group_set_memory_high()
 * @CORRAL_SETTING_MEMORY_SOFT_LIMIT: see corral_group_set_memory_soft_limit()
 * @CORRAL_SETTING_MEMORY_LOW: see corral_group_set_memory_low()
 * @CORRAL_SETTING_MEMORY_MIN: see corral_group_set_memory_min()
 * @CORRAL_SETTING_SWAPPINESS: see corral_group_set_swappiness()
 * @CORRAL_SETTING_OOM_GROUP: see corral_group_set_oom_group(); 0 or 1
 * @CORRAL_SETTING_PIDS_LIMIT: see corral_group_set_pids_limit()
 *
 * What a group has one number of.  Of those that depend on each other the one
 * that is to be raised first comes first.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_SETTING_CPU_SHARES,
    CORRAL_SETTING_CPU_WEIGHT,
    CORRAL_SETTING_CPU_BURST,
    CORRAL_SETTING_CPU_IDLE,
    CORRAL_SETTING_IO_WEIGHT,
    CORRAL_SETTING_MEMORY_TOTAL_LIMIT,
    CORRAL_SETTING_SWAP_LIMIT,
    CORRAL_SETTING_MEMORY_LIMIT,
    CORRAL_SETTING_MEMORY_HIGH,
    CORRAL_SETTING_MEMORY_SOFT_LIMIT,
    CORRAL_SETTING_MEMORY_LOW,
    CORRAL_SETTING_MEMORY_MIN,
    CORRAL_SETTING_SWAPPINESS,
    CORRAL_SETTING_OOM_GROUP,
    CORRAL_SETTING_PIDS_LIMIT,
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
#define CORRAL_N_SETTINGS (CORRAL_SETTING_PIDS_LIMIT + 1)

const char *corral_setting_get_name(CorralSetting setting);
gboolean corral_setting_from_name(const char *name, CorralSetting *setting);

gboolean corral_group_set(CorralGroup *self, CorralSetting setting, guint64 value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_get(CorralGroup *self, CorralSetting setting, guint64 *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
