/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Life-cycle events.
 *
 * libvirt calls back on the daemon's main loop, which must never wait: the
 * callback puts the guest's UUID in a queue and a thread of our own takes it
 * from there.
 *
 * Not everything is an event.  A guest that libvirt gives up while it finds its
 * guests again after a restart just is not running any more, and a process of
 * an unfinished start may take a moment to die.  So the same thread goes the
 * rounds: soon after the daemon's start, then less and less often.
 *
 * That a guest has let go of a vCPU, QEMU tells and libvirt passes on, but before
 * it has dealt with that itself, and then says no more.  So it begins the rounds
 * anew: they find the group that has become empty.  So does a container that
 * starts: whether libvirt hears it shows soon after.
 */
#include <config.h>

#include <string.h>

#include "drv-events.h"
#include "drv-monitor.h"
#include "drv-settle.h"
#include "guest-xml.h"

VIR_LOG_INIT("corral.events");

#define FIRST_ROUND_US (G_TIME_SPAN_SECOND / 4)
#define LAST_ROUND_US (30 * G_TIME_SPAN_SECOND)

#define NOBODY "-"

/* Guests that start and end, devices that have gone, images that are not used any more, what the
 * user writes into a description; and containers that start anew, for which libvirt tells of no
 * start and no end. */
enum {
    LIFECYCLE,
    REBOOT,
    DEVICE_REMOVED,
    BLOCK_JOB,
    METADATA,
    N_CALLBACKS
};

struct _DrvEvents {
    DrvStack *stack;
    virConnectPtr conn;
    int callbacks[N_CALLBACKS]; /* -1 for what libvirt does not tell us */
    int device_deleted;         /* likewise, of QEMU's events */
    gint hurry;                 /* atomic: the rounds are to begin anew */
    GAsyncQueue *queue; /* owned UUIDs; an empty one ends the thread, NOBODY just wakes it */
    GThread *thread;
};

/* A run that we started has its group already. */
static gboolean
concerns_us(DrvEvents *self, const char *uuid, int run, int event)
{
    switch ((virDomainEventType)event) {
    case VIR_DOMAIN_EVENT_STOPPED:
    case VIR_DOMAIN_EVENT_CRASHED:
        return TRUE;
    case VIR_DOMAIN_EVENT_STARTED:
        return !drv_keeper_knows_run(self->stack->keeper, uuid, run);
    default:
        return FALSE;
    }
}

static void
begin_rounds_anew(DrvEvents *self, const char *uuid)
{
    g_atomic_int_set(&self->hurry, TRUE);
    g_async_queue_push(self->queue, g_strdup(uuid));
}

static int
on_event(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, int event, int detail G_GNUC_UNUSED,
         void *opaque)
{
    DrvEvents *self = opaque;
    char uuid[VIR_UUID_STRING_BUFLEN];

    virUUIDFormat(dom->uuid, uuid);
    if (concerns_us(self, uuid, dom->id, event))
        g_async_queue_push(self->queue, g_strdup(uuid));
    if (self->stack->has_containers && event == VIR_DOMAIN_EVENT_STARTED)
        begin_rounds_anew(self, NOBODY);
    return 0;
}

/* What the guest uses has changed, and its device list has to follow. */
static void
push(DrvEvents *self, virDomainPtr dom)
{
    char uuid[VIR_UUID_STRING_BUFLEN];

    virUUIDFormat(dom->uuid, uuid);
    g_async_queue_push(self->queue, g_strdup(uuid));
}

static void
on_device_removed(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom,
                  const char *alias G_GNUC_UNUSED, void *opaque)
{
    push(opaque, dom);
}

static void
on_block_job(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, const char *disk G_GNUC_UNUSED,
             int type G_GNUC_UNUSED, int status G_GNUC_UNUSED, void *opaque)
{
    push(opaque, dom);
}

/* libvirt has no event of its own for vCPUs. */
static void
on_device_deleted(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom,
                  const char *event G_GNUC_UNUSED, long long seconds G_GNUC_UNUSED,
                  unsigned int micros G_GNUC_UNUSED, const char *details, void *opaque)
{
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (!details || !strstr(details, "\"vcpu"))
        return;

    virUUIDFormat(dom->uuid, uuid);
    begin_rounds_anew(opaque, uuid);
}

static void
on_metadata(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, int type G_GNUC_UNUSED,
            const char *uri, void *opaque)
{
    if (g_strcmp0(uri, GUEST_XML_NAMESPACE) == 0)
        push(opaque, dom);
}

static int
subscribe_device_deleted(DrvEvents *self)
{
    const virHypervisorDriver *next = self->stack->next;

    if (!next->connectDomainQemuMonitorEventRegister)
        return -1;
    return next->connectDomainQemuMonitorEventRegister(self->conn, NULL, "DEVICE_DELETED",
                                                       on_device_deleted, self, NULL, 0);
}

static void
on_reboot(virConnectPtr conn G_GNUC_UNUSED, virDomainPtr dom, void *opaque)
{
    push(opaque, dom);
}

static int
subscribe(DrvEvents *self, int event, virConnectDomainEventGenericCallback callback)
{
    return self->stack->next->connectDomainEventRegisterAny(self->conn, NULL, event, callback, self,
                                                            NULL);
}

/* FALSE ends the thread. */
static gboolean
follow_one(DrvEvents *self, const char *uuid)
{
    if (uuid[0] == '\0')
        return FALSE;
    if (!g_str_equal(uuid, NOBODY))
        drv_settle_in_passing(self->stack, self->conn, uuid);
    return TRUE;
}

/* TRUE if the next one is not to be long in coming. */
static gboolean
go_round(DrvEvents *self, DrvMonitor *monitor)
{
    drv_settle_round(self->stack, self->conn);
    return monitor && drv_monitor_look(monitor, self->conn);
}

static gpointer
follow(gpointer data)
{
    DrvEvents *self = data;
    g_autoptr(virIdentity) system = virIdentityGetSystem();
    g_autoptr(DrvMonitor) monitor = NULL;
    gint64 round_us = FIRST_ROUND_US;
    gint64 next_round = g_get_monotonic_time() + round_us;

    /* Without an identity access rules would see nobody, and deny him everything. */
    if (system)
        virIdentitySetCurrent(system);
    if (self->stack->has_containers)
        monitor = drv_monitor_new(self->stack);

    while (TRUE) {
        gint64 left = next_round - g_get_monotonic_time();
        g_autofree char *uuid = NULL;

        /* Events must not keep us from going the rounds, however many there are. */
        if (left <= 0) {
            round_us = go_round(self, monitor) ? FIRST_ROUND_US : MIN(round_us * 2, LAST_ROUND_US);
            next_round = g_get_monotonic_time() + round_us;
            continue;
        }

        uuid = g_async_queue_timeout_pop(self->queue, left);
        if (!uuid)
            continue;
        if (!follow_one(self, uuid))
            return NULL;
        if (g_atomic_int_compare_and_exchange(&self->hurry, TRUE, FALSE)) {
            round_us = FIRST_ROUND_US;
            next_round = MIN(next_round, g_get_monotonic_time() + round_us);
        }
    }
}

DrvEvents *
drv_events_new(DrvStack *stack, virConnectPtr conn)
{
    DrvEvents *self = g_new0(DrvEvents, 1);

    self->stack = stack;
    self->conn = virObjectRef(conn);
    self->queue = g_async_queue_new_full(g_free);
    self->callbacks[DEVICE_REMOVED] = self->callbacks[BLOCK_JOB] = self->device_deleted = -1;
    self->callbacks[REBOOT] = self->callbacks[METADATA] = -1;
    self->callbacks[LIFECYCLE] =
        subscribe(self, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_event));
    if (self->callbacks[LIFECYCLE] < 0) {
        VIR_WARN("corral: no life-cycle events: %s", virGetLastErrorMessage());
        virResetLastError();
        drv_events_free(self);
        self = NULL;
    } else {
        if (stack->has_containers)
            self->callbacks[REBOOT] =
                subscribe(self, VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(on_reboot));
        self->callbacks[DEVICE_REMOVED] = subscribe(self, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
                                                    VIR_DOMAIN_EVENT_CALLBACK(on_device_removed));
        self->callbacks[BLOCK_JOB] = subscribe(self, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2,
                                               VIR_DOMAIN_EVENT_CALLBACK(on_block_job));
        self->callbacks[METADATA] = subscribe(self, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
                                              VIR_DOMAIN_EVENT_CALLBACK(on_metadata));
        self->device_deleted = subscribe_device_deleted(self);
        virResetLastError();
    }

    /* After subscribing: what changes from here on is an event. */
    drv_settle_all(stack, conn);

    if (self)
        self->thread = g_thread_try_new("corral-events", follow, self, NULL);
    return self;
}

void
drv_events_free(DrvEvents *self)
{
    gsize i;

    if (!self)
        return;

    for (i = 0; i < N_CALLBACKS; i++) {
        if (self->callbacks[i] >= 0)
            self->stack->next->connectDomainEventDeregisterAny(self->conn, self->callbacks[i]);
    }
    if (self->device_deleted >= 0)
        self->stack->next->connectDomainQemuMonitorEventDeregister(self->conn,
                                                                   self->device_deleted);
    if (self->thread) {
        g_async_queue_push(self->queue, g_strdup(""));
        g_thread_join(self->thread);
    }
    g_async_queue_unref(self->queue);
    virObjectUnref(self->conn);
    g_free(self);
}
