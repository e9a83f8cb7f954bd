/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/*
 * Domain XML as libvirt's own parser reads it, for what must be read exactly as
 * the stock driver does.  QEMU's callbacks are private to the stock driver, so
 * what they would fill in or refuse is as the XML says it.  All of them raise
 * the parser's error.
 */

/* @live: what the stock driver says of a running guest, mirrors and aliases included */
virDomainDef *drv_definition_parse(const char *xml, gboolean live);

/* A device for @def, which may be changed by it (free addresses are given out). */
virDomainDeviceDef *drv_definition_parse_device(const char *xml, virDomainDef *def);

/* A <disk> or its <source>, as virDomainBlockCopy() takes it. */
virStorageSource *drv_definition_parse_disk_source(const char *xml);

/* For parsers of what else contains disks. */
virDomainXMLOption *drv_definition_get_options(void);
