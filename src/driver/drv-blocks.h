/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* What changes the images that a running guest works with, or writes to more of them. */
int drv_blocks_copy(virDomainPtr dom, const char *disk, const char *xml,
                    virTypedParameterPtr params, int nparams, unsigned int flags);
int drv_blocks_rebase(virDomainPtr dom, const char *disk, const char *base, unsigned long bandwidth,
                      unsigned int flags);
int drv_blocks_pull(virDomainPtr dom, const char *disk, unsigned long bandwidth,
                    unsigned int flags);
int drv_blocks_commit(virDomainPtr dom, const char *disk, const char *base, const char *top,
                      unsigned long bandwidth, unsigned int flags);
int drv_blocks_abort(virDomainPtr dom, const char *disk, unsigned int flags);
int drv_blocks_backup(virDomainPtr dom, const char *xml, const char *checkpoint,
                      unsigned int flags);
int drv_blocks_delete_checkpoint(virDomainCheckpointPtr checkpoint, unsigned int flags);
virDomainSnapshotPtr drv_blocks_snapshot(virDomainPtr dom, const char *xml, unsigned int flags);
int drv_blocks_delete_snapshot(virDomainSnapshotPtr snapshot, unsigned int flags);
