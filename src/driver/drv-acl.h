/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"
#include "guest-grants.h"
#include "guest.h"

/*
 * A guest's device list: what its group may open, which is what its definition
 * names and nothing else.  Before a start that is the definition which it starts
 * from; once it runs it is always what the stock driver says of the running
 * guest, read anew: so nothing has to be remembered, and a list that is wrong for
 * whatever reason is right after the next change.
 *
 * Where the host has no such lists, or does not let us have one, there is none,
 * as with stock.
 */

/* For a guest that is about to start, from guest_get_xml(). */
gboolean drv_acl_furnish(CorralGroup *whole, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What a running guest needs at this moment; @xml is its running definition, or NULL to ask. */
GPtrArray *drv_acl_collect(DrvStack *stack, virDomainPtr dom, const char *xml, CorralGroup *whole,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes the list that of @grants (element-type GuestGrant). */
gboolean drv_acl_set(CorralGroup *whole, virDomainPtr dom, const GPtrArray *grants, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Allows a running guest what it needs and what @guest, its next life, will need. */
gboolean drv_acl_widen(DrvStack *stack, virDomainPtr dom, CorralGroup *whole, const Guest *guest,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Brings the list of a running guest up to date; what goes wrong is logged, for
 * what asked for it has happened already.  With the guest's claim held, and with
 * the right to see it.
 */
void drv_acl_follow(DrvStack *stack, virDomainPtr dom, const char *xml, CorralGroup *whole);

/*
 * Images that a block job writes to (element-type GuestGrant; reasons from
 * drv_acl_dup_job_reason()), which the running definition does not tell: they are
 * allowed for as long as their disk has a job of that kind.
 */
void drv_acl_add_jobs(CorralGroup *whole, const GPtrArray *jobs);
char *drv_acl_dup_job_reason(const char *disk);
