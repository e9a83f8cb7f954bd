/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stacked table. */
#include <config.h>

#include "drv-arrival.h"
#include "drv-balloon.h"
#include "drv-base.h"
#include "drv-departure.h"
#include "drv-image.h"
#include "drv-io.h"
#include "drv-blocks.h"
#include "drv-devices.h"
#include "drv-error.h"
#include "drv-kill.h"
#include "drv-life.h"
#include "drv-memory.h"
#include "drv-metadata.h"
#include "drv-numa.h"
#include "drv-pause.h"
#include "drv-pin.h"
#include "drv-plug.h"
#include "drv-samples.h"
#include "drv-reserve.h"
#include "drv-sched.h"
#include "drv-size.h"
#include "drv-snapshot.h"
#include "drv-stack.h"
#include "drv-stats.h"
#include "drv-tunable.h"
#include "drv-use.h"
#include "drv-xml.h"

VIR_LOG_INIT("corral.stack");

/* The first open finds the stock driver; until that has worked, each one tries. */
static gboolean
ensure_filled(DrvStack *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    const virHypervisorDriver *next;

    if (self->next)
        return TRUE;

    next = drv_base_find(self->uri);
    if (!next || next == &self->ops) {
        VIR_WARN("corral: nobody serves '%s', nothing to stack over", self->uri);
        virResetLastError();
        return FALSE;
    }

    drv_stack_fill(self, next);
    return TRUE;
}

static virDrvOpenStatus
stack_open(virConnectPtr conn, virConnectAuthPtr auth, virConf *conf, unsigned int flags)
{
    DrvStack *self = drv_stack_of(conn);

    if (drv_base_is_looking() || !conn->uri || g_strcmp0(conn->uri->path, self->path) != 0 ||
        !ensure_filled(self))
        return VIR_DRV_OPEN_DECLINED;

    /* On the caller's own connection: stock functions then find their data in it. */
    return self->next->connectOpen(conn, auth, conf, flags);
}

/* An empty slot tells libvirt "not supported": only what is NEW fills one. */
#define OVERRIDE(slot, func)                                                                       \
    do {                                                                                           \
        if (next->slot)                                                                            \
            ops->slot = (func);                                                                    \
    } while (0);

#define PASS(slot)
#define NONE(slot)
#define WATCH(slot, func) OVERRIDE(slot, func)
#define VET(slot, func) OVERRIDE(slot, func)
#define OWN(slot, func) OVERRIDE(slot, func)
#define NEW(slot, func) ops->slot = (func);

static void
replace_guests(virHypervisorDriver *ops, const virHypervisorDriver *next)
{
#include "drv-slots.def"
}

static void
replace_containers(virHypervisorDriver *ops, const virHypervisorDriver *next)
{
#include "drv-slots-lxc.def"
}

void
drv_stack_fill(DrvStack *self, const virHypervisorDriver *next)
{
    virHypervisorDriver ops = *next;

    if (self->has_containers)
        replace_containers(&ops, next);
    else
        replace_guests(&ops, next);

    ops.name = self->ops.name;
    ops.connectOpen = stack_open;
    self->ops = ops;
    self->next = next;
}

DrvStack *
drv_stack_new(const char *name, const char *driver, const char *scheme, const char *uri,
              const char *path, DrvKeeper *keeper)
{
    DrvStack *self = g_new0(DrvStack, 1);

    self->ops.name = name;
    self->ops.connectOpen = stack_open;
    self->schemes[0] = scheme;
    self->registration.localOnly = true;
    self->registration.uriSchemes = self->schemes;
    self->registration.hypervisorDriver = &self->ops;
    self->driver = driver;
    self->has_containers = g_str_equal(driver, "lxc");
    self->uri = uri;
    self->path = path;
    self->keeper = keeper;
    self->left_alone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->samples = drv_samples_new();
    g_mutex_init(&self->mutex);

    return self;
}

void
drv_stack_free(DrvStack *self)
{
    if (!self)
        return;

    drv_samples_free(self->samples);
    drv_tunable_free(self->tunable);
    g_hash_table_unref(self->left_alone);
    drv_keeper_free(self->keeper);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

DrvStack *
drv_stack_of(virConnectPtr conn)
{
    DrvStack *self = (DrvStack *)((char *)conn->driver - offsetof(DrvStack, ops));

    drv_error_set_origin(self->has_containers);
    return self;
}
