/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * CORRAL_DEVICE_ANY:
 *
 * In place of a major or minor number: all of them.
 *
 * Since: 0.1
 */
#define CORRAL_DEVICE_ANY ((guint)4294967295)

/**
 * CorralDeviceType:
 * @CORRAL_DEVICE_TYPE_BLOCK: a block device
 * @CORRAL_DEVICE_TYPE_CHARACTER: a character device
 * @CORRAL_DEVICE_TYPE_ALL: either
 *
 * What kind of device a number is of: 8:0 may be both a block and a character
 * device, and they have nothing to do with each other.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_DEVICE_TYPE_BLOCK,
    CORRAL_DEVICE_TYPE_CHARACTER,
    CORRAL_DEVICE_TYPE_ALL,
} CorralDeviceType;

#define CORRAL_TYPE_DEVICE_TYPE (corral_device_type_get_type())
GType corral_device_type_get_type(void);

/**
 * CorralDevice:
 * @type: block or character
 * @major: the driver's number, or %CORRAL_DEVICE_ANY
 * @minor: the device's number, or %CORRAL_DEVICE_ANY
 *
 * A device, or a class of devices, as the kernel knows it.
 *
 * Since: 0.1
 */
typedef struct {
    CorralDeviceType type;
    guint major;
    guint minor;
} CorralDevice;

#define CORRAL_TYPE_DEVICE (corral_device_get_type())
GType corral_device_get_type(void);

CorralDevice *corral_device_new(CorralDeviceType type, guint major, guint minor);
CorralDevice *corral_device_new_for_path(const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
CorralDevice *corral_device_copy(const CorralDevice *self);
void corral_device_free(CorralDevice *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CorralDevice, corral_device_free)

G_END_DECLS
