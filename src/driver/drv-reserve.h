/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* The host's share among libvirt's memory parameters of the host (drv-reserve.c). */
int drv_reserve_get(virConnectPtr conn, virTypedParameterPtr params, int *nparams,
                    unsigned int flags);
int drv_reserve_set(virConnectPtr conn, virTypedParameterPtr params, int nparams,
                    unsigned int flags);
