/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group that was given away.  Its new owner may make groups below and put his
 * processes there; for that he needs the group's directory and a few files of
 * it.  All the others are what he was promised and what he is held to, and stay
 * the giver's.  Not everybody who gives groups away knows the difference.
 */
#include <config.h>

#include "cg-group.h"
#include "cg-host.h"
#include "cg-owner.h"
#include "corral-owner.h"

/**
 * corral_group_restrict_owner:
 * @self: a group that may belong to somebody else
 * @error: where to put what went wrong
 *
 * Takes back what the owner of a group must not have: afterwards he may use his
 * part of the hierarchy, and the limits on all of it are out of his reach.  With
 * the unified interface the directory and `cgroup.procs`, `cgroup.threads` and
 * `cgroup.subtree_control` stay as they are; every other file belongs to the
 * caller, and nobody else may write to it.  With the legacy interface, where
 * nothing can be given away safely, that is so of all files.
 *
 * A file that the owner has opened for writing before stays open to him.
 *
 * Returns: (skip): %TRUE if all is as it should be
 * Since: 0.1
 */
gboolean
corral_group_restrict_owner(CorralGroup *self, GError **error)
{
    guint i;

    if (!cg_host_check_writable(corral_group_get_host(self), "take files back", error) ||
        !cg_group_check_places(self, error))
        return FALSE;

    for (i = 0; i < cg_group_get_n_places(self); i++) {
        const CgPlace *place = cg_group_get_place(self, i);

        if (!cg_owner_take_back(place->dir, place->hierarchy->backend->given_files, error))
            return FALSE;
    }

    return TRUE;
}

/**
 * corral_group_can_be_delegated:
 * @self: a group
 *
 * Whether the kernel provides for a group like this, with the controllers that @self
 * has, to be given to somebody else.  Where it does, programs do give groups away, and
 * some more of them than they should: corral_group_restrict_owner().
 *
 * Returns: %TRUE if it may belong to somebody who must not change its limits
 * Since: 0.1
 */
gboolean
corral_group_can_be_delegated(CorralGroup *self)
{
    const guint n = cg_group_get_n_places(self);
    guint i;

    for (i = 0; i < n; i++) {
        if (!cg_group_get_place(self, i)->hierarchy->backend->given_files)
            return FALSE;
    }

    return n > 0;
}
