/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* The parameter @name if it is there, once, and a string; NULL otherwise: about all else stock
 * complains.  Lives as long as @params. */
const char *drv_params_find_string(virTypedParameterPtr params, int nparams, const char *name);
