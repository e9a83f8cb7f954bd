/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What users write below <metadata> is libvirt's, and it takes anything.  But what is written in
 * corral's namespaces corral reads: a guest that runs follows it at once, and is taken over by
 * the next daemon by it.  So what makes no sense is refused where somebody is there to be told.
 *
 * Of a definition as a whole that is said when the guest starts.
 */
#include <config.h>

#include <string.h>

#include "drv-error.h"
#include "drv-metadata.h"
#include "drv-move.h"
#include "drv-running.h"
#include "drv-stack.h"
#include "guest-xml.h"

/* libxml2 reads no longer name: XML_MAX_NAMELEN */
#define NAME_BYTES_MAX 50000

/* Stock writes any key as a prefix into the definition, and with one that is too long it cannot
 * read that when it comes back: the guest would be lost to it. */
static gboolean
check_key(const char *key)
{
    if (!key || strlen(key) < NAME_BYTES_MAX)
        return TRUE;
    drv_error_raise(VIR_ERR_INVALID_ARG, "metadata key of %zu bytes: XML has no such name",
                    strlen(key));
    return FALSE;
}

static gboolean
check_element(const char *element, const char *uri, GError **error)
{
    if (g_strcmp0(uri, GUEST_XML_HELD_NAMESPACE) == 0) {
        g_set_error(error, GUEST_ERROR, GUEST_ERROR_LIMIT,
                    "metadata namespace '%s' is for what corral keeps there by itself", uri);
        return FALSE;
    }

    return !element || g_strcmp0(uri, GUEST_XML_NAMESPACE) != 0 ||
           guest_xml_check_limits(element, error);
}

/* The next start's is part of the definition. */
static int
define_in(DrvStack *stack, DrvSubject *subject, const char *partition)
{
    g_autofree char *xml = stack->next->domainGetXMLDesc(subject->dom, VIR_DOMAIN_XML_INACTIVE |
                                                                           VIR_DOMAIN_XML_SECURE);
    g_autoptr(GError) error = NULL;
    g_autofree char *edited = xml ? guest_xml_set_partition(xml, partition, &error) : NULL;
    virDomainPtr defined;

    if (error)
        drv_error_report(g_steal_pointer(&error), subject->def.name);
    defined = edited ? stack->next->domainDefineXMLFlags(subject->dom->conn, edited, 0) : NULL;
    virObjectUnref(defined);
    return defined ? 0 : -1;
}

/* Not kept as metadata: it is where the guest is. */
static int
place(DrvStack *stack, virDomainPtr dom, const char *element, unsigned int flags)
{
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *partition = element ? guest_xml_read_place(element, &error) : NULL;
    DrvReach reach;

    if (!partition) {
        if (!error)
            g_set_error_literal(&error, GUEST_ERROR, GUEST_ERROR_PARTITION,
                                "a guest is always in a partition");
        drv_error_report(g_steal_pointer(&error), NULL);
        return -1;
    }
    reach = drv_running_begin_change(dom, virDomainSetMetadataEnsureACL, flags, &subject);
    if (reach == DRV_REACH_FAILED)
        return -1;
    /* It does not run, which is stock's to say. */
    if (reach == DRV_REACH_STOCK && (flags & VIR_DOMAIN_AFFECT_LIVE))
        return stack->next->domainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, element, "place",
                                              GUEST_XML_PLACE_NAMESPACE, flags);
    if (reach != DRV_REACH_STOCK && !drv_move(stack, &subject, partition, &error)) {
        drv_error_report(g_steal_pointer(&error), subject.def.name);
        return -1;
    }
    return reach == DRV_REACH_LIVE ? 0 : define_in(stack, &subject, partition);
}

int
drv_metadata_set(virDomainPtr dom, int type, const char *metadata, const char *key, const char *uri,
                 unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autoptr(GError) error = NULL;

    if (type == VIR_DOMAIN_METADATA_ELEMENT && !check_key(key))
        return -1;
    if (type == VIR_DOMAIN_METADATA_ELEMENT && g_strcmp0(uri, GUEST_XML_PLACE_NAMESPACE) == 0)
        return place(stack, dom, metadata, flags);
    if (type == VIR_DOMAIN_METADATA_ELEMENT && !check_element(metadata, uri, &error)) {
        drv_error_report(g_steal_pointer(&error), NULL);
        return -1;
    }

    return stack->next->domainSetMetadata(dom, type, metadata, key, uri, flags);
}
