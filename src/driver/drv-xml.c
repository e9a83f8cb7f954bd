/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `virsh dumpxml` of a running guest.
 *
 * Stock knows neither the periods and quotas that were held back from its start
 * nor what was changed since.  Both are put where users expect them: what the
 * XML said at the start, as the kernel has it now.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-stack.h"
#include "drv-xml.h"
#include "guest-xml.h"

static char *
overlay(DrvGroup *group, const char *driver, const char *xml, GError **error)
{
    g_autoptr(Guest) guest = guest_xml_parse(driver, xml, error);
    GuestCputune now;

    if (!guest)
        return NULL;

    drv_group_read_tune(group, guest_get_cputune(guest), &now);
    return guest_xml_put_back(xml, &now, error);
}

/* A transient guest has but one description, which stock shows for the inactive one, too. */
static gboolean
shows_live(DrvStack *stack, virDomainPtr dom, unsigned int flags)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    int persistent;

    if (!(flags & VIR_DOMAIN_XML_INACTIVE))
        return TRUE;

    caller = drv_access_elevate();
    (void)caller;
    persistent = stack->next->domainIsPersistent(dom);
    if (persistent < 0)
        virResetLastError();
    return persistent == 0;
}

char *
drv_xml_get_desc(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autofree char *xml = stack->next->domainGetXMLDesc(dom, flags);
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr(DrvGroup) group = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    char *shown;

    if (!xml || !shows_live(stack, dom, flags))
        return g_steal_pointer(&xml);

    virUUIDFormat(dom->uuid, uuid);
    path = drv_keeper_dup_path(stack->keeper, uuid);
    if (path)
        group = drv_group_open(drv_keeper_get_host(stack->keeper), path,
                               CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CPU), NULL);
    if (!group)
        return g_steal_pointer(&xml);

    shown = overlay(group, stack->driver, xml, &error);
    if (!shown) {
        drv_error_log(g_steal_pointer(&error), dom->name, "show its tuning");
        return g_steal_pointer(&xml);
    }
    return shown;
}
