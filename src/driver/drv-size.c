/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `virsh setmem` of containers.
 *
 * A container has no balloon: what it is given is the limit of its group.  The kernel's
 * legacy interface refuses a limit that it cannot bring the use below; the unified one
 * kills until it can.  So memory is taken first, in steps, and what cannot be taken is an error
 * with everybody alive.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-lxc.h"
#include "drv-room.h"
#include "drv-running.h"
#include "drv-size.h"

#define KIB_SHIFT 10

/* The one parameter by which drv_running_set() has it. */
#define FIELD "memory"

typedef struct {
    DrvGroup *group;
    guint64 before_bytes; /* of the group */
    guint64 before_kib;   /* that libvirt shows */
    guint64 defined_kib;  /* persistently; 0: not at all */
} Change;

static void
change_clear(Change *self)
{
    g_clear_pointer(&self->group, drv_group_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, change_clear)

static int
set_stock(virDomainPtr dom, virTypedParameterPtr params, int nparams G_GNUC_UNUSED,
          unsigned int flags)
{
    return drv_stack_of(dom->conn)->next->domainSetMemoryFlags(dom, params[0].value.ul, flags);
}

/* Always -1. */
static int
refuse(GError *error)
{
    drv_error_raise(VIR_ERR_OPERATION_FAILED, "Failed to set memory for domain: %s",
                    error->message);
    return -1;
}

/* What libvirt has for it now, and whether there may be @kib. */
static gboolean
check(DrvChange *change, guint64 kib)
{
    g_auto(DrvLxc) lxc = {NULL};
    Change *self = change->data;
    guint64 most;

    if (!drv_lxc_open(change->stack, change->subject->dom, &lxc))
        return FALSE;

    self->before_kib = lxc.vm->def->mem.cur_balloon;
    most = virDomainDefGetMemoryTotal(lxc.vm->def);
    if (change->config_too && lxc.vm->newDef) {
        self->defined_kib = lxc.vm->newDef->mem.cur_balloon;
        most = MIN(most, virDomainDefGetMemoryTotal(lxc.vm->newDef));
    }
    if (kib <= most)
        return TRUE;

    drv_error_raise(VIR_ERR_INVALID_ARG, "Cannot set memory higher than max memory");
    return FALSE;
}

static int
prepare(DrvChange *change)
{
    Change *self = change->data;
    g_autoptr(GError) error = NULL;

    if (!check(change, change->params[0].value.ul))
        return -1;
    self->group = drv_running_open_group(change->stack, change->subject,
                                         CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY),
                                         "cgroup memory controller is not mounted");
    if (!self->group)
        return -1;
    if (!corral_group_get_memory_limit(drv_group_get_whole(self->group), &self->before_bytes,
                                       &error))
        return refuse(error);
    return 0;
}

static int
write_limit(DrvChange *change)
{
    Change *self = change->data;
    CorralGroup *group = drv_group_get_whole(self->group);
    const guint64 bytes = (guint64)change->params[0].value.ul << KIB_SHIFT;
    g_autoptr(GError) error = NULL;

    if (drv_room_make(group, bytes, &error) && corral_group_set_memory_limit(group, bytes, &error))
        return 0;
    return refuse(error);
}

/* Stock changes it before it writes it down, and leaves it so when it cannot. */
static void
undo_definition(DrvChange *change)
{
    Change *self = change->data;
    g_auto(DrvLxc) lxc = {NULL};

    if (self->defined_kib == 0 || !drv_lxc_open(change->stack, change->subject->dom, &lxc))
        return;
    if (lxc.vm->newDef && lxc.vm->newDef->mem.cur_balloon == change->params[0].value.ul)
        lxc.vm->newDef->mem.cur_balloon = self->defined_kib;
}

static void
undo(DrvChange *change)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    Change *self = change->data;
    g_autoptr(GError) error = NULL;

    (void)caller;
    if (change->stack->next->domainSetMemoryFlags(change->subject->dom, self->before_kib,
                                                  VIR_DOMAIN_AFFECT_LIVE) < 0)
        virResetLastError();
    if (!corral_group_set_memory_limit(drv_group_get_whole(self->group), self->before_bytes,
                                       &error) &&
        !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
        drv_error_log(g_steal_pointer(&error), change->subject->def.name, "take back a change");
    undo_definition(change);
}

int
drv_size_set_flags(virDomainPtr dom, unsigned long kib, unsigned int flags)
{
    const DrvSetter setter = {
        .ensure = virDomainSetMemoryFlagsEnsureACL,
        .stock = set_stock,
        .prepare = prepare,
        .write = write_limit,
        .undo = undo,
    };
    virTypedParameter param = {.type = VIR_TYPED_PARAM_ULLONG, .value.ul = kib};
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(Change) change = {NULL};

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_MEM_MAXIMUM, -1);
    /* Of one that runs it cannot be changed. */
    if (flags & VIR_DOMAIN_MEM_MAXIMUM)
        return stack->next->domainSetMemoryFlags(dom, kib, flags);

    g_strlcpy(param.field, FIELD, sizeof(param.field));
    return drv_running_set(&setter, dom, &param, 1, flags, &change);
}

int
drv_size_set(virDomainPtr dom, unsigned long kib)
{
    return drv_size_set_flags(dom, kib, VIR_DOMAIN_AFFECT_LIVE);
}
