/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What users see of a guest's description.
 *
 * Stock knows neither the periods and quotas that were held back from its start
 * nor what was changed since.  Both are put where users expect them: what the
 * XML said at the start, and if the guest runs, as the kernel has it now.  The
 * element in which stock keeps them for us is seen nowhere.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-move.h"
#include "drv-stack.h"
#include "drv-tune-io.h"
#include "drv-tune-memory.h"
#include "drv-xml.h"
#include "guest-xml.h"

/* Of one that has been moved stock knows where it started. */
static char *
overlay(DrvGroup *group, const char *driver, const char *stocks, GError **error)
{
    g_autofree char *partition = drv_move_dup_partition(drv_group_get_whole(group));
    g_autofree char *moved = partition ? guest_xml_set_partition(stocks, partition, error) : NULL;
    const char *xml = moved ? moved : stocks;
    g_autoptr(Guest) guest = partition && !moved ? NULL : guest_xml_parse(driver, xml, error);
    CorralGroup *whole = drv_group_get_whole(group);
    g_autofree char *with_cputune = NULL;
    g_autofree char *with_memtune = NULL;
    g_autofree char *with_blkiotune = NULL;
    g_autoptr(GArray) nodes = NULL;
    g_auto(GuestBlkiotune) blkiotune = {0, NULL};
    GuestCputune cputune;
    GuestMemtune memtune;
    gint mode;

    if (!guest)
        return NULL;

    drv_group_read_tune(group, guest_get_cputune(guest), &cputune);
    with_cputune = guest_xml_put_back(xml, &cputune, error);
    if (!with_cputune)
        return NULL;

    drv_tune_memory_show(whole, guest_get_memtune(guest), &memtune);
    /* What a container has as its memory is no limit besides. */
    if (drv_group_is_container(group) && memtune.hard_limit_kib == guest_get_memory_kib(guest))
        memtune.hard_limit_kib = guest_get_memtune(guest)->hard_limit_kib;
    with_memtune = guest_xml_set_memtune(with_cputune, &memtune, error);
    if (!with_memtune)
        return NULL;

    guest_blkiotune_init(&blkiotune);
    drv_tune_io_show(whole, guest_get_blkiotune(guest), &blkiotune);
    with_blkiotune = guest_xml_set_blkiotune(with_memtune, &blkiotune, error);
    if (!with_blkiotune || !drv_cpuset_get_numatune(group, &mode, &nodes))
        return g_steal_pointer(&with_blkiotune);

    return guest_xml_set_numatune(with_blkiotune, mode, nodes, error);
}

/*
 * Whether there is more to show than stock says.  A transient guest has but one description,
 * which stock shows for the inactive one, too.  Of one that has just ended the group may still
 * be there, but stock shows the persistent one, and users write back what they read.
 */
static gboolean
shows_live(DrvStack *stack, virDomainPtr dom, unsigned int flags)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *path = NULL;
    gboolean answer;

    virUUIDFormat(dom->uuid, uuid);
    path = drv_keeper_dup_path(stack->keeper, uuid);
    if (!path)
        return FALSE;

    caller = drv_access_elevate();
    (void)caller;
    if (flags & VIR_DOMAIN_XML_INACTIVE)
        answer = stack->next->domainIsPersistent(dom) == 0;
    else
        answer = stack->next->domainIsActive(dom) == 1;
    virResetLastError();
    return answer;
}

char *
drv_xml_show(DrvStack *stack, const char *xml, GError **error)
{
    g_autoptr(Guest) guest = NULL;

    /* Most descriptions have nothing of ours, and stay as they are to the byte. */
    if (!strstr(xml, GUEST_XML_HELD_NAMESPACE))
        return g_strdup(xml);

    guest = guest_xml_parse(stack->driver, xml, error);
    return guest ? guest_xml_put_back(xml, guest_get_cputune(guest), error) : NULL;
}

char *
drv_xml_show_or_log(DrvStack *stack, char *xml, const char *name)
{
    g_autofree char *stocks = xml;
    g_autoptr(GError) error = NULL;
    char *shown = stocks ? drv_xml_show(stack, stocks, &error) : NULL;

    if (error)
        drv_error_log(g_steal_pointer(&error), name, "show its tuning");
    return shown ? shown : g_steal_pointer(&stocks);
}

char *
drv_xml_show_live(DrvStack *stack, virDomainPtr dom, const char *xml, GError **error)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr(DrvGroup) group = NULL;
    g_autofree char *path = NULL;

    virUUIDFormat(dom->uuid, uuid);
    path = drv_keeper_dup_path(stack->keeper, uuid);
    if (path)
        group =
            drv_group_open(drv_keeper_get_host(stack->keeper), path, DRV_GROUP_CONTROLLERS, NULL);

    return group ? overlay(group, stack->driver, xml, error) : drv_xml_show(stack, xml, error);
}

char *
drv_xml_get_desc(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autofree char *xml = stack->next->domainGetXMLDesc(dom, flags);
    g_autoptr(GError) error = NULL;
    char *shown;

    if (!xml)
        return NULL;
    if (!shows_live(stack, dom, flags))
        return drv_xml_show_or_log(stack, g_steal_pointer(&xml), dom->name);

    shown = drv_xml_show_live(stack, dom, xml, &error);
    if (!shown) {
        drv_error_log(g_steal_pointer(&error), dom->name, "show its tuning");
        return g_steal_pointer(&xml);
    }
    return shown;
}
