/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices by their node or by their number. */
#include <config.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "corral-device.h"
#include "corral-error.h"

G_DEFINE_BOXED_TYPE(CorralDevice, corral_device, corral_device_copy, corral_device_free)

/**
 * corral_device_new:
 * @type: block or character
 * @major: the driver's number, or %CORRAL_DEVICE_ANY
 * @minor: the device's number, or %CORRAL_DEVICE_ANY
 *
 * Returns: (transfer full): the device; free with corral_device_free()
 * Since: 0.1
 */
CorralDevice *
corral_device_new(CorralDeviceType type, guint major, guint minor)
{
    CorralDevice *self = g_new(CorralDevice, 1);

    *self = (CorralDevice){type, major, minor};
    return self;
}

/**
 * corral_device_new_for_path:
 * @path: (type filename): a device node, or a symbolic link to one
 * @error: where to put what went wrong
 *
 * %CORRAL_ERROR_NOT_FOUND: there is no such file; %CORRAL_ERROR_NAME: it is no
 * device; %CORRAL_ERROR_PERMISSION: a directory on the way may not be searched.
 *
 * Returns: (transfer full): the device; free with corral_device_free()
 * Since: 0.1
 */
CorralDevice *
corral_device_new_for_path(const char *path, GError **error)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        int errnum = errno;
        CorralError code = errnum == ENOENT || errnum == ENOTDIR ? CORRAL_ERROR_NOT_FOUND
                           : errnum == EACCES                    ? CORRAL_ERROR_PERMISSION
                                                                 : CORRAL_ERROR_FAILED;

        g_set_error(error, CORRAL_ERROR, code, "cannot look at device '%s': %s", path,
                    g_strerror(errnum));
        return NULL;
    }
    if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "'%s' is not a device", path);
        return NULL;
    }

    return corral_device_new(S_ISBLK(st.st_mode) ? CORRAL_DEVICE_TYPE_BLOCK
                                                 : CORRAL_DEVICE_TYPE_CHARACTER,
                             major(st.st_rdev), minor(st.st_rdev));
}

/**
 * corral_device_copy:
 * @self: a device
 *
 * Returns: (transfer full): another one that is the same
 * Since: 0.1
 */
CorralDevice *
corral_device_copy(const CorralDevice *self)
{
    return g_memdup2(self, sizeof(*self));
}

/**
 * corral_device_free:
 * @self: (transfer full): a device
 *
 * Gives back what corral_device_new() and its kin have made.
 *
 * Since: 0.1
 */
void
corral_device_free(CorralDevice *self)
{
    g_free(self);
}
