/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* The slots. */
int drv_memory_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams, unsigned int flags);
int drv_memory_set(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags);
