/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host can spare: the kernel's own estimate of what could be had without swapping. */
#include <config.h>

#include "drv-spare.h"
#include "policy-machine.h"

guint64
drv_spare_find(guint64 reserve)
{
    const guint64 available = policy_machine_read_available(NULL);

    return available > reserve ? available - reserve : 0;
}
