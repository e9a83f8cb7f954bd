/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt that runs in a container has its groups below the container's, where
 * the host's libvirt finds them when it looks for its own, under the same names.
 * The same guest may even run in both, under one UUID.  Yet neither may take what
 * is the other's for a guest of its own, or for what is left of one.
 *
 * Nobody has to know of the other for that.  A group has a label with its path as
 * its owner sees it.  Who sees it elsewhere is not the owner: within the container
 * paths begin at the container's group.
 *
 * A group without a label is from a moment ago, before its maker came to that, or
 * from an accident; or there are no labels for its maker, or libvirt_lxc has made it.
 */
#include <config.h>

#include "drv-owner.h"
#include "guest-path.h"

void
drv_owner_sign(CorralGroup *whole)
{
    g_autofree char *ours = guest_path_format_owner(corral_group_get_path(whole));
    g_autoptr(GError) error = NULL;

    if (!corral_group_set_label(whole, GUEST_PATH_OWNER_LABEL, ours, &error))
        g_debug("'%s' does not tell whose it is: %s", corral_group_get_path(whole), error->message);
}

gboolean
drv_owner_is_signed(CorralGroup *whole)
{
    g_autofree char *label = corral_group_get_label(whole, GUEST_PATH_OWNER_LABEL, NULL);

    return label != NULL;
}

gboolean
drv_owner_is_other(CorralGroup *whole)
{
    g_autofree char *label = corral_group_get_label(whole, GUEST_PATH_OWNER_LABEL, NULL);
    g_autofree char *ours = guest_path_format_owner(corral_group_get_path(whole));

    return label && !g_str_equal(label, ours);
}
