/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device nodes of the host's own devices: VFIO groups, USB, SCSI. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drv-nodes-search.h"

#define VFIO_NODE "/dev/vfio/vfio"

/* What the stock driver will say itself, and better. */
static gboolean
pass_over(void)
{
    virResetLastError();
    return TRUE;
}

/* ---- VFIO ---- */

/* The major number of all VFIO groups, 0 if the driver is not there. */
static guint
find_vfio_major(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint major = 0;
    char word[32];
    gsize i;

    if (!g_file_get_contents("/proc/devices", &text, NULL, NULL))
        return 0;

    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i] && !g_str_equal(lines[i], "Block devices:"); i++) {
        if (sscanf(lines[i], "%u %31s", &major, word) == 2 && g_str_equal(word, "vfio"))
            return major;
    }

    return 0;
}

/*
 * The node of a VFIO group exists while a device of the group is bound to vfio-pci,
 * which for a managed device happens in the stock driver, after us.  Until it is
 * done, all groups may be opened; then only this one.
 */
static void
add_pending_group(DrvNodesSearch *search, const char *reason)
{
    guint major = find_vfio_major();

    if (major == 0) {
        int fd = open(VFIO_NODE, O_RDWR | O_CLOEXEC); /* loads the driver */

        if (fd >= 0)
            close(fd);
        major = find_vfio_major();
    }
    if (major != 0)
        drv_nodes_search_class(search, major, reason);
}

gboolean
drv_nodes_search_vfio(DrvNodesSearch *search, char *group, const char *reason)
{
    g_autofree char *owned = group;

    if (!owned)
        return pass_over();
    if (access(owned, F_OK) < 0 && (search->flags & DRV_NODES_PENDING))
        add_pending_group(search, reason);

    return drv_nodes_search_node(search, owned, RW, reason, TRUE) &&
           drv_nodes_search_node(search, VFIO_NODE, RW, reason, TRUE);
}

/* ---- devices of the host ---- */

static gboolean
add_usb(DrvNodesSearch *search, virDomainHostdevDef *hostdev)
{
    g_autoptr(virUSBDevice) usb = NULL;
    g_autofree char *reason = NULL;

    if (hostdev->missing || virHostdevFindUSBDevice(hostdev, false, &usb) < 0 || !usb)
        return pass_over();

    reason = g_strdup_printf("hostdev usb %03u:%03u", virUSBDeviceGetBus(usb),
                             virUSBDeviceGetDevno(usb));
    return drv_nodes_search_node(search, virUSBDeviceGetPath(usb), RW, reason, FALSE);
}

static gboolean
add_scsi(DrvNodesSearch *search, virDomainHostdevDef *hostdev)
{
    const virDomainHostdevSubsysSCSI *source = &hostdev->source.subsys.u.scsi;
    g_autoptr(virSCSIDevice) scsi = NULL;
    g_autofree char *reason = NULL;

    if (source->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_TYPE_ISCSI)
        return TRUE;
    scsi = virSCSIDeviceNew(NULL, source->u.host.adapter, source->u.host.bus, source->u.host.target,
                            source->u.host.unit, hostdev->readonly, hostdev->shareable);
    if (!scsi)
        return pass_over();

    reason = g_strdup_printf("hostdev scsi %s:%u:%u:%llu", source->u.host.adapter,
                             source->u.host.bus, source->u.host.target, source->u.host.unit);
    return drv_nodes_search_node(search, virSCSIDeviceGetPath(scsi),
                                 virSCSIDeviceGetReadonly(scsi) ? RO : RW, reason, FALSE);
}

static gboolean
add_vhost_scsi(DrvNodesSearch *search, const virDomainHostdevSubsysSCSIVHost *source)
{
    g_autoptr(virSCSIVHostDevice) host = NULL;
    g_autofree char *reason = NULL;

    if (source->protocol != VIR_DOMAIN_HOSTDEV_SUBSYS_SCSI_HOST_PROTOCOL_TYPE_VHOST)
        return TRUE;
    host = virSCSIVHostDeviceNew(source->wwpn);
    if (!host)
        return pass_over();

    reason = g_strdup_printf("hostdev scsi_host %s", source->wwpn);
    return drv_nodes_search_node(search, virSCSIVHostDeviceGetPath(host), RW, reason, FALSE);
}

static gboolean
add_pci(DrvNodesSearch *search, const virDomainHostdevSubsysPCI *source)
{
    g_autofree char *address = virPCIDeviceAddressAsString(&source->addr);
    g_autofree char *reason = g_strdup_printf("hostdev %s", address);

    /* "default" is VFIO, but the stock driver says so only at the start. */
    if (drv_versions_is_legacy_pci(source) || !virPCIDeviceExists(&source->addr))
        return TRUE;
    return drv_nodes_search_vfio(search, virPCIDeviceAddressGetIOMMUGroupDev(&source->addr),
                                 reason);
}

static gboolean
add_mdev(DrvNodesSearch *search, const virDomainHostdevSubsysMediatedDev *source)
{
    g_autofree char *reason = g_strdup_printf("hostdev mdev %s", source->uuidstr);

    return drv_nodes_search_vfio(search, virMediatedDeviceGetIOMMUGroupDev(source->uuidstr),
                                 reason);
}

gboolean
drv_nodes_search_hostdev(DrvNodesSearch *search, virDomainHostdevDef *hostdev)
{
    if (hostdev->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYS)
        return TRUE;

    switch ((virDomainHostdevSubsysType)hostdev->source.subsys.type) {
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI:
        return add_pci(search, &hostdev->source.subsys.u.pci);
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_USB:
        return add_usb(search, hostdev);
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_SCSI:
        return add_scsi(search, hostdev);
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_SCSI_HOST:
        return add_vhost_scsi(search, &hostdev->source.subsys.u.scsi_host);
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV:
        return add_mdev(search, &hostdev->source.subsys.u.mdev);
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_LAST:
    default:
        return TRUE;
    }
}

/*
 * Which device of a network's pool the guest gets is decided in the stock driver,
 * and the running definition names it as an <interface type='hostdev'>.  Until
 * then it is one like those that are not bound yet.
 */
gboolean
drv_nodes_search_interface(DrvNodesSearch *search, virDomainNetDef *net)
{
    virConnectPtr conn;
    virNetworkPtr network = NULL;
    g_autofree char *xml = NULL;

    if (net->type != VIR_DOMAIN_NET_TYPE_NETWORK || !(search->flags & DRV_NODES_PENDING))
        return TRUE;

    conn = virGetConnectNetwork();
    if (conn)
        network = virNetworkLookupByName(conn, net->data.network.name);
    if (network)
        xml = virNetworkGetXMLDesc(network, 0);
    virObjectUnref(network);
    virObjectUnref(conn);
    virResetLastError();

    /* libvirt prints it, so it is spelt like this. */
    if (!xml || !strstr(xml, "<forward mode='hostdev'"))
        return TRUE;
    add_pending_group(search, "network");
    return drv_nodes_search_node(search, VFIO_NODE, RW, "network", TRUE);
}
