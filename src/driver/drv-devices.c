/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hot-plug.  QEMU opens what is plugged in while the stock function runs, so it is
 * allowed before; what is pulled out is denied once the running definition does
 * not name it any more, which may be long after the call: the guest has a say.
 * That is an event then, and settled (drv-events.c).
 */
#include <config.h>

#include <errno.h>

#include "drv-birth.h"
#include "drv-devices.h"
#include "drv-error.h"
#include "drv-inside.h"
#include "drv-nodes.h"
#include "drv-running.h"
#include "drv-stack.h"
#include "drv-widening.h"

VIR_LOG_INIT("corral.devices");

typedef int (*PlugFunc)(virDomainPtr dom, const char *xml, unsigned int flags);

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

/*
 * The stock driver starts virtiofsd for it and puts that into a cgroup which it does
 * not have, by a NULL pointer: the daemon would be gone.  With a socket somebody else
 * has started it.
 */
static gboolean
is_fatal(const virDomainDeviceDef *device)
{
    return device->type == VIR_DOMAIN_DEVICE_FS &&
           device->data.fs->fsdriver == VIR_DOMAIN_FS_DRIVER_TYPE_VIRTIOFS &&
           !device->data.fs->sock;
}

static gboolean
add_device(DrvWidening *widening, virDomainDeviceDef *device)
{
    GError *error = NULL;
    gboolean found;

    if (is_fatal(device)) {
        drv_error_raise(VIR_ERR_OPERATION_UNSUPPORTED,
                        "virtiofs cannot be plugged into a running guest unless it names the "
                        "socket of a virtiofsd that runs: <source socket='...'/>");
        return FALSE;
    }

    found = drv_nodes_add_device(widening->grants, widening->def, device,
                                 DRV_NODES_STRICT | DRV_NODES_PENDING, &error);
    return drv_widening_apply(widening, found ? NULL : error);
}

static void
check_helpers(DrvBirth *birth, const char *name)
{
    pid_t pid;
    int errnum;
    guint i;

    for (i = 0; drv_birth_get(birth, i, &pid, &errnum); i++) {
        if (errnum != 0)
            VIR_WARN("corral: guest '%s': its group did not let helper %d in: %s", name, (int)pid,
                     g_strerror(errnum));
    }
}

/* A helper that stock starts for the device is born in the guest's group. */
static int
plug_with_helpers(DrvStack *stack, DrvSubject *subject, virDomainPtr dom, const char *xml,
                  unsigned int flags, PlugFunc plug)
{
    g_autoptr(DrvGroup) group = drv_running_find_group(stack, subject);
    g_auto(GStrv) entrances = NULL;
    g_autoptr(DrvBirth) birth = NULL;
    int result;

    if (!group)
        return plug(dom, xml, flags);

    entrances =
        corral_group_list_entrances(drv_group_get_whole(group), drv_group_get_emulator(group));
    birth = drv_birth_new(entrances);
    if (!birth) {
        drv_error_raise(VIR_ERR_OPERATION_FAILED, "cannot share memory with guest '%s': %s",
                        subject->def.name, g_strerror(errno));
        return -1;
    }

    drv_birth_arm(birth);
    result = plug(dom, xml, flags);
    drv_birth_disarm();
    check_helpers(birth, subject->def.name);
    return result;
}

/* Stock makes a node of the wrong type for a character device. */
static gboolean
is_mistyped(const virDomainDeviceDef *device)
{
    return device->type == VIR_DOMAIN_DEVICE_HOSTDEV &&
           device->data.hostdev->mode == VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES &&
           device->data.hostdev->source.caps.type == VIR_DOMAIN_HOSTDEV_CAPS_TYPE_MISC;
}

static void
unplug(DrvStack *stack, DrvSubject *subject, const char *xml, unsigned int flags)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virErrorPtr raised = NULL;

    (void)caller;
    virErrorPreserveLast(&raised);
    if (stack->next->domainDetachDeviceFlags(subject->dom, xml, flags) < 0)
        VIR_WARN("corral: container '%s' has a device that it cannot use: %s", subject->def.name,
                 virGetLastErrorMessage());
    virErrorRestore(&raised);
}

/* Stock has its own words for a device of @def. */
static gboolean
is_there(virDomainDef *def, const virDomainDeviceDef *device)
{
    switch ((virDomainDeviceType)device->type) {
    case VIR_DOMAIN_DEVICE_DISK:
        return virDomainDiskIndexByName(def, device->data.disk->dst, true) >= 0;
    case VIR_DOMAIN_DEVICE_HOSTDEV:
        return virDomainHostdevFind(def, device->data.hostdev, NULL) >= 0;
    default:
        return FALSE;
    }
}

/*
 * Stock makes the container a node.  Where there is one already it fails, and
 * removes the one that is there.
 */
static int
plug_into_container(DrvWidening *widening, virDomainPtr dom, const char *xml, unsigned int flags,
                    PlugFunc plug, const virDomainDeviceDef *device)
{
    DrvStack *stack = widening->stack;
    DrvSubject *subject = widening->subject;
    g_autofree char *node = drv_nodes_dup_inside(device);

    if (node && !is_there(widening->def, device) && !drv_inside_check_free(stack, subject, node))
        return -1;
    if (plug(dom, xml, flags) < 0)
        return -1;
    if (!node || !is_mistyped(device) || drv_inside_make_character(stack, subject, node))
        return 0;

    unplug(stack, subject, xml, flags);
    return -1;
}

static int
plug_live(DrvStack *stack, DrvSubject *subject, virDomainPtr dom, const char *xml,
          unsigned int flags, PlugFunc plug)
{
    g_autoptr(virDomainDeviceDef) device = NULL;
    DrvWidening widening;
    int result = -1;

    if (!drv_widening_begin(&widening, stack, subject))
        return -1;
    /* What cannot be read cannot be vetted. */
    device = drv_definition_parse_device(xml, widening.def);
    if (device && add_device(&widening, device))
        result = stack->has_containers
                     ? plug_into_container(&widening, dom, xml, flags, plug, device)
                     : plug_with_helpers(stack, subject, dom, xml, flags, plug);
    drv_widening_end(&widening);

    return result;
}

/* @plug adds to what the guest uses, if it concerns the running one. */
static int
plug_in(DrvStack *stack, DrvSubject *subject, virDomainPtr dom, const char *xml, unsigned int flags,
        PlugFunc plug)
{
    int active;

    if ((flags & AFFECT) == VIR_DOMAIN_AFFECT_CONFIG)
        return plug(dom, xml, flags);

    active = drv_running_is_active(stack, subject);
    if (active < 0)
        return -1;
    if (active)
        return plug_live(stack, subject, dom, xml, flags, plug);

    /* It must not become a running one's on the way. */
    if ((flags & AFFECT) == 0)
        flags |= VIR_DOMAIN_AFFECT_CONFIG;
    if (flags & VIR_DOMAIN_AFFECT_LIVE) {
        drv_error_raise(VIR_ERR_OPERATION_INVALID, "domain is not running");
        return -1;
    }
    return plug(dom, xml, flags);
}

int
drv_devices_attach_flags(virDomainPtr dom, const char *xml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, -1);
    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainAttachDeviceFlagsEnsureACL(dom->conn, &subject.def, flags) < 0)
        return -1;

    return plug_in(stack, &subject, dom, xml, flags, stack->next->domainAttachDeviceFlags);
}

int
drv_devices_attach(virDomainPtr dom, const char *xml)
{
    return drv_devices_attach_flags(dom, xml, VIR_DOMAIN_AFFECT_LIVE);
}

int
drv_devices_update(virDomainPtr dom, const char *xml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};

    virCheckFlags(
        VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_DEVICE_MODIFY_FORCE, -1);
    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainUpdateDeviceFlagsEnsureACL(dom->conn, &subject.def, flags) < 0)
        return -1;

    return plug_in(stack, &subject, dom, xml, flags, stack->next->domainUpdateDeviceFlags);
}

int
drv_devices_detach_flags(virDomainPtr dom, const char *xml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    int result = stack->next->domainDetachDeviceFlags(dom, xml, flags);

    if (result == 0 && (flags & AFFECT) != VIR_DOMAIN_AFFECT_CONFIG)
        drv_widening_follow(stack, dom);
    return result;
}

int
drv_devices_detach(virDomainPtr dom, const char *xml)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    int result = stack->next->domainDetachDevice(dom, xml);

    if (result == 0)
        drv_widening_follow(stack, dom);
    return result;
}

int
drv_devices_detach_alias(virDomainPtr dom, const char *alias, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    int result = stack->next->domainDetachDeviceAlias(dom, alias, flags);

    if (result == 0 && (flags & AFFECT) != VIR_DOMAIN_AFFECT_CONFIG)
        drv_widening_follow(stack, dom);
    return result;
}
