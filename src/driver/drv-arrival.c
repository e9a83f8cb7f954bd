/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that arrive.
 *
 * What travels is the description as users see it, so that a host where libvirt
 * manages cgroups can take it as well; here it loses its periods and quotas on
 * the way to stock.  Prepare is where QEMU is started, waiting for the guest's
 * memory, so this is where the group is made.  Finish is told how it went; and
 * where nobody comes to tell, stock ends the guest and its group goes with that.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-arrival.h"
#include "drv-params.h"
#include "drv-settle.h"
#include "drv-start.h"
#include "drv-xml.h"
#include "guest-xml.h"

VIR_LOG_INIT("corral.arrival");

/* One Prepare of any kind; what its kind does not know stays zero. */
typedef struct _Arrival Arrival;
struct _Arrival {
    int (*stock)(const virHypervisorDriver *next, Arrival *self);
    int (*check)(virConnectPtr conn, virDomainDef *def);
    virConnectPtr conn;
    virStreamPtr stream;
    const char *cookiein;
    int cookieinlen;
    char **cookieout;
    int *cookieoutlen;
    const char *uri_in;
    char **uri_out;
    unsigned long flags;
    const char *dname;
    unsigned long resource;
    const char *xml;
    virTypedParameterPtr params; /* @xml and @dname are among them */
    int nparams;
};

static int
call_stock(gpointer data, int *run G_GNUC_UNUSED)
{
    Arrival *self = data;

    return self->stock(drv_stack_of(self->conn)->next, self);
}

static int
call_running(gpointer data)
{
    return call_stock(data, NULL);
}

/* Whom to expect; NULL if that is stock's to say. */
static Guest *
parse_expected(DrvStack *stack, const Arrival *self, char **held)
{
    g_autoptr(Guest) guest = NULL;

    /* An offline migration starts nobody: a definition may say what it likes. */
    if (!self->xml || (self->flags & VIR_MIGRATE_OFFLINE))
        return NULL;

    guest = guest_xml_parse_as(stack->driver, self->xml, self->dname, NULL);
    if (!guest || !guest_get_uuid(guest) || drv_start_is_for_stock(guest) ||
        !guest_xml_hold_back(self->xml, held, NULL))
        return NULL;
    return g_steal_pointer(&guest);
}

static int
prepare(Arrival *self)
{
    DrvStack *stack = drv_stack_of(self->conn);
    const DrvStart start = {.call = call_stock, .call_running = call_running, .data = self};
    g_autofree char *held = NULL;
    g_autoptr(Guest) guest = parse_expected(stack, self, &held);
    virDomainDef def;

    if (!guest)
        return call_running(self);

    drv_access_init_def(&def, guest_get_name(guest), guest_get_uuid(guest));
    if (self->check(self->conn, &def) < 0)
        return -1;

    if (held)
        self->xml = held;
    return drv_start_run(&start, stack, self->conn, guest);
}

static int
stock_prepare2(const virHypervisorDriver *next, Arrival *self)
{
    return next->domainMigratePrepare2(self->conn, self->cookieout, self->cookieoutlen,
                                       self->uri_in, self->uri_out, self->flags, self->dname,
                                       self->resource, self->xml);
}

int
drv_arrival_prepare2(virConnectPtr conn, char **cookie, int *cookielen, const char *uri_in,
                     char **uri_out, unsigned long flags, const char *dname, unsigned long resource,
                     const char *xml)
{
    Arrival self = {
        .stock = stock_prepare2,
        .check = virDomainMigratePrepare2EnsureACL,
        .conn = conn,
        .cookieout = cookie,
        .cookieoutlen = cookielen,
        .uri_in = uri_in,
        .uri_out = uri_out,
        .flags = flags,
        .dname = dname,
        .resource = resource,
        .xml = xml,
    };

    return prepare(&self);
}

static int
stock_prepare_tunnel(const virHypervisorDriver *next, Arrival *self)
{
    return next->domainMigratePrepareTunnel(self->conn, self->stream, self->flags, self->dname,
                                            self->resource, self->xml);
}

int
drv_arrival_prepare_tunnel(virConnectPtr conn, virStreamPtr stream, unsigned long flags,
                           const char *dname, unsigned long resource, const char *xml)
{
    Arrival self = {
        .stock = stock_prepare_tunnel,
        .check = virDomainMigratePrepareTunnelEnsureACL,
        .conn = conn,
        .stream = stream,
        .flags = flags,
        .dname = dname,
        .resource = resource,
        .xml = xml,
    };

    return prepare(&self);
}

static int
stock_prepare3(const virHypervisorDriver *next, Arrival *self)
{
    return next->domainMigratePrepare3(
        self->conn, self->cookiein, self->cookieinlen, self->cookieout, self->cookieoutlen,
        self->uri_in, self->uri_out, self->flags, self->dname, self->resource, self->xml);
}

int
drv_arrival_prepare3(virConnectPtr conn, const char *cookiein, int cookieinlen, char **cookieout,
                     int *cookieoutlen, const char *uri_in, char **uri_out, unsigned long flags,
                     const char *dname, unsigned long resource, const char *xml)
{
    Arrival self = {
        .stock = stock_prepare3,
        .check = virDomainMigratePrepare3EnsureACL,
        .conn = conn,
        .cookiein = cookiein,
        .cookieinlen = cookieinlen,
        .cookieout = cookieout,
        .cookieoutlen = cookieoutlen,
        .uri_in = uri_in,
        .uri_out = uri_out,
        .flags = flags,
        .dname = dname,
        .resource = resource,
        .xml = xml,
    };

    return prepare(&self);
}

static int
stock_prepare_tunnel3(const virHypervisorDriver *next, Arrival *self)
{
    return next->domainMigratePrepareTunnel3(self->conn, self->stream, self->cookiein,
                                             self->cookieinlen, self->cookieout, self->cookieoutlen,
                                             self->flags, self->dname, self->resource, self->xml);
}

int
drv_arrival_prepare_tunnel3(virConnectPtr conn, virStreamPtr stream, const char *cookiein,
                            int cookieinlen, char **cookieout, int *cookieoutlen,
                            unsigned long flags, const char *dname, unsigned long resource,
                            const char *xml)
{
    Arrival self = {
        .stock = stock_prepare_tunnel3,
        .check = virDomainMigratePrepareTunnel3EnsureACL,
        .conn = conn,
        .stream = stream,
        .cookiein = cookiein,
        .cookieinlen = cookieinlen,
        .cookieout = cookieout,
        .cookieoutlen = cookieoutlen,
        .flags = flags,
        .dname = dname,
        .resource = resource,
        .xml = xml,
    };

    return prepare(&self);
}

static int
stock_prepare3_params(const virHypervisorDriver *next, Arrival *self)
{
    virTypedParameterPtr params = NULL;
    int nparams = self->nparams;
    int result = -1;

    virTypedParamsCopy(&params, self->params, nparams);
    if (self->xml &&
        virTypedParamsReplaceString(&params, &nparams, VIR_MIGRATE_PARAM_DEST_XML, self->xml) < 0)
        goto cleanup;

    result = self->stream
                 ? next->domainMigratePrepareTunnel3Params(
                       self->conn, self->stream, params, nparams, self->cookiein, self->cookieinlen,
                       self->cookieout, self->cookieoutlen, (unsigned int)self->flags)
                 : next->domainMigratePrepare3Params(self->conn, params, nparams, self->cookiein,
                                                     self->cookieinlen, self->cookieout,
                                                     self->cookieoutlen, self->uri_out,
                                                     (unsigned int)self->flags);

cleanup:
    virTypedParamsFree(params, nparams);
    return result;
}

/* Of @self the rest is filled in. */
static int
prepare_with_params(Arrival *self, virTypedParameterPtr params, int nparams)
{
    self->stock = stock_prepare3_params;
    self->dname = drv_params_find_string(params, nparams, VIR_MIGRATE_PARAM_DEST_NAME);
    self->xml = drv_params_find_string(params, nparams, VIR_MIGRATE_PARAM_DEST_XML);
    self->params = params;
    self->nparams = nparams;

    return prepare(self);
}

int
drv_arrival_prepare3_params(virConnectPtr conn, virTypedParameterPtr params, int nparams,
                            const char *cookiein, int cookieinlen, char **cookieout,
                            int *cookieoutlen, char **uri_out, unsigned int flags)
{
    Arrival self = {
        .check = virDomainMigratePrepare3ParamsEnsureACL,
        .conn = conn,
        .cookiein = cookiein,
        .cookieinlen = cookieinlen,
        .cookieout = cookieout,
        .cookieoutlen = cookieoutlen,
        .uri_out = uri_out,
        .flags = flags,
    };

    return prepare_with_params(&self, params, nparams);
}

int
drv_arrival_prepare_tunnel3_params(virConnectPtr conn, virStreamPtr stream,
                                   virTypedParameterPtr params, int nparams, const char *cookiein,
                                   int cookieinlen, char **cookieout, int *cookieoutlen,
                                   unsigned int flags)
{
    Arrival self = {
        .check = virDomainMigratePrepareTunnel3ParamsEnsureACL,
        .conn = conn,
        .stream = stream,
        .cookiein = cookiein,
        .cookieinlen = cookieinlen,
        .cookieout = cookieout,
        .cookieoutlen = cookieoutlen,
        .flags = flags,
    };

    return prepare_with_params(&self, params, nparams);
}

/* ---- the end of it ------------------------------------------------------------ */

/* The UUID of the guest that is to arrive as @dname; NULL if there is none. */
static char *
find_uuid(virConnectPtr conn, const char *dname)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    char uuid[VIR_UUID_STRING_BUFLEN];
    virDomainPtr dom = NULL;

    (void)caller;
    if (dname)
        dom = drv_stack_of(conn)->next->domainLookupByName(conn, dname);
    virResetLastError();
    if (!dom)
        return NULL;

    virUUIDFormat(dom->uuid, uuid);
    virObjectUnref(dom);
    return g_strdup(uuid);
}

/* A definition made from the live description is to be one that stock understands. */
static void
clean_definition(DrvStack *stack, virDomainPtr dom)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autofree char *xml =
        stack->next->domainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    g_autofree char *shown = NULL;
    virDomainPtr defined;

    (void)caller;
    if (xml && strstr(xml, GUEST_XML_HELD_NAMESPACE))
        shown = drv_xml_show(stack, xml, NULL);
    if (!shown)
        return;

    defined = stack->next->domainDefineXML(dom->conn, shown);
    if (!defined)
        VIR_WARN("corral: cannot define guest '%s' as it arrived: %s", dom->name,
                 virGetLastErrorMessage());
    virObjectUnref(defined);
}

/* @uuid: who was to arrive; @dom: who has, or NULL.  Returns @dom. */
static virDomainPtr
finish(virConnectPtr conn, const char *uuid, virDomainPtr dom, unsigned long flags)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    DrvStack *stack = drv_stack_of(conn);
    virErrorPtr raised = NULL;

    virErrorPreserveLast(&raised);
    caller = drv_access_elevate();
    (void)caller;
    if (dom && (flags & VIR_MIGRATE_PERSIST_DEST))
        clean_definition(stack, dom);
    else if (!dom && uuid)
        drv_settle(stack, conn, uuid);
    virErrorRestore(&raised);

    return dom;
}

virDomainPtr
drv_arrival_finish2(virConnectPtr conn, const char *dname, const char *cookie, int cookielen,
                    const char *uri, unsigned long flags, int retcode)
{
    g_autofree char *uuid = find_uuid(conn, dname);

    return finish(conn, uuid,
                  drv_stack_of(conn)->next->domainMigrateFinish2(conn, dname, cookie, cookielen,
                                                                 uri, flags, retcode),
                  flags);
}

virDomainPtr
drv_arrival_finish3(virConnectPtr conn, const char *dname, const char *cookiein, int cookieinlen,
                    char **cookieout, int *cookieoutlen, const char *dconnuri, const char *uri,
                    unsigned long flags, int cancelled)
{
    g_autofree char *uuid = find_uuid(conn, dname);

    return finish(conn, uuid,
                  drv_stack_of(conn)->next->domainMigrateFinish3(conn, dname, cookiein, cookieinlen,
                                                                 cookieout, cookieoutlen, dconnuri,
                                                                 uri, flags, cancelled),
                  flags);
}

virDomainPtr
drv_arrival_finish3_params(virConnectPtr conn, virTypedParameterPtr params, int nparams,
                           const char *cookiein, int cookieinlen, char **cookieout,
                           int *cookieoutlen, unsigned int flags, int cancelled)
{
    g_autofree char *uuid =
        find_uuid(conn, drv_params_find_string(params, nparams, VIR_MIGRATE_PARAM_DEST_NAME));

    return finish(conn, uuid,
                  drv_stack_of(conn)->next->domainMigrateFinish3Params(
                      conn, params, nparams, cookiein, cookieinlen, cookieout, cookieoutlen, flags,
                      cancelled),
                  flags);
}
