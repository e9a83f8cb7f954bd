/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* The slots. */
int drv_stats_get_cpu(virDomainPtr dom, virTypedParameterPtr params, unsigned int nparams,
                      int start_cpu, unsigned int ncpus, unsigned int flags);
int drv_stats_get_all(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms,
                      unsigned int stats, virDomainStatsRecordPtr **records, unsigned int flags);
