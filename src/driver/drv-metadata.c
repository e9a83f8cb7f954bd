/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What users write below <metadata> is libvirt's, and it takes anything.  But what is written in
 * corral's namespaces corral reads: a guest that runs follows it at once, and is taken over by
 * the next daemon by it.  So what makes no sense is refused where somebody is there to be told.
 *
 * Of a definition as a whole that is said when the guest starts.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-metadata.h"
#include "drv-stack.h"
#include "guest-xml.h"

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

int
drv_metadata_set(virDomainPtr dom, int type, const char *metadata, const char *key, const char *uri,
                 unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autoptr(GError) error = NULL;

    if (type == VIR_DOMAIN_METADATA_ELEMENT && !check_element(metadata, uri, &error)) {
        drv_error_report(g_steal_pointer(&error), NULL);
        return -1;
    }

    return stack->next->domainSetMetadata(dom, type, metadata, key, uri, flags);
}
