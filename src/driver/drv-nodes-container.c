/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes that a container opens: what libvirt_lxc allows it before it
 * exists, and libvirt's driver of containers what is plugged in later.
 *
 * What is in a file libvirt_lxc puts behind a block device, which nobody's XML names.
 * The kernel tells what is behind which.  A file that is behind several gives
 * the container nothing that it has not got.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "drv-nodes-search.h"

#define RWM CORRAL_DEVICE_ACCESS_ALL

#define BLOCK_DEVICES "/sys/block"
#define RTC_NODE "/dev/rtc0"
#define HPET_NODE "/dev/hpet"

/* Documentation/admin-guide/devices.txt of the kernel.  They are the same whatever the machine
 * has in /dev, for the container has one of its own. */
static const struct {
    const char *node; /* NULL: all of this major */
    guint major;
    guint minor;
    const char *reason;
} default_list[] = {
    {"/dev/null", 1, 3, "default list"},
    {"/dev/zero", 1, 5, "default list"},
    {"/dev/full", 1, 7, "default list"},
    {"/dev/random", 1, 8, "default list"},
    {"/dev/urandom", 1, 9, "default list"},
    {"/dev/tty", 5, 0, "default list"},
    {"/dev/ptmx", 5, 2, "default list"},
    {"/dev/fuse", 10, 229, "default list"},
    {NULL, 136, CORRAL_DEVICE_ANY, "pseudo terminals"},
};

static void
add_default_list(GPtrArray *grants)
{
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(default_list); i++) {
        CorralDevice device = {CORRAL_DEVICE_TYPE_CHARACTER, default_list[i].major,
                               default_list[i].minor};

        guest_grants_add(grants, &device, RWM, default_list[i].node, default_list[i].reason);
    }
}

/* To make a node is not to open it. */
static void
add_mknod(GPtrArray *grants, const virDomainDef *def)
{
    static const CorralDevice all[] = {
        {CORRAL_DEVICE_TYPE_BLOCK, CORRAL_DEVICE_ANY, CORRAL_DEVICE_ANY},
        {CORRAL_DEVICE_TYPE_CHARACTER, CORRAL_DEVICE_ANY, CORRAL_DEVICE_ANY},
    };
    gsize i;

    if (def->caps_features[VIR_DOMAIN_PROCES_CAPS_FEATURE_MKNOD] != VIR_TRISTATE_SWITCH_ON)
        return;
    for (i = 0; i < G_N_ELEMENTS(all); i++)
        guest_grants_add(grants, &all[i], CORRAL_DEVICE_ACCESS_MKNOD, NULL, "capability mknod");
}

/* One that is not there is for stock to tell. */
static void
add_node(GPtrArray *grants, const char *node, CorralDeviceAccess access, const char *reason)
{
    g_autoptr(CorralDevice) device = node ? corral_device_new_for_path(node, NULL) : NULL;

    if (device)
        guest_grants_add(grants, device, access, node, reason);
}

/* ---- what is in files ---- */

static char *
read_of_block(const char *name, const char *file)
{
    g_autofree char *path = g_build_filename(BLOCK_DEVICES, name, file, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

/* Whether the loop device @name has @file behind it. */
static gboolean
is_loop_of(const char *name, const char *file)
{
    g_autofree char *behind = read_of_block(name, "loop/backing_file");

    return g_strcmp0(behind, file) == 0;
}

/* Whether qemu-nbd serves @image as @name: the image is the last of its arguments. */
static gboolean
is_nbd_of(const char *name, const char *image)
{
    g_autofree char *pid = read_of_block(name, "pid");
    g_autofree char *path = pid ? g_strdup_printf("/proc/%s/cmdline", pid) : NULL;
    g_autofree char *text = NULL;
    gsize image_length = strlen(image);
    gsize length;

    return path && g_file_get_contents(path, &text, &length, NULL) && length > image_length + 1 &&
           text[length - image_length - 2] == '\0' &&
           g_str_equal(text + length - image_length - 1, image);
}

static void
add_image(GPtrArray *grants, const char *image, CorralDeviceAccess access, const char *reason)
{
    g_autofree char *file = image ? realpath(image, NULL) : NULL;
    g_autoptr(GDir) dir = file ? g_dir_open(BLOCK_DEVICES, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *node = NULL;

        if (!is_loop_of(name, file) && !is_nbd_of(name, image))
            continue;
        node = g_strconcat("/dev/", name, NULL);
        add_node(grants, node, access, reason);
    }
}

/* ---- what its definition names ---- */

static void
add_disk(GPtrArray *grants, const virDomainDiskDef *disk)
{
    g_autofree char *reason = g_strdup_printf("disk %s", disk->dst ? disk->dst : "?");
    const CorralDeviceAccess access = (disk->src->readonly ? RO : RW) | CORRAL_DEVICE_ACCESS_MKNOD;

    if (virStorageSourceIsEmpty(disk->src))
        return;
    if (virStorageSourceIsBlockLocal(disk->src))
        add_node(grants, disk->src->path, access, reason);
    else if (disk->src->type == VIR_STORAGE_TYPE_FILE)
        add_image(grants, disk->src->path, access, reason);
}

/* Mounted by libvirt_lxc, and the container may do so again. */
static void
add_file_system(GPtrArray *grants, const virDomainFSDef *fs)
{
    g_autofree char *reason = g_strdup_printf("filesystem %s", fs->dst ? fs->dst : "?");
    const CorralDeviceAccess access = fs->readonly ? RO : RW;

    if (!fs->src)
        return;
    if (fs->type == VIR_DOMAIN_FS_TYPE_BLOCK)
        add_node(grants, fs->src->path, access, reason);
    else if (fs->type == VIR_DOMAIN_FS_TYPE_FILE)
        add_image(grants, fs->src->path, access, reason);
}

static char *
dup_usb(const virDomainHostdevSubsysUSB *usb)
{
    return g_strdup_printf("/dev/bus/usb/%03u/%03u", usb->bus, usb->device);
}

/* The same on the host and in the container; NULL for what has no node. */
static char *
dup_hostdev(const virDomainHostdevDef *hostdev)
{
    if (hostdev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYS)
        return hostdev->source.subsys.type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_USB
                   ? dup_usb(&hostdev->source.subsys.u.usb)
                   : NULL;
    if (hostdev->mode != VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES)
        return NULL;

    switch (hostdev->source.caps.type) {
    case VIR_DOMAIN_HOSTDEV_CAPS_TYPE_STORAGE:
        return g_strdup(hostdev->source.caps.u.storage.block);
    case VIR_DOMAIN_HOSTDEV_CAPS_TYPE_MISC:
        return g_strdup(hostdev->source.caps.u.misc.chardev);
    default:
        return NULL;
    }
}

static void
add_hostdev(GPtrArray *grants, const virDomainHostdevDef *hostdev)
{
    g_autofree char *node = hostdev->missing ? NULL : dup_hostdev(hostdev);
    g_autofree char *reason = g_strconcat("hostdev ", node, NULL);

    add_node(grants, node, RWM, reason);
}

static void
add_timer(GPtrArray *grants, const virDomainTimerDef *timer)
{
    const char *node = timer->name == VIR_DOMAIN_TIMER_NAME_RTC    ? RTC_NODE
                       : timer->name == VIR_DOMAIN_TIMER_NAME_HPET ? HPET_NODE
                                                                   : NULL;
    g_autofree char *reason =
        g_strdup_printf("timer %s", virDomainTimerNameTypeToString(timer->name));

    if (timer->present != VIR_TRISTATE_BOOL_NO)
        add_node(grants, node, RO, reason);
}

void
drv_nodes_add_container(GPtrArray *grants, const virDomainDef *def)
{
    gsize i;

    add_default_list(grants);
    add_mknod(grants, def);
    for (i = 0; i < def->ndisks; i++)
        add_disk(grants, def->disks[i]);
    for (i = 0; i < def->nfss; i++)
        add_file_system(grants, def->fss[i]);
    for (i = 0; i < def->nhostdevs; i++)
        add_hostdev(grants, def->hostdevs[i]);
    for (i = 0; i < def->clock.ntimers; i++)
        add_timer(grants, def->clock.timers[i]);
}

void
drv_nodes_add_containers_device(GPtrArray *grants, const virDomainDeviceDef *device)
{
    if (device->type == VIR_DOMAIN_DEVICE_DISK)
        add_disk(grants, device->data.disk);
    else if (device->type == VIR_DOMAIN_DEVICE_HOSTDEV)
        add_hostdev(grants, device->data.hostdev);
}

char *
drv_nodes_dup_inside(const virDomainDeviceDef *device)
{
    switch ((virDomainDeviceType)device->type) {
    case VIR_DOMAIN_DEVICE_DISK:
        return device->data.disk->dst ? g_strconcat("/dev/", device->data.disk->dst, NULL) : NULL;
    case VIR_DOMAIN_DEVICE_HOSTDEV:
        return dup_hostdev(device->data.hostdev);
    default:
        return NULL;
    }
}
