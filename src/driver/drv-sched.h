/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Scheduler parameters: `virsh schedinfo`.  Ranges, messages and access checks are stock's. */
char *drv_sched_get_type(virDomainPtr dom, int *nparams);
int drv_sched_get(virDomainPtr dom, virTypedParameterPtr params, int *nparams);
int drv_sched_get_flags(virDomainPtr dom, virTypedParameterPtr params, int *nparams,
                        unsigned int flags);
int drv_sched_set(virDomainPtr dom, virTypedParameterPtr params, int nparams);
int drv_sched_set_flags(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                        unsigned int flags);
