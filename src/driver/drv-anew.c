/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second life in the same group.
 *
 * QEMU starts anew inside the group, so what could stop it there must give way
 * before: the device list has what either life uses, memory may grow to the
 * larger of both limits, and the cpusets are the new ones already, since libvirt
 * pins the new threads while they are born.  What only slows it down follows
 * once it runs.
 */
#include <config.h>

#include "drv-acl.h"
#include "drv-anew.h"
#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-later.h"
#include "drv-target.h"
#include "drv-tune-io.h"
#include "drv-tune-memory.h"

struct _DrvAnew {
    DrvGroup *group;
    const Guest *guest;
    DrvMemory memory; /* of the old life */
    DrvNodes *nodes;
};

void
drv_anew_free(DrvAnew *self)
{
    if (!self)
        return;

    g_clear_pointer(&self->nodes, drv_nodes_free);
    g_free(self);
}

static gboolean
has(DrvGroup *group, CorralController controller)
{
    return (corral_group_get_controllers(drv_group_get_whole(group)) &
            CORRAL_CONTROLLER_BIT(controller)) != 0;
}

static gboolean
write_memory(DrvAnew *self, gboolean both_lives, GError **error)
{
    const GuestMemtune *said = guest_get_memtune(self->guest);
    DrvMemory wanted = self->memory;
    guint field;

    if (!has(self->group, CORRAL_CONTROLLER_MEMORY))
        return drv_tune_memory_apply(drv_group_get_whole(self->group), said, error);

    /* No description has one: it is of the old life alone, and holds nobody back. */
    wanted.given[DRV_MEMORY_GUARANTEE] = !both_lives && wanted.kib[DRV_MEMORY_GUARANTEE] != 0;
    wanted.kib[DRV_MEMORY_GUARANTEE] = 0;
    wanted.kib[DRV_MEMORY_HARD] = said->hard_limit_kib;
    wanted.kib[DRV_MEMORY_SOFT] = said->soft_limit_kib;
    wanted.kib[DRV_MEMORY_SWAP_HARD] = said->swap_hard_limit_kib;
    for (field = 0; field < DRV_MEMORY_GUARANTEE; field++) {
        if (wanted.kib[field] < GUEST_MEMORY_UNLIMITED_KIB)
            wanted.given[field] = TRUE;
        if (both_lives)
            wanted.kib[field] = MAX(wanted.kib[field], self->memory.kib[field]);
    }
    return drv_tune_memory_write(drv_group_get_whole(self->group), &wanted, error);
}

static gboolean
begin_cpusets(DrvAnew *self, GError **error)
{
    if (!has(self->group, CORRAL_CONTROLLER_CPUSET))
        return TRUE;

    self->nodes = drv_nodes_save(self->group, error);
    return self->nodes && drv_cpuset_furnish_anew(self->group, self->guest, error);
}

DrvAnew *
drv_anew_begin(DrvStack *stack, virDomainPtr dom, DrvGroup *group, const Guest *guest,
               GError **error)
{
    CorralGroup *whole = drv_group_get_whole(group);
    g_autoptr(DrvAnew) self = g_new0(DrvAnew, 1);

    self->group = group;
    self->guest = guest;
    drv_target_begin(whole, guest);
    if (has(group, CORRAL_CONTROLLER_MEMORY) && !drv_tune_memory_read(whole, &self->memory, error))
        return NULL;
    if (write_memory(self, TRUE, error) && begin_cpusets(self, error) &&
        drv_acl_widen(stack, dom, whole, guest, error))
        return g_steal_pointer(&self);

    drv_anew_take_back(self);
    return NULL;
}

gboolean
drv_anew_end(DrvAnew *self, GError **error)
{
    drv_later_forget(self->group);
    return drv_group_tune_anew(self->group, guest_get_cputune(self->guest), error) &&
           drv_tune_io_apply_anew(drv_group_get_whole(self->group),
                                  guest_get_blkiotune(self->guest), error) &&
           write_memory(self, FALSE, error);
}

void
drv_anew_take_back(DrvAnew *self)
{
    g_autoptr(GError) error = NULL;

    if (self->nodes)
        drv_nodes_put_back_all(self->nodes);
    if (has(self->group, CORRAL_CONTROLLER_MEMORY) &&
        !drv_tune_memory_write(drv_group_get_whole(self->group), &self->memory, &error))
        drv_error_log(g_steal_pointer(&error), guest_get_name(self->guest), "take back a change");
}
