/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Snapshots: taking them, what they say, and going back to them. */
virDomainSnapshotPtr drv_snapshot_create_xml(virDomainPtr dom, const char *xml, unsigned int flags);
char *drv_snapshot_get_desc(virDomainSnapshotPtr snapshot, unsigned int flags);
int drv_snapshot_revert(virDomainSnapshotPtr snapshot, unsigned int flags);
