/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting and stopping guests.
 *
 * A start makes the guest's group first, complete with its tuning, then calls
 * the stock start with the birth armed, so that the process comes to life
 * inside.  If the stock start fails, the group goes; if our part fails before
 * it, the guest is not started; if our part fails after it, the guest runs and
 * the log says what is not as promised.
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

#include <errno.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-life.h"
#include "drv-parent.h"
#include "drv-settle.h"
#include "drv-stack.h"
#include "drv-threads.h"
#include "guest-cputune.h"
#include "guest-path.h"
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

/* The stock start with the guest's group waiting for it. */
static int
start_in_group(StockStart *start, DrvGroup *group, const Guest *guest)
{
    g_auto(GStrv) entrances =
        corral_group_list_entrances(drv_group_get_whole(group), drv_group_get_emulator(group));
    g_autoptr(DrvBirth) birth = drv_birth_new(entrances);
    g_autoptr(GError) error = NULL;
    DrvThreadsWatch *watch;
    CorralGroup *parent;
    int result;

    if (!birth) {
        drv_error_raise(VIR_ERR_OPERATION_FAILED, "cannot share memory with guest '%s': %s",
                        guest_get_name(guest), g_strerror(errno));
        return -1;
    }

    parent = drv_parent_make(corral_group_get_host(drv_group_get_whole(group)), guest);
    watch = drv_threads_watch(group, birth);
    drv_birth_arm(birth);
    result = stock_start(start);
    drv_birth_disarm();
    drv_parent_remove(parent, guest);

    drv_threads_watch_end(watch, &error);
    if (result == 0 && error)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "place all of it");
    return result;
}

static gboolean
is_running(const virHypervisorDriver *next, virConnectPtr conn, const char *uuid)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    unsigned char raw[VIR_UUID_BUFLEN];
    virDomainPtr dom = NULL;
    gboolean running;

    (void)caller;
    if (virUUIDParse(uuid, raw) == 0)
        dom = next->domainLookupByUUID(conn, raw);
    running = dom && next->domainIsActive(dom) == 1;
    virObjectUnref(dom);
    virResetLastError();
    return running;
}

/*
 * The path comes from the name.  Another guest of that name may have ended
 * without our having heard of it; one that runs or is just being started keeps
 * its group, and there is none for this guest.
 */
static gboolean
take_path(DrvStack *stack, virConnectPtr conn, DrvClaim *claim, const char *path, GError **error)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    g_autofree char *holder = NULL;
    g_autofree char *still = NULL;

    if (drv_claim_take_path(claim, path, &holder))
        return TRUE;

    caller = drv_access_elevate();
    (void)caller;
    drv_settle(stack, conn, holder);
    if (drv_claim_take_path(claim, path, &still))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s", path,
                still);
    return FALSE;
}

/* With the claim held.  @placed: the guest runs, and in its group. */
static int
start_claimed(DrvStack *stack, StockStart *start, const Guest *guest, DrvClaim *claim,
              gboolean *placed)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autofree char *path = NULL;
    g_autoptr(DrvGroup) group = NULL;
    virErrorPtr raised = NULL;

    *placed = FALSE;

    /* Somebody was faster: stock has the words for what the caller asked, and the group is in
     * use.  Should the guest have ended meanwhile, stock starts it. */
    if (is_running(start->next, start->conn, guest_get_uuid(guest))) {
        if (start->dom)
            start->xml = NULL;
        return stock_start(start);
    }

    path = guest_path_build(guest, &error);
    /* Where it was before its partition was edited. */
    if (path && before && !g_str_equal(before, path)) {
        if (!drv_group_clear(drv_keeper_get_host(stack->keeper), before, &error)) {
            drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
            return -1;
        }
        drv_claim_drop_path(claim);
        g_clear_pointer(&before, g_free);
    }
    if (!path || !take_path(stack, start->conn, claim, path, &error)) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        return -1;
    }
    group = drv_group_make(drv_keeper_get_host(stack->keeper), path, guest, &error);
    if (!group) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        if (!before)
            drv_claim_drop_path(claim);
        return -1;
    }

    if (start_in_group(start, group, guest) == 0) {
        *placed = TRUE;
        drv_claim_set_run(claim, start->started ? start->started->id : start->dom->id);
        return 0;
    }

    virErrorPreserveLast(&raised);
    if (drv_group_clear(drv_keeper_get_host(stack->keeper), path, &error))
        drv_claim_drop_path(claim);
    else
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "remove its group");
    virErrorRestore(&raised);
    return -1;
}

/*
 * Whoever came to tidy up after this guest meanwhile has left it to us.  And
 * where we did not place it, it may have been started by another way.
 */
static void
release(DrvStack *stack, virConnectPtr conn, const char *uuid, DrvClaim *claim, gboolean placed)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    virErrorPtr raised = NULL;

    if (!drv_claim_release(claim) && placed)
        return;

    virErrorPreserveLast(&raised);
    caller = drv_access_elevate();
    (void)caller;
    drv_settle(stack, conn, uuid);
    virErrorRestore(&raised);
}

static int
start_guest(DrvStack *stack, StockStart *start, const Guest *guest)
{
    const char *uuid = guest_get_uuid(guest);
    DrvClaim *claim = drv_keeper_claim(stack->keeper, uuid, DRV_CLAIM_START);
    gboolean placed;
    int result = start_claimed(stack, start, guest, claim, &placed);

    release(stack, start->conn, uuid, claim, placed);
    return result;
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
    if (guest && !guest_cputune_is_in_range(guest_get_cputune(guest)))
        return NULL;
    if (guest && guest_xml_hold_back(xml, held, &error))
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
    definition->xml =
        next->domainGetXMLDesc(subject->dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    return definition->xml != NULL;
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

    /* An image holds the XML of a start that has been through here already. */
    if (!held || definition.image || start->with_files ||
        (start->flags & ~(CREATE_XML_FLAGS | IMAGE_FLAGS)))
        return start_guest(stack, start, guest);

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

/* When the call returns, the groups are gone as well. */
static void
tidy_up(DrvStack *stack, virDomainPtr dom)
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

    tidy_up(stack, dom);
    return 0;
}

int
drv_life_destroy_flags(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);

    if (stack->next->domainDestroyFlags(dom, flags) < 0)
        return -1;

    tidy_up(stack, dom);
    return 0;
}
