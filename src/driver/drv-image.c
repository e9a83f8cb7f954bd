/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saved guests.
 *
 * An image has the guest's description in it, and a restore starts the guest
 * from that.  The one that stock would write is from the guest's start; what is
 * in force now is what the guest is to have when it comes back, so stock is given
 * that, with periods and quotas held back.  An image that was written while
 * stock managed cgroups has them in the open, and is given one without.
 *
 * Stock holds a description it is given against the one it has, and nothing
 * about tuning makes them differ.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-image.h"
#include "drv-params.h"
#include "drv-settle.h"
#include "drv-start.h"
#include "drv-xml.h"
#include "guest-xml.h"

VIR_LOG_INIT("corral.image");

/* @xml as stock may have it; a copy of it if that is the same, or makes no sense to us. */
static char *
hold_back(const char *xml)
{
    g_autofree char *held = NULL;

    if (!xml || !guest_xml_hold_back(xml, &held, NULL) || !held)
        return g_strdup(xml);
    return g_steal_pointer(&held);
}

/* ---- saving ------------------------------------------------------------------- */

/* What to write to the image; NULL if stock's own description is the right one. */
static char *
describe_for_image(DrvStack *stack, virDomainPtr dom)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autofree char *stocks = NULL;
    g_autofree char *said = NULL;
    g_autofree char *now = NULL;
    g_autoptr(GError) error = NULL;

    (void)caller;
    if (stack->next->domainIsActive(dom) == 1)
        stocks =
            stack->next->domainGetXMLDesc(dom, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE);
    virResetLastError();
    if (!stocks)
        return NULL;

    said = drv_xml_show(stack, stocks, &error);
    now = said ? drv_xml_show_live(stack, dom, stocks, &error) : NULL;
    if (!now) {
        drv_error_log(g_steal_pointer(&error), dom->name, "save its tuning");
        return NULL;
    }
    return g_str_equal(said, now) ? NULL : hold_back(now);
}

/* When the call returns, the groups are gone as well. */
static int
tidy_up(DrvStack *stack, virDomainPtr dom, int result)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (result < 0)
        return result;

    caller = drv_access_elevate();
    (void)caller;
    virUUIDFormat(dom->uuid, uuid);
    drv_settle(stack, dom->conn, uuid);
    return result;
}

int
drv_image_save_flags(virDomainPtr dom, const char *to, const char *dxml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autofree char *held = dxml ? hold_back(dxml) : describe_for_image(stack, dom);

    return tidy_up(stack, dom, stack->next->domainSaveFlags(dom, to, held, flags));
}

int
drv_image_save(virDomainPtr dom, const char *to)
{
    return drv_image_save_flags(dom, to, NULL, 0);
}

/* @params with another description. */
static int
save_with(const virHypervisorDriver *next, virDomainPtr dom, virTypedParameterPtr params,
          int nparams, const char *dxml, unsigned int flags)
{
    virTypedParameterPtr copy = NULL;
    int result = -1;

    virTypedParamsCopy(&copy, params, nparams);
    if (virTypedParamsReplaceString(&copy, &nparams, VIR_DOMAIN_SAVE_PARAM_DXML, dxml) >= 0)
        result = next->domainSaveParams(dom, copy, nparams, flags);
    virTypedParamsFree(copy, nparams);
    return result;
}

/* Gives the managed save image that was just written the description @held. */
static int
redescribe_managed(DrvStack *stack, virDomainPtr dom, const char *held)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return stack->next->domainManagedSaveDefineXML(dom, held, 0);
}

/* Managed save takes no description, so the image is given it afterwards. */
int
drv_image_managed_save(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autofree char *held = describe_for_image(stack, dom);
    int result = stack->next->domainManagedSave(dom, flags);

    if (result == 0 && held && redescribe_managed(stack, dom, held) < 0) {
        VIR_WARN("corral: guest '%s' is saved with the tuning it was started with: %s", dom->name,
                 virGetLastErrorMessage());
        virResetLastError();
    }
    return tidy_up(stack, dom, result);
}

/*
 * Without a file it is a managed save.  Stock libvirt 9.0.0 then never lets go of
 * the guest again, and whoever asks for it waits for ever: it is not called.
 */
static int
save_nowhere(virDomainPtr dom, const char *dxml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_autofree char *held = dxml ? hold_back(dxml) : NULL;
    int result;

    if (!held)
        return drv_image_managed_save(dom, flags);

    result = stack->next->domainManagedSave(dom, flags);
    if (result == 0)
        result = redescribe_managed(stack, dom, held);
    return tidy_up(stack, dom, result);
}

int
drv_image_save_params(virDomainPtr dom, virTypedParameterPtr params, int nparams,
                      unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    const char *dxml = drv_params_find_string(params, nparams, VIR_DOMAIN_SAVE_PARAM_DXML);
    g_autofree char *held = NULL;

    if (!virTypedParamsGet(params, nparams, VIR_DOMAIN_SAVE_PARAM_FILE)) {
        if (virTypedParamsValidate(params, nparams, VIR_DOMAIN_SAVE_PARAM_DXML,
                                   VIR_TYPED_PARAM_STRING, NULL) < 0)
            return -1;
        return save_nowhere(dom, dxml, flags);
    }

    held = dxml ? hold_back(dxml) : describe_for_image(stack, dom);
    return tidy_up(stack, dom,
                   held ? save_with(stack->next, dom, params, nparams, held, flags)
                        : stack->next->domainSaveParams(dom, params, nparams, flags));
}

/* ---- restoring ---------------------------------------------------------------- */

typedef struct {
    const virHypervisorDriver *next;
    virConnectPtr conn;
    const char *from;
    const char *dxml; /* NULL: the image's own */
    virTypedParameterPtr params;
    int nparams;
    gboolean with_params;
    gboolean with_flags;
    unsigned int flags;
    int (*check)(virConnectPtr conn, virDomainDef *def);
} Restore;

static int
stock_restore(Restore *restore)
{
    const virHypervisorDriver *next = restore->next;
    virTypedParameterPtr copy = NULL;
    int n = restore->nparams;
    int result = -1;

    if (!restore->with_params)
        return restore->with_flags || restore->dxml
                   ? next->domainRestoreFlags(restore->conn, restore->from, restore->dxml,
                                              restore->flags)
                   : next->domainRestore(restore->conn, restore->from);

    if (!restore->dxml)
        return next->domainRestoreParams(restore->conn, restore->params, n, restore->flags);

    virTypedParamsCopy(&copy, restore->params, n);
    if (virTypedParamsReplaceString(&copy, &n, VIR_DOMAIN_SAVE_PARAM_DXML, restore->dxml) >= 0)
        result = next->domainRestoreParams(restore->conn, copy, n, restore->flags);
    virTypedParamsFree(copy, n);
    return result;
}

static int
call_restore(gpointer data, int *run G_GNUC_UNUSED)
{
    return stock_restore(data);
}

static int
call_running(gpointer data)
{
    return stock_restore(data);
}

/* The description in the image; NULL if there is none, which stock will find as well. */
static char *
read_image(Restore *restore)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    char *xml = NULL;

    (void)caller;
    if (restore->from)
        xml = restore->next->domainSaveImageGetXMLDesc(restore->conn, restore->from,
                                                       VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
    virResetLastError();
    return xml;
}

/* Whom @xml describes, and what of it stock may have; NULL if stock has to say what is wrong. */
static Guest *
parse_held(DrvStack *stack, const char *xml, char **held)
{
    g_autoptr(Guest) guest = guest_xml_parse(stack->driver, xml, NULL);

    if (!guest || !guest_get_uuid(guest) || drv_start_is_for_stock(guest) ||
        !guest_xml_hold_back(xml, held, NULL))
        return NULL;
    return g_steal_pointer(&guest);
}

static int
run_restore(Restore *restore)
{
    DrvStack *stack = drv_stack_of(restore->conn);
    const DrvStart start = {.call = call_restore, .call_running = call_running, .data = restore};
    g_autofree char *image = read_image(restore);
    g_autofree char *held = NULL;
    g_autofree char *held_user = NULL;
    g_autoptr(Guest) guest = image ? parse_held(stack, image, &held) : NULL;
    virDomainDef def;

    if (!guest)
        return stock_restore(restore);

    drv_access_init_def(&def, guest_get_name(guest), guest_get_uuid(guest));
    if (restore->check(restore->conn, &def) < 0)
        return -1;

    /* The user's own description counts, if it is one of this guest. */
    if (restore->dxml) {
        g_autoptr(Guest) said = parse_held(stack, restore->dxml, &held_user);

        if (!said || !g_str_equal(guest_get_uuid(said), guest_get_uuid(guest)) ||
            !g_str_equal(guest_get_name(said), guest_get_name(guest)))
            return stock_restore(restore);
        guest_unref(guest);
        guest = g_steal_pointer(&said);
        restore->dxml = held_user ? held_user : restore->dxml;
    } else {
        restore->dxml = held;
    }

    return drv_start_run(&start, stack, restore->conn, guest);
}

int
drv_image_restore(virConnectPtr conn, const char *from)
{
    Restore restore = {
        .next = drv_stack_of(conn)->next,
        .conn = conn,
        .from = from,
        .check = virDomainRestoreEnsureACL,
    };

    return run_restore(&restore);
}

int
drv_image_restore_flags(virConnectPtr conn, const char *from, const char *dxml, unsigned int flags)
{
    Restore restore = {
        .next = drv_stack_of(conn)->next,
        .conn = conn,
        .from = from,
        .dxml = dxml,
        .with_flags = TRUE,
        .flags = flags,
        .check = virDomainRestoreFlagsEnsureACL,
    };

    return run_restore(&restore);
}

int
drv_image_restore_params(virConnectPtr conn, virTypedParameterPtr params, int nparams,
                         unsigned int flags)
{
    Restore restore = {
        .next = drv_stack_of(conn)->next,
        .conn = conn,
        .from = drv_params_find_string(params, nparams, VIR_DOMAIN_SAVE_PARAM_FILE),
        .dxml = drv_params_find_string(params, nparams, VIR_DOMAIN_SAVE_PARAM_DXML),
        .params = params,
        .nparams = nparams,
        .with_params = TRUE,
        .flags = flags,
        .check = virDomainRestoreParamsEnsureACL,
    };

    return run_restore(&restore);
}

/* ---- descriptions in images --------------------------------------------------- */

char *
drv_image_get_desc(virConnectPtr conn, const char *file, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(conn);

    return drv_xml_show_or_log(stack, stack->next->domainSaveImageGetXMLDesc(conn, file, flags),
                               file);
}

int
drv_image_define(virConnectPtr conn, const char *file, const char *dxml, unsigned int flags)
{
    g_autofree char *held = hold_back(dxml);

    return drv_stack_of(conn)->next->domainSaveImageDefineXML(conn, file, held, flags);
}

char *
drv_image_get_managed_desc(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);

    return drv_xml_show_or_log(stack, stack->next->domainManagedSaveGetXMLDesc(dom, flags),
                               dom->name);
}

int
drv_image_define_managed(virDomainPtr dom, const char *dxml, unsigned int flags)
{
    g_autofree char *held = hold_back(dxml);

    return drv_stack_of(dom->conn)->next->domainManagedSaveDefineXML(dom, held, flags);
}

gboolean
drv_image_prepare_managed(const virHypervisorDriver *next, DrvSubject *subject, char **xml)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autofree char *image = NULL;
    g_autofree char *held = NULL;

    (void)caller;
    *xml = NULL;
    if (next->domainManagedSaveGetXMLDesc)
        image = next->domainManagedSaveGetXMLDesc(subject->dom, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
    virResetLastError();

    /* Of a guest that was saved while stock managed cgroups. */
    if (image && guest_xml_hold_back(image, &held, NULL) && held &&
        next->domainManagedSaveDefineXML(subject->dom, held, 0) < 0)
        return FALSE;

    *xml = held ? g_steal_pointer(&held) : g_steal_pointer(&image);
    return TRUE;
}
