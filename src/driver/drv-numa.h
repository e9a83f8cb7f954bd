/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Overrides: the memory nodes of a guest. */
int drv_numa_set(virDomainPtr dom, virTypedParameterPtr params, int nparams, unsigned int flags);
int drv_numa_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams, unsigned int flags);
