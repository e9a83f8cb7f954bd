/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting and stopping guests.
 *
 * Periods and quotas make the stock start fail where stock manages no cgroups.
 * A guest that has them is started from XML without them.  For a persistent
 * guest that is the inactive definition, given to the stock createXML: libvirt
 * keeps the persistent definition beside the live one and returns to it.  The
 * same access rules as for any createXML then hold for the caller, who needs
 * "write" besides "start": doing it with more rights than his would hand them
 * on to everything else that the start does in his name.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-image.h"
#include "drv-life.h"
#include "drv-settle.h"
#include "drv-stack.h"
#include "drv-start.h"
#include "guest-xml.h"

/* What createXML understands of the flags of create. */
#define CREATE_XML_FLAGS                                                                           \
    (VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_RESET_NVRAM)

/* Flags of create that concern a managed save image, or nothing. */
#define IMAGE_FLAGS (VIR_DOMAIN_START_BYPASS_CACHE | VIR_DOMAIN_START_FORCE_BOOT)

/* One stock start: of @xml if there is one, of @dom otherwise. */
typedef struct {
    const virHypervisorDriver *next;
    virConnectPtr conn;
    virDomainPtr dom;
    const char *xml;
    gboolean with_files;
    unsigned int nfiles;
    int *files;
    unsigned int flags;
    virDomainPtr started; /* of @xml */
} StockStart;

static int
stock_start(StockStart *start)
{
    const virHypervisorDriver *next = start->next;

    if (start->xml) {
        start->started =
            start->with_files
                ? next->domainCreateXMLWithFiles(start->conn, start->xml, start->nfiles,
                                                 start->files, start->flags)
                : next->domainCreateXML(start->conn, start->xml, start->flags);
        return start->started ? 0 : -1;
    }
    if (start->with_files)
        return next->domainCreateWithFiles(start->dom, start->nfiles, start->files, start->flags);
    if (next->domainCreateWithFlags)
        return next->domainCreateWithFlags(start->dom, start->flags);

    return next->domainCreate(start->dom);
}

static int
call_start(gpointer data, int *run)
{
    StockStart *start = data;

    if (stock_start(start) < 0)
        return -1;

    *run = start->started ? start->started->id : start->dom->id;
    return 0;
}

/* Stock has the words for what the caller asked, not for what we made of it. */
static int
call_running(gpointer data)
{
    StockStart *start = data;

    if (start->dom)
        start->xml = NULL;
    return stock_start(start);
}

static int
start_guest(DrvStack *stack, StockStart *start, const Guest *guest)
{
    const DrvStart run = {.call = call_start, .call_running = call_running, .data = start};

    return drv_start_run(&run, stack, start->conn, guest);
}

/*
 * A description that makes no sense to us makes none to stock, whose error is
 * the better one: then NULL without an error of ours.
 */
static Guest *
parse_or_leave_to_stock(DrvStack *stack, const char *xml, char **held, gboolean *refused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Guest) guest = guest_xml_parse(stack->driver, xml, &error);

    *held = NULL;
    *refused = FALSE;
    if (guest && drv_start_is_for_stock(guest))
        return NULL;
    /* Whoever has groups can do with periods and quotas. */
    if (guest && (stack->has_containers || guest_xml_hold_back(xml, held, &error)))
        return g_steal_pointer(&guest);

    if (!g_error_matches(error, GUEST_ERROR, GUEST_ERROR_XML)) {
        drv_error_report(g_steal_pointer(&error), NULL);
        *refused = TRUE;
    }
    return NULL;
}

static virDomainPtr
create_xml(virConnectPtr conn, const char *xml, gboolean with_files, unsigned int nfiles,
           int *files, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(conn);
    StockStart start = {
        .next = stack->next,
        .conn = conn,
        .xml = xml,
        .with_files = with_files,
        .nfiles = nfiles,
        .files = files,
        .flags = flags,
    };
    g_autofree char *named = NULL;
    g_autofree char *held = NULL;
    g_autoptr(Guest) guest = NULL;
    gboolean refused;
    virDomainDef def;

    /* A guest without a UUID gets a random one; we have to know it before stock does. */
    if (guest_xml_ensure_uuid(xml, &named, NULL) && named)
        start.xml = named;
    guest = parse_or_leave_to_stock(stack, start.xml, &held, &refused);
    if (refused)
        return NULL;
    if (!guest || !guest_get_uuid(guest)) {
        start.xml = xml;
        stock_start(&start);
        return start.started;
    }

    drv_access_init_def(&def, guest_get_name(guest), guest_get_uuid(guest));
    if (virDomainCreateXMLEnsureACL(conn, &def) < 0)
        return NULL;

    if (held)
        start.xml = held;
    start_guest(stack, &start, guest);
    return start.started;
}

virDomainPtr
drv_life_create_xml(virConnectPtr conn, const char *xml, unsigned int flags)
{
    return create_xml(conn, xml, FALSE, 0, NULL, flags);
}

virDomainPtr
drv_life_create_xml_with_files(virConnectPtr conn, const char *xml, unsigned int nfiles, int *files,
                               unsigned int flags)
{
    return create_xml(conn, xml, TRUE, nfiles, files, flags);
}

/* What the stock driver would start @subject from, as far as we need it. */
typedef struct {
    char *xml;
    gboolean image; /* from a managed save image, not from the definition */
} Definition;

static gboolean
read_definition(const virHypervisorDriver *next, DrvSubject *subject, unsigned int flags,
                Definition *definition)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    int image = 0;

    (void)caller;
    if (next->domainHasManagedSaveImage && !(flags & VIR_DOMAIN_START_FORCE_BOOT))
        image = next->domainHasManagedSaveImage(subject->dom, 0);
    if (image < 0)
        return FALSE;

    definition->image = image > 0;
    if (definition->image && !drv_image_prepare_managed(next, subject, &definition->xml))
        return FALSE;
    if (!definition->xml)
        definition->xml =
            next->domainGetXMLDesc(subject->dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    return definition->xml != NULL;
}

/* Stock throws away an image that never was finished, and starts from the definition. */
static gboolean
has_lost_image(const virHypervisorDriver *next, DrvSubject *subject)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virErrorPtr raised = NULL;
    gboolean lost;

    (void)caller;
    virErrorPreserveLast(&raised);
    lost = next->domainHasManagedSaveImage(subject->dom, 0) == 0;
    virErrorRestore(&raised);
    return lost;
}

/* createXML knows no images: where one was to be thrown away, we do it. */
static gboolean
drop_image(const virHypervisorDriver *next, DrvSubject *subject)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    int image =
        next->domainHasManagedSaveImage ? next->domainHasManagedSaveImage(subject->dom, 0) : 0;

    (void)caller;
    return image >= 0 && (image == 0 || next->domainManagedSaveRemove(subject->dom, 0) == 0);
}

static int
start_subject(DrvStack *stack, StockStart *start, DrvSubject *subject)
{
    Definition definition = {NULL};
    g_autofree char *xml = NULL;
    g_autofree char *held = NULL;
    g_autoptr(Guest) guest = NULL;
    gboolean refused;
    int result;

    if (!read_definition(stack->next, subject, start->flags, &definition))
        return -1;
    xml = definition.xml;

    guest = parse_or_leave_to_stock(stack, xml, &held, &refused);
    if (refused)
        return -1;
    if (!guest || !guest_get_uuid(guest))
        return stock_start(start);

    /* Nothing is held back of what is in an image: it is prepared. */
    if (!held || definition.image || start->with_files ||
        (start->flags & ~(CREATE_XML_FLAGS | IMAGE_FLAGS))) {
        result = start_guest(stack, start, guest);
        if (result == 0 || !held || !definition.image || start->with_files ||
            !has_lost_image(stack->next, subject))
            return result;
        virResetLastError();
    }

    if ((start->flags & VIR_DOMAIN_START_FORCE_BOOT) && !drop_image(stack->next, subject))
        return -1;
    start->xml = held;
    start->flags &= CREATE_XML_FLAGS;
    result = start_guest(stack, start, guest);
    if (start->started) {
        start->dom->id = start->started->id;
        virObjectUnref(start->started);
    }
    return result;
}

int
drv_life_create_with_flags(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    StockStart start = {.next = stack->next, .conn = dom->conn, .dom = dom, .flags = flags};
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainCreateWithFlagsEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return start_subject(stack, &start, &subject);
}

int
drv_life_create(virDomainPtr dom)
{
    return drv_life_create_with_flags(dom, 0);
}

int
drv_life_create_with_files(virDomainPtr dom, unsigned int nfiles, int *files, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    StockStart start = {
        .next = stack->next,
        .conn = dom->conn,
        .dom = dom,
        .with_files = TRUE,
        .nfiles = nfiles,
        .files = files,
        .flags = flags,
    };
    g_auto(DrvSubject) subject = {NULL};

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainCreateWithFilesEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    return start_subject(stack, &start, &subject);
}

void
drv_life_tidy_up(DrvStack *stack, virDomainPtr dom)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    char uuid[VIR_UUID_STRING_BUFLEN];

    (void)caller;
    virUUIDFormat(dom->uuid, uuid);
    drv_settle(stack, dom->conn, uuid);
}

int
drv_life_destroy(virDomainPtr dom)
{
    DrvStack *stack = drv_stack_of(dom->conn);

    if (stack->next->domainDestroy(dom) < 0)
        return -1;

    drv_life_tidy_up(stack, dom);
    return 0;
}

int
drv_life_destroy_flags(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);

    if (stack->next->domainDestroyFlags(dom, flags) < 0)
        return -1;

    drv_life_tidy_up(stack, dom);
    return 0;
}
