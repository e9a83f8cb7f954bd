/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/*
 * One question about the statistics of many guests: how many records there are,
 * -1 with libvirt's error if it fails.  @ndoms 0: of all guests that @flags choose.
 * Several threads ask it at once, each for guests of its own.
 */
typedef int (*DrvCrewAsk)(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms,
                          virDomainStatsRecordPtr **records, unsigned int flags, gpointer opaque);

/*
 * What @ask answers for these guests, asked by several threads at once where there
 * are many.  @list finds out who they are where the caller does not say.
 */
int drv_crew_get_all_stats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms,
                           virDomainStatsRecordPtr **records, unsigned int flags,
                           virDrvConnectListAllDomains list, DrvCrewAsk ask, gpointer opaque);
