/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define CORRAL_ERROR (corral_error_quark())

/**
 * CorralError:
 * @CORRAL_ERROR_FAILED: the kernel or the machine failed; nothing a caller could do about
 * @CORRAL_ERROR_RANGE: a value is out of its documented range; nothing was written
 * @CORRAL_ERROR_NO_CONTROLLER: nobody hands out this controller here
 * @CORRAL_ERROR_UNSUPPORTED: the controller is there, this kernel lacks the feature
 * @CORRAL_ERROR_NOT_FOUND: there is no such group, process or label
 * @CORRAL_ERROR_GONE: the group was removed meanwhile
 * @CORRAL_ERROR_EXISTS: the group is there already
 * @CORRAL_ERROR_BUSY: processes, or groups below, are in the way
 * @CORRAL_ERROR_PERMISSION: not allowed, or mounted read-only
 * @CORRAL_ERROR_REFUSED: the kernel understood the request and refused the value
 * @CORRAL_ERROR_NAME: not a name or path that a group can have
 *
 * All but the first are answers that a caller may want to act upon.
 *
 * Since: 0.1
 */
typedef enum {
    CORRAL_ERROR_FAILED,
    CORRAL_ERROR_RANGE,
    CORRAL_ERROR_NO_CONTROLLER,
    CORRAL_ERROR_UNSUPPORTED,
    CORRAL_ERROR_NOT_FOUND,
    CORRAL_ERROR_GONE,
    CORRAL_ERROR_EXISTS,
    CORRAL_ERROR_BUSY,
    CORRAL_ERROR_PERMISSION,
    CORRAL_ERROR_REFUSED,
    CORRAL_ERROR_NAME,
} CorralError;

#define CORRAL_TYPE_ERROR (corral_error_get_type())
GType corral_error_get_type(void);

GQuark corral_error_quark(void);

G_END_DECLS
