/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-machine.h"
#include "policy.h"

/* What is left of a machine for its guests (policy-reserve.c).  Pure. */

/* Bytes, for all of them together; 0 if nothing is. */
guint64 policy_reserve_find_memory(const PolicyReserve *self, const PolicyMachine *machine);

/* (element-type guint): the CPUs that guests may run on.  Never empty: who keeps all of them
 * for the host keeps all but one. */
GArray *policy_reserve_find_cpus(const PolicyReserve *self, const PolicyMachine *machine);

/* (element-type guint): the machine's others, which the host keeps. */
GArray *policy_reserve_find_kept_cpus(const PolicyReserve *self, const PolicyMachine *machine);

/* Whether any CPU is kept. */
gboolean policy_reserve_has_cpus(const PolicyReserve *self);

/* (element-type guint): of @cpus, those that guests may run on; all that guests may if there are
 * none of those, for somewhere they have to. */
GArray *policy_reserve_limit_cpus(const GArray *cpus, const GArray *allowed);

/* Whether @machine has what the policy keeps and promises; the error has the file's line. */
gboolean policy_reserve_check(const Policy *policy, const PolicyMachine *machine, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
