/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that leave.
 *
 * What travels is the description as users see it, with the tuning in force:
 * the destination may be a host where libvirt manages cgroups, and one with
 * corral holds back what it has to.  Where the client directs the migration it
 * gets that from Begin.  Where the daemons do it among themselves, stock asks
 * nobody: then it is given the description, as a user may give one.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-departure.h"
#include "drv-error.h"
#include "drv-settle.h"
#include "drv-xml.h"

/* The running guest as it is to travel; NULL if stock has to do without. */
static char *
describe(virDomainPtr dom)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    char *shown = NULL;

    (void)caller;
    if (stack->next->domainIsActive(dom) == 1)
        xml = stack->next->domainGetXMLDesc(dom, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE);
    virResetLastError();
    if (!xml)
        return NULL;

    shown = drv_xml_show_live(stack, dom, xml, &error);
    if (!shown)
        drv_error_log(g_steal_pointer(&error), dom->name, "let its tuning travel");
    return shown;
}

/* Stock's @xml with the tuning in force, unless the user gave a description of his own. */
static char *
dress(virDomainPtr dom, char *xml, gboolean users)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autoptr(GError) error = NULL;
    g_autofree char *stocks = xml;
    char *shown;

    if (!stocks)
        return NULL;
    if (users)
        return drv_xml_show_or_log(stack, g_steal_pointer(&stocks), dom->name);

    shown = drv_xml_show_live(stack, dom, stocks, &error);
    if (shown)
        return shown;
    drv_error_log(g_steal_pointer(&error), dom->name, "let its tuning travel");
    return g_steal_pointer(&stocks);
}

char *
drv_departure_begin3(virDomainPtr dom, const char *xmlin, char **cookieout, int *cookieoutlen,
                     unsigned long flags, const char *dname, unsigned long resource)
{
    return dress(dom,
                 drv_stack_of(dom->conn)->next->domainMigrateBegin3(
                     dom, xmlin, cookieout, cookieoutlen, flags, dname, resource),
                 xmlin != NULL);
}

char *
drv_departure_begin3_params(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                            char **cookieout, int *cookieoutlen, unsigned int flags)
{
    return dress(dom,
                 drv_stack_of(dom->conn)->next->domainMigrateBegin3Params(
                     dom, params, nparams, cookieout, cookieoutlen, flags),
                 virTypedParamsGet(params, nparams, VIR_MIGRATE_PARAM_DEST_XML) != NULL);
}

/* Whether it has left or not: stock is asked, and where it is gone, so is its group. */
static int
settle(virDomainPtr dom, int result)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    DrvStack *stack = drv_stack_of(dom->conn);
    char uuid[VIR_UUID_STRING_BUFLEN];
    virErrorPtr raised = NULL;

    virErrorPreserveLast(&raised);
    caller = drv_access_elevate();
    (void)caller;
    virUUIDFormat(dom->uuid, uuid);
    if (stack->next->domainIsActive(dom) != 1)
        drv_settle(stack, dom->conn, uuid);
    virErrorRestore(&raised);
    return result;
}

int
drv_departure_perform(virDomainPtr dom, const char *cookie, int cookielen, const char *uri,
                      unsigned long flags, const char *dname, unsigned long resource)
{
    return settle(dom, drv_stack_of(dom->conn)->next->domainMigratePerform(
                           dom, cookie, cookielen, uri, flags, dname, resource));
}

int
drv_departure_perform3(virDomainPtr dom, const char *xmlin, const char *cookiein, int cookieinlen,
                       char **cookieout, int *cookieoutlen, const char *dconnuri, const char *uri,
                       unsigned long flags, const char *dname, unsigned long resource)
{
    g_autofree char *described = (flags & VIR_MIGRATE_PEER2PEER) && !xmlin ? describe(dom) : NULL;

    return settle(dom, drv_stack_of(dom->conn)->next->domainMigratePerform3(
                           dom, described ? described : xmlin, cookiein, cookieinlen, cookieout,
                           cookieoutlen, dconnuri, uri, flags, dname, resource));
}

static gboolean
is_transient(virDomainPtr dom)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    gboolean transient = drv_stack_of(dom->conn)->next->domainIsPersistent(dom) == 0;

    (void)caller;
    virResetLastError();
    return transient;
}

/* Gives the call parameter @name the value @xml, unless the user did. */
static gboolean
add_description(virTypedParameterPtr *params, int *nparams, const char *name, const char *xml)
{
    return !xml || virTypedParamsGet(*params, *nparams, name) ||
           virTypedParamsReplaceString(params, nparams, name, xml) >= 0;
}

int
drv_departure_perform3_params(virDomainPtr dom, const char *dconnuri, virTypedParameterPtr params,
                              int nparams, const char *cookiein, int cookieinlen, char **cookieout,
                              int *cookieoutlen, unsigned int flags)
{
    gboolean alone = (flags & VIR_MIGRATE_PEER2PEER) != 0;
    /* Stock makes the definition of a guest that has none from the one it runs with. */
    gboolean persist = (flags & VIR_MIGRATE_PERSIST_DEST) && is_transient(dom);
    g_autofree char *described = alone || persist ? describe(dom) : NULL;
    virTypedParameterPtr copy = NULL;
    int result = -1;

    virTypedParamsCopy(&copy, params, nparams);
    if ((!alone || add_description(&copy, &nparams, VIR_MIGRATE_PARAM_DEST_XML, described)) &&
        (!persist || add_description(&copy, &nparams, VIR_MIGRATE_PARAM_PERSIST_XML, described)))
        result = drv_stack_of(dom->conn)->next->domainMigratePerform3Params(
            dom, dconnuri, copy, nparams, cookiein, cookieinlen, cookieout, cookieoutlen, flags);
    virTypedParamsFree(copy, nparams);

    return settle(dom, result);
}

int
drv_departure_confirm3(virDomainPtr dom, const char *cookiein, int cookieinlen, unsigned long flags,
                       int cancelled)
{
    return settle(dom, drv_stack_of(dom->conn)->next->domainMigrateConfirm3(
                           dom, cookiein, cookieinlen, flags, cancelled));
}

int
drv_departure_confirm3_params(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                              const char *cookiein, int cookieinlen, unsigned int flags,
                              int cancelled)
{
    return settle(dom, drv_stack_of(dom->conn)->next->domainMigrateConfirm3Params(
                           dom, params, nparams, cookiein, cookieinlen, flags, cancelled));
}
