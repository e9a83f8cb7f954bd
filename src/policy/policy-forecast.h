/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-difference.h"
#include "policy-machine.h"

/*
 * What a policy would change on a host if it came into force now: all that the driver would set at
 * once, and the first step of what it shares out from then on.  Changes nothing, and @host may
 * be read-only.
 *
 * @swap_room: bytes that could still go to swap
 *
 * Returns: (element-type PolicyDifference): in the order of the policy, then partitions that
 *   it does not describe
 */
GPtrArray *policy_forecast(CorralHost *host, const Policy *policy, const PolicyMachine *machine,
                           guint64 swap_room);
