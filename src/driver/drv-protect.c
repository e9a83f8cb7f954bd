/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When memory is short in a protected partition the kernel takes it from whoever has more than
 * his own part of the protection.  A guest's part is what it was asked to get by with: who keeps
 * more than that loses it before his neighbours lose anything of theirs.
 *
 * The mark is the low one, which the kernel passes over before it kills; the minimum is the
 * user's (min_guarantee).
 */
#include <config.h>

#include "drv-error.h"
#include "drv-protect.h"
#include "drv-tops.h"

#define MEMORY CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY)

/* The kernel counts in pages. */
#define LEAST_CHANGE (1024 * 1024)

static gboolean
is_protected(CorralHost *host, const char *path)
{
    g_autofree char *name = drv_tops_find(path);
    g_autoptr(CorralGroup) top = name ? corral_group_open(host, name, MEMORY, NULL) : NULL;
    guint64 low;

    return top && corral_group_get_memory_low(top, &low, NULL) && low > 0;
}

void
drv_protect(CorralHost *host, const char *path, guint64 bytes, const char *guest)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, MEMORY, NULL);
    g_autoptr(GError) error = NULL;
    guint64 now;

    if (!group || !corral_group_get_memory_low(group, &now, NULL))
        return;
    if (!is_protected(host, path))
        bytes = 0;
    if (bytes == now || (bytes > 0 && MAX(bytes, now) - MIN(bytes, now) < LEAST_CHANGE))
        return;
    if (!corral_group_set_memory_low(group, bytes, &error) &&
        !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
        drv_error_log(g_steal_pointer(&error), guest, "protect what it was promised");
}
