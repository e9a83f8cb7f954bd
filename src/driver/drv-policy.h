/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-machine.h"
#include "policy.h"

/*
 * The operator's policy that is in force in this daemon (drv-policy.c).  Any thread may ask.
 */

/* Where it is written. */
#define DRV_POLICY_FILE LIBVIRT_SYSCONFDIR "/libvirt/corral.xml"

/* When the daemon starts: there is always one afterwards. */
void drv_policy_start(void);

/*
 * The file is read again.  What is wrong with it, or with what it asks of this host, is in
 * @error, and then all is as it was.  *@changed: the policy in force is another one now.
 */
gboolean drv_policy_reload(gboolean *changed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For people, and for `corral status`: what became of the file that was read again, once it has
 * been followed.  NULL: it is in force. */
void drv_policy_tell(const GError *refused);

/* (transfer full): the same one until there is something new, also what another daemon was told of
 * the reserve. */
Policy *drv_policy_get(void);

/* The host's share is set until the file says otherwise; fields that are NULL are left. */
typedef struct {
    const guint64 *memory_kib;
    const guint *n_cpus;
    const GArray *cpus; /* instead of the number */
} DrvReserveChange;

gboolean drv_policy_set_reserve(const DrvReserveChange *change, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
