/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device-answer.h"
#include "corral-device-rule.h"
#include "corral-group.h"

G_BEGIN_DECLS

/**
 * CORRAL_DEVICE_MAJOR_MAX:
 *
 * The largest major number: the kernel's dev_t has 12 bits for it
 * (include/linux/kdev_t.h).
 *
 * Since: 0.1
 */
#define CORRAL_DEVICE_MAJOR_MAX 4095

/**
 * CORRAL_DEVICE_MINOR_MAX:
 *
 * The largest minor number: the kernel's dev_t has 20 bits for it.
 *
 * Since: 0.1
 */
#define CORRAL_DEVICE_MINOR_MAX 1048575

gboolean corral_group_deny_all_devices(CorralGroup *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_allow_all_devices(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_deny_device(CorralGroup *self, const CorralDevice *device,
                                  CorralDeviceAccess access, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_allow_device(CorralGroup *self, const CorralDevice *device,
                                   CorralDeviceAccess access, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_deny_device_node(CorralGroup *self, const char *path,
                                       CorralDeviceAccess access, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_allow_device_node(CorralGroup *self, const char *path,
                                        CorralDeviceAccess access, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_set_device_rules(CorralGroup *self, GPtrArray *rules, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean corral_group_detach_device_programs(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *corral_group_list_device_rules(CorralGroup *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
CorralDeviceAnswer *corral_group_ask_device(CorralGroup *self, const CorralDevice *device,
                                            CorralDeviceAccess access, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
CorralDeviceAnswer *corral_group_ask_device_node(CorralGroup *self, const char *path,
                                                 CorralDeviceAccess access, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
