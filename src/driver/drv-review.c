/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of guests' units that nobody has made through libvirt. */
#include <config.h>

#include "drv-error.h"
#include "drv-group.h"
#include "drv-libvirt.h"
#include "drv-review.h"
#include "drv-scope.h"
#include "drv-settle.h"

VIR_LOG_INIT("corral.review");

gboolean
drv_review_group(CorralGroup *whole, const char *guest)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) changes = corral_group_review(whole, &error);
    g_autofree char *list = changes ? g_strjoinv(", ", changes) : NULL;

    if (!changes) {
        if (!g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
            drv_error_log(g_steal_pointer(&error), guest, "see what others have changed");
    } else if (changes[0]) {
        VIR_WARN("corral: guest '%s': somebody else has changed '%s', and it stays so: %s", guest,
                 corral_group_get_path(whole), list);
        return TRUE;
    }
    return FALSE;
}

static void
review_one(DrvStack *stack, const char *path)
{
    g_autoptr(DrvGroup) group =
        drv_group_open(drv_keeper_get_host(stack->keeper), path, DRV_GROUP_CONTROLLERS, NULL);
    CorralGroup *whole = group ? drv_group_get_whole(group) : NULL;
    g_autofree char *name = whole ? corral_group_get_label(whole, "name", NULL) : NULL;

    if (name && drv_review_group(whole, name))
        drv_group_level_out(group);
}

void
drv_review_all(DrvStack *stack, virConnectPtr conn, char **uuids)
{
    gsize i;

    if (!drv_scope_is_used(drv_keeper_get_host(stack->keeper)))
        return;

    for (i = 0; uuids[i]; i++) {
        DrvClaim *claim = drv_keeper_claim(stack->keeper, uuids[i], DRV_CLAIM_LOOK);
        g_autofree char *path = claim ? drv_claim_dup_path(claim) : NULL;

        if (path)
            review_one(stack, path);
        if (claim && drv_claim_release(claim))
            drv_settle_in_passing(stack, conn, uuids[i]);
    }
}
