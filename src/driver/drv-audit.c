/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audit records about devices. */
#include <config.h>

#include "drv-audit.h"
#include "drv-libvirt.h"

VIR_LOG_INIT("corral.audit");

static void
record(const DrvAuditSubject *subject, const char *reason, const char *what, gboolean success)
{
    g_autofree char *name = virAuditEncode("vm", subject->name);
    g_autofree char *group = virAuditEncode("cgroup", VIR_AUDIT_STR(subject->group));

    VIR_AUDIT(VIR_AUDIT_RECORD_RESOURCE, success,
              "virt=%s resrc=cgroup reason=%s %s uuid=%s %s class=%s", VIR_AUDIT_STR(subject->virt),
              reason, name, subject->uuid, group, what);
}

void
drv_audit_closed(const DrvAuditSubject *subject, gboolean success)
{
    record(subject, "deny", "all", success);
}

static char *
spell_access(CorralDeviceAccess access)
{
    return g_strconcat(access & CORRAL_DEVICE_ACCESS_READ ? "r" : "",
                       access & CORRAL_DEVICE_ACCESS_WRITE ? "w" : "",
                       access & CORRAL_DEVICE_ACCESS_MKNOD ? "m" : "", NULL);
}

void
drv_audit_grant(const DrvAuditSubject *subject, const char *reason, const GuestGrant *grant,
                gboolean success)
{
    g_autofree char *access = spell_access(grant->access);
    g_autofree char *what = NULL;

    if (grant->node) {
        g_autofree char *path = virAuditEncode("path", grant->node);

        what = g_strdup_printf("path %s rdev=%02X:%02X acl=%s", path, grant->device.major,
                               grant->device.minor, access);
    } else {
        what =
            g_strdup_printf("major category=%s maj=%02X acl=%s",
                            g_str_equal(grant->reason, "pseudo terminals") ? "pty" : grant->reason,
                            grant->device.major, access);
    }

    record(subject, reason, what, success);
}
