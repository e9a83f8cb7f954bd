/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots.
 *
 * The snapshot of a running guest has the guest's description in it, and going
 * back to it means that the guest that runs is ended and started from that.
 * So it is like an image: it is to have the tuning that was in force, with what
 * stock does not start with held back, and users see neither.  Stock writes the
 * description by itself; afterwards it is redefined, as users may do.
 *
 * The snapshot of a guest that is off is different: its description becomes the
 * guest's definition, and there periods and quotas stay in the open.  Where the
 * guest is to run then, it is started like any other.  That of disks alone is of
 * this kind, too, and has the definition beside the description.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-blocks.h"
#include "drv-error.h"
#include "drv-life.h"
#include "drv-settle.h"
#include "drv-snapshot.h"
#include "drv-start.h"
#include "drv-xml.h"
#include "guest-xml.h"

VIR_LOG_INIT("corral.snapshot");

#define RUN_FLAGS (VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)

/* A snapshot's description around the guest's. */
typedef struct {
    char *xml;
    char *domain;     /* <domain> to </domain> */
    char *definition; /* <inactiveDomain>, as <domain>; NULL if there is none */
    gsize start;
    gsize end;
    gboolean active; /* of a guest that ran */
} Description;

static void
description_clear(Description *self)
{
    g_clear_pointer(&self->xml, g_free);
    g_clear_pointer(&self->domain, g_free);
    g_clear_pointer(&self->definition, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Description, description_clear)

/* @start: that of <inactiveDomain>, or NULL */
static char *
copy_definition(const char *start)
{
    const char *end = start ? g_strrstr(start, "</inactiveDomain>") : NULL;

    if (!end)
        return NULL;
    start += strlen("\n  <inactiveDomain");
    return g_strdup_printf("<domain%.*s</domain>", (int)(end - start), start);
}

/*
 * Takes @xml.  libvirt prints it, so it is plain: markup in texts is escaped, and
 * <inactiveDomain>, if any, follows <domain>.
 */
static gboolean
take_apart(Description *self, char *xml)
{
    const char *start = xml ? strstr(xml, "\n  <domain ") : NULL;
    const char *limit = start ? strstr(start, "\n  <inactiveDomain ") : NULL;
    const char *end = NULL;

    self->xml = xml;
    if (start)
        end = g_strrstr_len(start, limit ? limit - start : -1, "</domain>");
    if (!end)
        return FALSE;

    start += strlen("\n  ");
    end += strlen("</domain>");
    self->domain = g_strndup(start, end - start);
    self->definition = copy_definition(limit);
    self->start = start - xml;
    self->end = end - xml;
    self->active =
        strstr(xml, "\n  <state>running</state>") || strstr(xml, "\n  <state>paused</state>");
    return TRUE;
}

static char *
put_together(const Description *self, const char *domain)
{
    return g_strdup_printf("%.*s%s%s", (int)self->start, self->xml, domain, self->xml + self->end);
}

static gboolean
read_description(const virHypervisorDriver *next, virDomainSnapshotPtr snapshot, Description *self)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return take_apart(self,
                      next->domainSnapshotGetXMLDesc(snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE));
}

static gboolean
redefine(const virHypervisorDriver *next, virDomainSnapshotPtr snapshot, const char *xml)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    unsigned int flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
    virDomainSnapshotPtr redefined;

    (void)caller;
    if (next->domainSnapshotIsCurrent(snapshot, 0) == 1)
        flags |= VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
    redefined = next->domainSnapshotCreateXML(snapshot->domain, xml, flags);
    if (!redefined)
        return FALSE;

    virObjectUnref(redefined);
    return TRUE;
}

char *
drv_snapshot_get_desc(virDomainSnapshotPtr snapshot, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(snapshot->domain->conn);
    g_auto(Description) description = {NULL};
    g_autofree char *shown = NULL;
    g_autoptr(GError) error = NULL;

    if (!take_apart(&description, stack->next->domainSnapshotGetXMLDesc(snapshot, flags)))
        return g_steal_pointer(&description.xml);

    shown = drv_xml_show(stack, description.domain, &error);
    if (!shown) {
        drv_error_log(g_steal_pointer(&error), snapshot->name, "show its tuning");
        return g_steal_pointer(&description.xml);
    }
    return put_together(&description, shown);
}

/* ---- taking them -------------------------------------------------------------- */

/* The guest's description as it is to be in its snapshot; NULL if it is that already. */
static char *
describe_for_snapshot(DrvStack *stack, virDomainSnapshotPtr snapshot)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_auto(Description) description = {NULL};
    g_autofree char *said = NULL;
    g_autofree char *now = NULL;
    g_autofree char *held = NULL;

    (void)caller;
    if (!read_description(stack->next, snapshot, &description) || !description.active)
        return NULL;

    said = drv_xml_show(stack, description.domain, NULL);
    now = drv_xml_show_live(stack, snapshot->domain, description.domain, NULL);
    if (!said || !now || g_str_equal(said, now) || !guest_xml_hold_back(now, &held, NULL))
        return NULL;
    return put_together(&description, held ? held : now);
}

virDomainSnapshotPtr
drv_snapshot_create_xml(virDomainPtr dom, const char *xml, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    virDomainSnapshotPtr snapshot = drv_blocks_snapshot(dom, xml, flags);
    g_autofree char *described = NULL;

    if (!snapshot ||
        (flags & (VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA |
                  VIR_DOMAIN_SNAPSHOT_CREATE_HALT)))
        return snapshot;

    described = describe_for_snapshot(stack, snapshot);
    if (described && !redefine(stack->next, snapshot, described))
        VIR_WARN("corral: snapshot '%s' has the tuning that guest '%s' was started with: %s",
                 snapshot->name, dom->name, virGetLastErrorMessage());
    virResetLastError();
    return snapshot;
}

/* ---- going back --------------------------------------------------------------- */

typedef struct {
    const virHypervisorDriver *next;
    virDomainSnapshotPtr snapshot;
    unsigned int flags;
} Revert;

static int
call_revert(gpointer data, int *run G_GNUC_UNUSED)
{
    Revert *self = data;

    return self->next->domainRevertToSnapshot(self->snapshot, self->flags);
}

static int
call_running(gpointer data)
{
    return call_revert(data, NULL);
}

/* What the guest is when we are back. */
static const char *
get_goal(const Description *self)
{
    return self->active || !self->definition ? self->domain : self->definition;
}

/* The guest may be off afterwards: when the call returns, its groups are gone as well. */
static int
revert_plainly(DrvStack *stack, Revert *self)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    virDomainPtr dom = self->snapshot->domain;
    char uuid[VIR_UUID_STRING_BUFLEN];
    virErrorPtr raised = NULL;
    int result = call_running(self);

    virErrorPreserveLast(&raised);
    caller = drv_access_elevate();
    (void)caller;
    virUUIDFormat(dom->uuid, uuid);
    drv_settle(stack, dom->conn, uuid);
    virErrorRestore(&raised);
    return result;
}

/* To a guest that is off, which is then started by the front door. */
static int
revert_and_start(DrvStack *stack, Revert *self)
{
    unsigned int flags = 0;

    if (self->flags & VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)
        flags |= VIR_DOMAIN_START_PAUSED;
    if (self->flags & VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM)
        flags |= VIR_DOMAIN_START_RESET_NVRAM;
    /* A managed save image is of disks that are no more. */
    if (self->flags & VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)
        flags |= VIR_DOMAIN_START_FORCE_BOOT;

    self->flags &= ~RUN_FLAGS;
    return revert_plainly(stack, self) < 0
               ? -1
               : drv_life_create_with_flags(self->snapshot->domain, flags);
}

int
drv_snapshot_revert(virDomainSnapshotPtr snapshot, unsigned int flags)
{
    virDomainPtr dom = snapshot->domain;
    DrvStack *stack = drv_stack_of(dom->conn);
    Revert revert = {.next = stack->next, .snapshot = snapshot, .flags = flags};
    const DrvStart start = {
        .call = call_revert, .call_running = call_running, .replaces = TRUE, .data = &revert};
    g_auto(Description) description = {NULL};
    g_auto(DrvSubject) subject = {NULL};
    g_autoptr(Guest) guest = NULL;
    g_autofree char *held = NULL;

    if (!drv_access_find_subject(stack->next, dom, &subject) ||
        virDomainRevertToSnapshotEnsureACL(dom->conn, &subject.def) < 0)
        return -1;

    if (read_description(stack->next, snapshot, &description))
        guest = guest_xml_parse_as(stack->driver, get_goal(&description), subject.def.name, NULL);
    virResetLastError();
    if (!guest || !guest_get_uuid(guest) || drv_start_is_for_stock(guest) ||
        !guest_xml_hold_back(get_goal(&description), &held, NULL) ||
        (!description.active && !(flags & RUN_FLAGS)))
        return revert_plainly(stack, &revert);

    if (held && !description.active)
        return revert_and_start(stack, &revert);
    if (held) {
        g_autofree char *xml = put_together(&description, held);

        if (!redefine(stack->next, snapshot, xml))
            return -1;
    }
    return drv_start_run(&start, stack, dom->conn, guest);
}
