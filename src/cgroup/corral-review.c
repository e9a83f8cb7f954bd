/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What others have changed of a group that is systemd's unit. */
#include <config.h>

#include "cg-group.h"
#include "cg-memo.h"
#include "corral-review.h"

/**
 * corral_group_review:
 * @self: a group
 * @error: where to put what went wrong
 *
 * Finds what somebody else has changed of a group that is a unit since it was last reviewed, or set
 * by us: `systemctl set-property` by an administrator, for one.  That stays as it is, and is told
 * once.  What systemd has only rounded in a reload (docs/systemd.md) is put right, and not told.
 *
 * The first time there is nothing to compare with, so nothing is told of what we have not set.
 * What is known is kept in a label of the group.
 *
 * Only cgroup v2; of a group that is no unit nothing is told.  Whoever sets something at
 * the same time may be taken for somebody else.
 *
 * Returns: (transfer full): a line for each file, as `cpu.weight is "500", not "1953"`
 * Since: 0.1
 */
char **
corral_group_review(CorralGroup *self, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(g_free);
    guint i;

    if (!cg_group_check_places(self, error))
        return NULL;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        if (!cg_memo_review(cg_group_get_place(self, i), changes, error))
            return NULL;
    }

    g_ptr_array_add(changes, NULL);
    return (char **)g_ptr_array_steal(changes, NULL);
}
