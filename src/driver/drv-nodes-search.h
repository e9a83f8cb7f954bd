/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-nodes.h"

/* What drv-nodes.c and drv-nodes-host.c have in common.  All are FALSE with an error set. */

#define RO CORRAL_DEVICE_ACCESS_READ
#define RW (CORRAL_DEVICE_ACCESS_READ | CORRAL_DEVICE_ACCESS_WRITE)

typedef struct {
    GPtrArray *grants;
    DrvNodesFlags flags;
    GError **error;
} DrvNodesSearch;

/* @optional: absent or out of reach, it is none of our business.  @node may be NULL. */
gboolean drv_nodes_search_node(DrvNodesSearch *search, const char *node, CorralDeviceAccess access,
                               const char *reason, gboolean optional) G_GNUC_WARN_UNUSED_RESULT;

/* All character devices of a driver. */
void drv_nodes_search_class(DrvNodesSearch *search, guint major, const char *reason);

/* Takes @group, "/dev/vfio/7"; NULL with libvirt's error if there is none. */
gboolean drv_nodes_search_vfio(DrvNodesSearch *search, char *group, const char *reason)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean drv_nodes_search_hostdev(DrvNodesSearch *search, virDomainHostdevDef *hostdev)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean drv_nodes_search_interface(DrvNodesSearch *search, virDomainNetDef *net)
    G_GNUC_WARN_UNUSED_RESULT;
