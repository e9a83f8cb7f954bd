/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-lxc.h"

/* What a container uses: the slots. */
int drv_use_get_memory(virDomainPtr dom, virDomainMemoryStatPtr stats, unsigned int nstats,
                       unsigned int flags);
int drv_use_get_block(virDomainPtr dom, const char *path, virDomainBlockStatsPtr stats);
int drv_use_get_block_flags(virDomainPtr dom, const char *path, virTypedParameterPtr params,
                            int *nparams, unsigned int flags);

/* What a container has done to the device behind @disk; to all of the host's if that is NULL. */
gboolean drv_use_read_disk(CorralGroup *group, const virDomainDiskDef *disk,
                           CorralIoStatistics *statistics, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
