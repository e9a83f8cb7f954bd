/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/*
 * What libvirt could say of containers in answer to `virsh domstats`, and does not: a stand-in
 * for connectGetAllDomainStats of its driver, in the names of QEMU's.  Processor
 * time is not in it: that comes with what groups have to say (drv-stats.c).
 */
int drv_records_get_all(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms,
                        unsigned int stats, virDomainStatsRecordPtr **records, unsigned int flags);
