/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-definition.h"
#include "guest-grants.h"

/*
 * Which device nodes QEMU, or a container, opens by itself for what a definition names:
 * the same ones as with stock's device list.  What libvirtd opens and hands over (taps,
 * vhost-net, descriptors of disks) needs no grant, and neither do regular files.
 *
 * A node that is not there is a failure where DRV_NODES_STRICT and stock's device
 * list make it one; otherwise, and where whatever is wrong is for the stock
 * driver to tell, it is passed over.
 */
typedef enum {
    DRV_NODES_LENIENT = 0,
    DRV_NODES_STRICT = 1 << 0,
    DRV_NODES_PENDING = 1 << 1, /* VFIO groups may come to be only while libvirt goes on */
} DrvNodesFlags;

/* What qemu.conf says about it, read once: the stock driver reads it at its start, too. */
void drv_nodes_init(const char *conf);

/* Adds to @grants (element-type GuestGrant) what the whole guest needs. */
gboolean drv_nodes_add_guest(GPtrArray *grants, virDomainDef *def, DrvNodesFlags flags,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What one device needs that is about to be plugged in. */
gboolean drv_nodes_add_device(GPtrArray *grants, virDomainDef *def, virDomainDeviceDef *device,
                              DrvNodesFlags flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An image with all that is behind it; @reason as in "disk vda". */
gboolean drv_nodes_add_chain(GPtrArray *grants, virStorageSource *top, const char *reason,
                             DrvNodesFlags flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One image of a chain, to be written to. */
gboolean drv_nodes_add_image(GPtrArray *grants, virStorageSource *image, const char *reason,
                             DrvNodesFlags flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What there is of a container: drv_nodes_add_guest() and drv_nodes_add_device() come here. */
void drv_nodes_add_container(GPtrArray *grants, const virDomainDef *def);
void drv_nodes_add_containers_device(GPtrArray *grants, const virDomainDeviceDef *device);

/* Where in a container @device gets its node; NULL if it gets none. */
char *drv_nodes_dup_inside(const virDomainDeviceDef *device);
