/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt leaves undone where it makes the group itself, or does by halves.
 *
 * A container goes on without what it cannot have, and the log tells: one that was started
 * without us may have taken more by now.
 */
#include <config.h>

#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-tune-memory.h"

static gboolean
apply_size(CorralGroup *whole, const Guest *guest, GError **error)
{
    DrvMemory wanted = {.given = {[DRV_MEMORY_HARD] = TRUE},
                        .kib = {[DRV_MEMORY_HARD] = guest_get_memory_kib(guest)}};

    /* A hard limit counts more, as with libvirt. */
    if (wanted.kib[DRV_MEMORY_HARD] == 0 ||
        guest_get_memtune(guest)->hard_limit_kib < GUEST_MEMORY_UNLIMITED_KIB)
        return TRUE;
    return drv_tune_memory_write(whole, &wanted, error);
}

void
drv_group_make_up_for(DrvGroup *self, const Guest *guest)
{
    CorralGroup *whole = drv_group_get_whole(self);
    g_autoptr(GError) size = NULL;
    g_autoptr(GError) cpuset = NULL;
    g_autoptr(GError) pids = NULL;

    if (!apply_size(whole, guest, &size))
        drv_error_log(g_steal_pointer(&size), guest_get_name(guest), "limit its memory");
    if (!drv_cpuset_confine(self, guest, &cpuset))
        drv_error_log(g_steal_pointer(&cpuset), guest_get_name(guest),
                      "hold it to its CPUs and memory nodes");
    if (!drv_group_apply_pids(self, guest, &pids))
        drv_error_log(g_steal_pointer(&pids), guest_get_name(guest), "limit its processes");
}
