/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device list of a guest's group.
 *
 * The rules are the kernel's; why they are there is kept beside them, in labels
 * of the group, for people (`corral device`) and for audit records, which tell
 * only what has changed.
 */
#include <config.h>

#include <string.h>

#include "drv-acl.h"
#include "drv-audit.h"
#include "drv-error.h"
#include "drv-nodes.h"

VIR_LOG_INIT("corral.acl");

#define JOB_REASON_PREFIX "disk "
#define JOB_REASON_SUFFIX ", commit"

/* ---- what is kept with the group ---- */

static void
write_label(CorralGroup *whole, const char *label, const char *text)
{
    g_autofree char *before = corral_group_get_label(whole, label, NULL);
    g_autoptr(GError) failure = NULL;

    if (g_strcmp0(before, text) == 0)
        return;
    if (!corral_group_set_label(whole, label, text, &failure))
        drv_error_log(g_steal_pointer(&failure), corral_group_get_path(whole), "label its devices");
}

static void
write_reasons(CorralGroup *whole, const GPtrArray *grants)
{
    g_auto(GStrv) pieces = guest_grants_format(grants, GUEST_GRANTS_LABEL_SIZE);
    gboolean more = TRUE;
    guint i;

    for (i = 0; more && i < GUEST_GRANTS_LABELS_MAX; i++) {
        g_autofree char *label = guest_grants_dup_label(i);

        if (pieces && pieces[0] && i < g_strv_length(pieces)) {
            write_label(whole, label, pieces[i]);
        } else {
            g_autofree char *old = corral_group_get_label(whole, label, NULL);

            more = old && *old;
            if (more)
                write_label(whole, label, "");
        }
    }
}

/* NULL if it never had a list. */
static GPtrArray *
read_reasons(CorralGroup *whole)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();
    guint i;

    for (i = 0; i < GUEST_GRANTS_LABELS_MAX; i++) {
        g_autofree char *label = guest_grants_dup_label(i);
        g_autofree char *text = corral_group_get_label(whole, label, NULL);

        if (!text && i == 0)
            return NULL;
        if (!text || !*text)
            break;
        guest_grants_parse(grants, text);
    }

    return g_steal_pointer(&grants);
}

/* ---- making it so ---- */

/* The directory in which the list is, for the audit record. */
static char *
dup_directory(CorralGroup *whole)
{
    g_autoptr(CorralGroup) group =
        corral_group_open(corral_group_get_host(whole), corral_group_get_path(whole),
                          CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES), NULL);
    g_auto(GStrv) entrances = group ? corral_group_list_entrances(group, NULL) : NULL;

    return entrances && entrances[0] ? g_path_get_dirname(entrances[0]) : NULL;
}

/* As stock does, a node that is not needed any more is denied altogether. */
static void
audit_missing(const DrvAuditSubject *subject, const char *reason, const GPtrArray *of,
              const GPtrArray *in, gboolean success)
{
    const gboolean denied = g_str_equal(reason, "deny");
    guint i;

    for (i = 0; i < of->len; i++) {
        GuestGrant grant = *(const GuestGrant *)g_ptr_array_index(of, i);
        const CorralDeviceAccess left = guest_grants_find_access(in, &grant.device);

        if (denied ? (grant.access & ~left) == 0 : guest_grants_include(in, &grant))
            continue;
        if (denied)
            grant.access = left || !grant.node ? grant.access & ~left : CORRAL_DEVICE_ACCESS_ALL;
        drv_audit_grant(subject, reason, &grant, success);
    }
}

static void
audit(CorralGroup *whole, const DrvAuditSubject *who, const GPtrArray *before,
      const GPtrArray *after, gboolean success)
{
    g_autoptr(GPtrArray) none = guest_grants_new();
    g_autofree char *directory = dup_directory(whole);
    DrvAuditSubject subject = *who;

    subject.group = directory;
    if (!before) {
        drv_audit_closed(&subject, success);
        before = none;
    }
    audit_missing(&subject, "allow", after, before, success);
    audit_missing(&subject, "deny", before, after, success);
}

/* A container's group may have a list of libvirt's, which suffers no other; libvirt sees to it
 * that it is right. */
static gboolean
is_stocks(const DrvAuditSubject *who, const GError *failure)
{
    return g_strcmp0(who->virt, virDomainVirtTypeToString(VIR_DOMAIN_VIRT_LXC)) == 0 &&
           g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_BUSY);
}

static gboolean
set(CorralGroup *whole, const DrvAuditSubject *who, const GPtrArray *grants, GError **error)
{
    g_autoptr(GPtrArray) rules = guest_grants_to_rules(grants);
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean success;

    if (!(corral_group_get_controllers(whole) & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES)))
        return TRUE;

    before = read_reasons(whole);
    success = corral_group_set_device_rules(whole, rules, &failure);
    if (is_stocks(who, failure))
        return TRUE;
    audit(whole, who, before, grants, success);
    if (success) {
        write_reasons(whole, grants);
        return TRUE;
    }

    /* As stock does, and in its words; a host that has no lists is the same case to it. */
    if (g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_PERMISSION) ||
        g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED)) {
        VIR_WARN("corral: '%s': Group devices ACL is not accessible, disabling filtering: %s",
                 who->name, failure->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* What @guest's description names; NULL if it cannot be had. */
static virDomainDef *
add_description(GPtrArray *grants, const Guest *guest, GError **error)
{
    const char *xml = guest_get_xml(guest);
    g_autoptr(virDomainDef) def = NULL;

    if (!xml) {
        g_set_error_literal(error, GUEST_ERROR, GUEST_ERROR_XML, "The guest's devices are unknown");
        return NULL;
    }
    def = drv_definition_parse(xml, FALSE);
    if (!def) {
        drv_error_take(error);
        return NULL;
    }
    if (!drv_nodes_add_guest(grants, def, DRV_NODES_STRICT | DRV_NODES_PENDING, error))
        return NULL;

    return g_steal_pointer(&def);
}

gboolean
drv_acl_furnish(CorralGroup *whole, const Guest *guest, GError **error)
{
    g_autoptr(GPtrArray) grants = guest_grants_new();
    g_autoptr(virDomainDef) def = add_description(grants, guest, error);
    DrvAuditSubject who = {NULL, guest_get_name(guest), guest_get_uuid(guest), NULL};

    if (!def)
        return FALSE;

    who.virt = virDomainVirtTypeToString(def->virtType);
    return set(whole, &who, grants, error);
}

gboolean
drv_acl_set(CorralGroup *whole, virDomainPtr dom, const GPtrArray *grants, GError **error)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *type = corral_group_get_label(whole, "virt", NULL);
    DrvAuditSubject who = {type, dom->name, uuid, NULL};

    virUUIDFormat(dom->uuid, uuid);
    return set(whole, &who, grants, error);
}

/* ---- a running guest ---- */

char *
drv_acl_dup_job_reason(const char *disk)
{
    return g_strconcat(JOB_REASON_PREFIX, disk, JOB_REASON_SUFFIX, NULL);
}

static void
write_jobs(CorralGroup *whole, const GPtrArray *jobs)
{
    g_auto(GStrv) pieces = guest_grants_format(jobs, GUEST_GRANTS_LABEL_SIZE);

    write_label(whole, GUEST_GRANTS_LABEL_JOBS, pieces && pieces[0] ? pieces[0] : "");
}

void
drv_acl_add_jobs(CorralGroup *whole, const GPtrArray *jobs)
{
    g_autofree char *text = corral_group_get_label(whole, GUEST_GRANTS_LABEL_JOBS, NULL);
    g_autoptr(GPtrArray) all = guest_grants_new();

    if (text)
        guest_grants_parse(all, text);
    guest_grants_add_all(all, jobs);
    if (all->len > 0)
        write_jobs(whole, all);
}

/* Whether the job goes on for which @reason was given. */
static gboolean
job_goes_on(DrvStack *stack, virDomainPtr dom, const char *reason)
{
    virDomainBlockJobInfo info = {0};
    g_autofree char *disk = NULL;
    int found;

    if (!g_str_has_prefix(reason, JOB_REASON_PREFIX) ||
        !g_str_has_suffix(reason, JOB_REASON_SUFFIX) || !stack->next->domainGetBlockJobInfo)
        return FALSE;

    disk = g_strndup(reason + strlen(JOB_REASON_PREFIX),
                     strlen(reason) - strlen(JOB_REASON_PREFIX JOB_REASON_SUFFIX));
    found = stack->next->domainGetBlockJobInfo(dom, disk, &info, 0);
    virResetLastError();
    return found > 0 && (info.type == VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT ||
                         info.type == VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT);
}

static void
add_jobs(GPtrArray *grants, DrvStack *stack, virDomainPtr dom, CorralGroup *whole)
{
    g_autofree char *text = corral_group_get_label(whole, GUEST_GRANTS_LABEL_JOBS, NULL);
    g_autoptr(GPtrArray) noted = guest_grants_new();
    g_autoptr(GPtrArray) left = guest_grants_new();
    guint i;

    if (!text || !*text)
        return;

    guest_grants_parse(noted, text);
    for (i = 0; i < noted->len; i++) {
        const GuestGrant *grant = g_ptr_array_index(noted, i);

        if (job_goes_on(stack, dom, grant->reason))
            guest_grants_add(left, &grant->device, grant->access, grant->node, grant->reason);
    }
    if (left->len < noted->len)
        write_jobs(whole, left);
    guest_grants_add_all(grants, left);
}

/* Where a backup goes: the running definition does not tell, but the backup has its own. */
static gboolean
add_backup(GPtrArray *grants, DrvStack *stack, virDomainPtr dom, GError **error)
{
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_NONE};
    g_autofree char *xml = NULL;
    virDomainBackupDef *backup;
    gboolean success = TRUE;
    gsize i;

    if (!stack->next->domainBackupGetXMLDesc || !stack->next->domainGetJobInfo ||
        stack->next->domainGetJobInfo(dom, &job) < 0 || job.type == VIR_DOMAIN_JOB_NONE) {
        virResetLastError();
        return TRUE;
    }

    xml = stack->next->domainBackupGetXMLDesc(dom, 0);
    backup = xml ? virDomainBackupDefParseString(xml, drv_definition_get_options(), 0) : NULL;
    for (i = 0; success && backup && i < backup->ndisks; i++) {
        g_autofree char *reason = g_strdup_printf("disk %s, backup", backup->disks[i].name);

        success = !backup->disks[i].store || drv_nodes_add_image(grants, backup->disks[i].store,
                                                                 reason, DRV_NODES_LENIENT, error);
    }
    virDomainBackupDefFree(backup);
    virResetLastError();
    return success;
}

/* For audit records, which name the kind of guest; it does not change while it runs. */
static void
label_type(CorralGroup *whole, const virDomainDef *def)
{
    g_autofree char *type = corral_group_get_label(whole, "virt", NULL);

    if (g_strcmp0(type, virDomainVirtTypeToString(def->virtType)) != 0)
        write_label(whole, "virt", virDomainVirtTypeToString(def->virtType));
}

GPtrArray *
drv_acl_collect(DrvStack *stack, virDomainPtr dom, const char *xml, CorralGroup *whole,
                GError **error)
{
    g_autofree char *asked = xml ? NULL : stack->next->domainGetXMLDesc(dom, 0);
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(GPtrArray) grants = guest_grants_new();

    if (xml || asked)
        def = drv_definition_parse(xml ? xml : asked, TRUE);
    if (!def) {
        drv_error_take(error);
        return NULL;
    }
    label_type(whole, def);
    if (!drv_nodes_add_guest(grants, def, DRV_NODES_LENIENT, error) ||
        !add_backup(grants, stack, dom, error))
        return NULL;
    add_jobs(grants, stack, dom, whole);

    return g_steal_pointer(&grants);
}

gboolean
drv_acl_widen(DrvStack *stack, virDomainPtr dom, CorralGroup *whole, const Guest *guest,
              GError **error)
{
    g_autoptr(GPtrArray) grants = NULL;
    g_autoptr(virDomainDef) def = NULL;

    if (!(corral_group_get_controllers(whole) & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES)))
        return TRUE;

    grants = drv_acl_collect(stack, dom, NULL, whole, error);
    if (grants)
        def = add_description(grants, guest, error);
    return def && drv_acl_set(whole, dom, grants, error);
}

void
drv_acl_follow(DrvStack *stack, virDomainPtr dom, const char *xml, CorralGroup *whole)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) grants = NULL;

    if (!(corral_group_get_controllers(whole) & CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_DEVICES)))
        return;

    grants = drv_acl_collect(stack, dom, xml, whole, &error);
    if (!grants || !drv_acl_set(whole, dom, grants, &error))
        drv_error_log(g_steal_pointer(&error), dom->name, "bring its device list up to date");
}
