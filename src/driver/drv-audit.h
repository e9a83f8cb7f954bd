/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "guest-grants.h"

/*
 * Audit records of what is allowed and denied to a guest, in the words of the
 * stock driver.  It has none where it manages no groups.
 */
typedef struct {
    const char *virt; /* "kvm" */
    const char *name;
    const char *uuid;
    const char *group; /* the directory whose list is changed */
} DrvAuditSubject;

/* The group's list begins: everything is denied. */
void drv_audit_closed(const DrvAuditSubject *subject, gboolean success);

/* @reason: "allow" or "deny" */
void drv_audit_grant(const DrvAuditSubject *subject, const char *reason, const GuestGrant *grant,
                     gboolean success);
