/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters that a client sent. */
#include <config.h>

#include "drv-params.h"

const char *
drv_params_find_string(virTypedParameterPtr params, int nparams, const char *name)
{
    const char *value = NULL;

    if (virTypedParamsGetString(params, nparams, name, &value) < 0)
        virResetLastError();
    return value;
}
