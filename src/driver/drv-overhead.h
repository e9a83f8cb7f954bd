/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * What a QEMU guest's group needs beside the guest's memory: QEMU itself, its
 * helpers, what the kernel keeps for them.
 */

/*
 * Bytes, the most there has been so far in the guest's life, which a label keeps.  @ram is
 * what the guest may have at most, @pid its process; 0 where only what was kept is wanted.
 * The result is never 0: as long as nothing could be measured it is what QEMU was measured to
 * need elsewhere.
 */
guint64 drv_overhead_find(CorralGroup *group, pid_t pid, guint64 ram);
