/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-device.h"

G_BEGIN_DECLS

/**
 * CorralDeviceAccess:
 * @CORRAL_DEVICE_ACCESS_READ: to open it for reading
 * @CORRAL_DEVICE_ACCESS_WRITE: to open it for writing
 * @CORRAL_DEVICE_ACCESS_MKNOD: to make a node of it
 * @CORRAL_DEVICE_ACCESS_ALL: all of these
 *
 * What somebody may do with a device.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_DEVICE_ACCESS_READ = 1 << 0,
    CORRAL_DEVICE_ACCESS_WRITE = 1 << 1,
    CORRAL_DEVICE_ACCESS_MKNOD = 1 << 2,
    CORRAL_DEVICE_ACCESS_ALL = 0x7,
} CorralDeviceAccess;

#define CORRAL_TYPE_DEVICE_ACCESS (corral_device_access_get_type())
GType corral_device_access_get_type(void);

/**
 * CorralDeviceRule:
 * @allow: whether it allows or denies
 * @device: what
 * @access: which access
 *
 * One rule of a group.
 *
 * Since: 0.1
 */
typedef struct {
    gboolean allow;
    CorralDevice device;
    CorralDeviceAccess access;
} CorralDeviceRule;

#define CORRAL_TYPE_DEVICE_RULE (corral_device_rule_get_type())
GType corral_device_rule_get_type(void);

CorralDeviceRule *corral_device_rule_new(gboolean allow, const CorralDevice *device,
                                         CorralDeviceAccess access);
CorralDeviceRule *corral_device_rule_copy(const CorralDeviceRule *self);
void corral_device_rule_free(CorralDeviceRule *self);
char *corral_device_rule_to_string(const CorralDeviceRule *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralDeviceRule, corral_device_rule_free)

G_END_DECLS
