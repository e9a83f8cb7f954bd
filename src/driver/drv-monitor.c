/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt hears of its containers.
 *
 * libvirt_lxc tells by a socket: of the container's init as soon as libvirt has
 * connected, how the container has ended, and the end of all by closing it.  libvirt
 * reads that on its main loop, and a thread that starts a container makes the
 * connection; while it is still about it the main loop may have the first message.
 * It then cannot tell whose that is, and closes the connection, and whom to tell of
 * that it does not know yet either.  From then on libvirt is deaf: it learns nothing of the
 * container's end, and of no reboot, until its daemon starts anew.
 *
 * The kernel knows who is connected, so this can be seen: before a start returns, and when the
 * rounds are gone.  Then the connection is made again, with ears of ours, which do what
 * libvirt's would do.  That happens on the main loop, where nothing can come in between.
 *
 * What has ended before we saw that, nobody has told: then it is as if libvirt had
 * heard the socket close and nothing else.  That a process has ended its
 * descriptor says, which does not mistake another one of the same number for it.
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drv-container.h"
#include "drv-group.h"
#include "drv-loop.h"
#include "drv-lxc.h"
#include "drv-monitor.h"

VIR_LOG_INIT("corral.monitor");

#define SOCKETS "/proc/net/unix"

/* libvirt hears of an end at once.  Whoever does not hear for so long is deaf, not slow. */
#define PATIENCE_US (2 * G_TIME_SPAN_SECOND)

/* The main loop turns many times a second; how long a start may wait for that. */
#define LOOP_US G_TIME_SPAN_SECOND

/* Who is in what is left of a container has nobody to look after him. */
#define KILL_MS 8000

/* In libvirt's module of containers, which is there when one of its connections is. */
typedef __typeof__(virLXCProcessStop) ProcessStop;
typedef __typeof__(virLXCProcessStart) ProcessStart;
typedef __typeof__(virLXCMonitorNew) MonitorNew;
typedef __typeof__(virLXCMonitorClose) MonitorClose;

/* One life of a container, for the main loop. */
typedef struct {
    virLXCDriver *driver;
    virDomainObj *vm; /* a reference */
    int run;
    guint turns;
} Life;

/* One that runs as libvirt says. */
typedef struct {
    int run;
    int pidfd;        /* of its libvirt_lxc; -1 if there is none to be had */
    gint64 silent_us; /* since when it has ended, as far as we know; 0 */
} Sight;

struct _DrvMonitor {
    DrvStack *stack;
    GHashTable *sights; /* of Sight, by UUID */
};

static Life *
life_new(const DrvLxc *lxc, int run)
{
    Life *self = g_new0(Life, 1);

    self->driver = lxc->driver;
    self->vm = virObjectRef(lxc->vm);
    self->run = run;
    return self;
}

static void
life_free(gpointer data)
{
    Life *self = data;

    virObjectUnref(self->vm);
    g_free(self);
}

static gboolean
goes_on(const Life *self)
{
    return virDomainObjIsActive(self->vm) && self->vm->def->id == self->run;
}

/* ---- the end of a container, on the main loop --------------------------------- */

/* Everything that runs of it has ended.  The object is locked. */
static void
end(virLXCDriver *driver, virDomainObj *vm)
{
    ProcessStop *process_stop = (ProcessStop *)dlsym(RTLD_DEFAULT, "virLXCProcessStop");
    ProcessStart *process_start = (ProcessStart *)dlsym(RTLD_DEFAULT, "virLXCProcessStart");
    virLXCDomainObjPrivate *priv = vm->privateData;
    virObjectEvent *event = NULL;
    gboolean reboots = priv->wantReboot;
    virDomainDef *defined = reboots ? g_steal_pointer(&vm->newDef) : NULL;
    gboolean stopped =
        process_stop && process_stop(driver, vm, VIR_DOMAIN_SHUTOFF_SHUTDOWN, 0) == 0;
    gboolean runs = FALSE;

    /* Out of libvirt's sight meanwhile: it boots anew as it was, with what was set since. */
    if (reboots)
        vm->newDef = defined;
    if (!stopped) {
        VIR_WARN("corral: cannot tell libvirt of the end of container '%s': %s", vm->def->name,
                 virGetLastErrorMessage());
        virResetLastError();
        return;
    }

    if (reboots) {
        runs = process_start &&
               process_start(driver, vm, 0, NULL, NULL, VIR_DOMAIN_RUNNING_BOOTED) == 0;
        if (!runs)
            VIR_WARN("corral: container '%s' does not boot anew: %s", vm->def->name,
                     virGetLastErrorMessage());
        virDomainAuditStop(vm, "reboot");
        virDomainAuditStart(vm, "reboot", runs);
    } else if (!priv->doneStopEvent) {
        virDomainAuditStop(vm, "shutdown");
    }

    if (runs)
        event = virDomainEventRebootNewFromObj(vm);
    else if (reboots || !priv->doneStopEvent)
        event = virDomainEventLifecycleNewFromObj(vm, VIR_DOMAIN_EVENT_STOPPED, priv->stopReason);
    virObjectEventStateQueue(driver->domainEventState, event);
    if (!runs && !vm->persistent)
        virDomainObjListRemove(driver->domains, vm);
    virResetLastError();
}

static void
bury(gpointer data)
{
    Life *self = data;

    virObjectLock(self->vm);
    if (goes_on(self))
        end(self->driver, self->vm);
    virObjectUnlock(self->vm);
}

/* Should libvirt hear after all, and only the loop have been slow, then it is its turn first. */
static void
bury_later(gpointer data)
{
    Life *self = data;
    Life *again = g_new0(Life, 1);

    *again = *self;
    virObjectRef(again->vm);
    if (!drv_loop_run(bury, again, life_free))
        life_free(again);
}

/* ---- ears, on the main loop --------------------------------------------------- */

static void
on_exit_status(virLXCMonitor *monitor G_GNUC_UNUSED, virLXCMonitorExitStatus status,
               virDomainObj *vm)
{
    virLXCDomainObjPrivate *priv = vm->privateData;
    const gboolean failed = status != VIR_LXC_MONITOR_EXIT_STATUS_SHUTDOWN &&
                            status != VIR_LXC_MONITOR_EXIT_STATUS_REBOOT;

    virObjectLock(vm);
    priv->stopReason = failed ? VIR_DOMAIN_EVENT_STOPPED_FAILED : VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN;
    if (status == VIR_LXC_MONITOR_EXIT_STATUS_REBOOT)
        priv->wantReboot = true;
    virObjectUnlock(vm);
}

static void
on_close(virLXCMonitor *monitor, virDomainObj *vm)
{
    virLXCDomainObjPrivate *priv = vm->privateData;

    virObjectRef(vm);
    virObjectLock(vm);
    if (virDomainObjIsActive(vm) && priv->monitor == monitor)
        end(priv->driver, vm);
    virDomainObjEndAPI(&vm);
}

/* Of the init we have told already. */
static virLXCMonitorCallbacks ears = {
    .eofNotify = on_close,
    .exitNotify = on_exit_status,
};

/* ---- who is connected --------------------------------------------------------- */

/* (element-type utf8): the paths of sockets that somebody is connected to, or about to be; NULL if
 * that cannot be read. */
static GHashTable *
list_connected(void)
{
    g_autoptr(GHashTable) connected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    gsize i;

    if (!g_file_get_contents(SOCKETS, &text, NULL, NULL))
        return NULL;

    /* See proc(5), and SS_CONNECTING and SS_CONNECTED of linux/net.h. */
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i]; i++) {
        unsigned int state;
        int path = 0;

        if (sscanf(lines[i], "%*s %*s %*s %*s %*s %x %*u %n", &state, &path) == 1 && path > 0 &&
            (state == 2 || state == 3) && lines[i][path] == '/')
            g_hash_table_add(connected, g_strdup(&lines[i][path]));
    }

    return g_steal_pointer(&connected);
}

static char *
build_socket_path(virLXCDriver *driver, const char *name)
{
    g_autoptr(virLXCDriverConfig) config = drv_lxc_ref_config(driver);

    return g_strdup_printf("%s/%s.sock", config->stateDir, name);
}

static gboolean
is_deaf(virLXCDriver *driver, const char *name, GHashTable *connected)
{
    g_autofree char *path = build_socket_path(driver, name);

    return connected && !g_hash_table_contains(connected, path);
}

/* libvirt's is closed.  While that is taken down the object is not locked. */
static gboolean
drop_deaf(Life *self, MonitorClose *monitor_close)
{
    virLXCDomainObjPrivate *priv = self->vm->privateData;
    virLXCMonitor *deaf = g_steal_pointer(&priv->monitor);

    if (deaf) {
        monitor_close(deaf);
        virObjectUnref(deaf);
    }
    return goes_on(self) && !priv->monitor;
}

static void
connect_again(Life *self, MonitorNew *monitor_new)
{
    virLXCDomainObjPrivate *priv = self->vm->privateData;
    g_autoptr(virLXCDriverConfig) config = drv_lxc_ref_config(self->driver);

    if (virSecurityManagerSetSocketLabel(self->driver->securityManager, self->vm->def) == 0) {
        priv->monitor = monitor_new(self->vm, config->stateDir, &ears);
        virSecurityManagerClearSocketLabel(self->driver->securityManager, self->vm->def);
    }
    if (priv->monitor)
        VIR_INFO("corral: libvirt hears container '%s' again", self->vm->def->name);
    else
        VIR_WARN("corral: libvirt does not hear container '%s': %s", self->vm->def->name,
                 virGetLastErrorMessage());
    virResetLastError();
}

static void
mend(gpointer data)
{
    Life *self = data;
    MonitorNew *monitor_new = (MonitorNew *)dlsym(RTLD_DEFAULT, "virLXCMonitorNew");
    MonitorClose *monitor_close = (MonitorClose *)dlsym(RTLD_DEFAULT, "virLXCMonitorClose");
    g_autoptr(GHashTable) connected = NULL;

    virObjectLock(self->vm);
    connected = list_connected();
    if (monitor_new && monitor_close && goes_on(self) &&
        is_deaf(self->driver, self->vm->def->name, connected) && drop_deaf(self, monitor_close))
        connect_again(self, monitor_new);
    virObjectUnlock(self->vm);
}

/* ---- looking ------------------------------------------------------------------ */

static void
send_to_loop(DrvStack *stack, virDomainPtr dom, void (*func)(gpointer data))
{
    g_auto(DrvLxc) lxc = {NULL};
    Life *life;

    if (drv_lxc_open(stack, dom, &lxc)) {
        life = life_new(&lxc, dom->id);
        if (!drv_loop_run(func, life, life_free))
            life_free(life);
    }
    virResetLastError();
}

/* FALSE if it is heard. */
static gboolean
mend_if_deaf(DrvStack *stack, virDomainPtr dom, GHashTable *connected)
{
    if (!is_deaf(dom->conn->privateData, dom->name, connected))
        return FALSE;

    send_to_loop(stack, dom, mend);
    return TRUE;
}

void
drv_monitor_hear(DrvStack *stack, virDomainPtr dom)
{
    g_autoptr(GHashTable) connected = list_connected();

    if (mend_if_deaf(stack, dom, connected) && !drv_loop_wait(LOOP_US))
        VIR_WARN("corral: libvirt may not hear the end of container '%s' yet", dom->name);
}

static void
sight_free(gpointer data)
{
    Sight *self = data;

    if (self->pidfd >= 0)
        close(self->pidfd);
    g_free(self);
}

static Sight *
sight_new(int run)
{
    Sight *self = g_new0(Sight, 1);

    self->run = run;
    self->pidfd = (int)syscall(SYS_pidfd_open, run, 0);
    return self;
}

/* Not if we do not know: there may be no such call. */
static gboolean
has_ended(Sight *self)
{
    struct pollfd fd = {.fd = self->pidfd, .events = POLLIN};

    if (self->pidfd < 0)
        return kill(self->run, 0) < 0 && errno == ESRCH;
    return poll(&fd, 1, 0) == 1;
}

/* NULL if it is not known, or that of another life. */
static CorralGroup *
open_group(DrvStack *stack, const char *uuid, int run)
{
    g_autofree char *path = drv_keeper_dup_path(stack->keeper, uuid);
    g_autoptr(CorralGroup) group = NULL;

    if (path)
        group = corral_group_open(drv_keeper_get_host(stack->keeper), path, DRV_GROUP_CONTROLLERS,
                                  NULL);
    return group && drv_container_read_controller(group) == run ? g_steal_pointer(&group) : NULL;
}

static void
end_unheard(DrvStack *stack, virDomainPtr dom, const char *uuid)
{
    g_autoptr(CorralGroup) group = open_group(stack, uuid, dom->id);

    VIR_WARN("corral: libvirt has not heard that container '%s' has ended; whether it was to boot "
             "anew nobody has heard",
             dom->name);
    if (group && !corral_group_kill(group, KILL_MS, NULL))
        VIR_WARN("corral: what is left of container '%s' does not end", dom->name);
    else
        send_to_loop(stack, dom, bury_later);
}

/* TRUE if there is more to come. */
static gboolean
look_at(DrvMonitor *self, virDomainPtr dom, const char *uuid, GHashTable *connected)
{
    Sight *sight = g_hash_table_lookup(self->sights, uuid);
    const gint64 now = g_get_monotonic_time();

    if (!sight || sight->run != dom->id) {
        sight = sight_new(dom->id);
        g_hash_table_replace(self->sights, g_strdup(uuid), sight);
    }
    if (!has_ended(sight)) {
        (void)mend_if_deaf(self->stack, dom, connected);
        return FALSE;
    }

    if (sight->silent_us == 0)
        sight->silent_us = now;
    if (now - sight->silent_us < PATIENCE_US)
        return TRUE;

    /* Should that fail it is tried again, not at once. */
    sight->silent_us = 0;
    end_unheard(self->stack, dom, uuid);
    return FALSE;
}

static gboolean
has_stopped(gpointer uuid, gpointer sight G_GNUC_UNUSED, gpointer active)
{
    return !g_hash_table_contains(active, uuid);
}

gboolean
drv_monitor_look(DrvMonitor *self, virConnectPtr conn)
{
    g_autoptr(GHashTable) active = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) connected = NULL;
    virDomainPtr *domains = NULL;
    gboolean again = FALSE;
    int n, i;

    n = self->stack->next->connectListAllDomains(conn, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    /* After the list: whoever is in there has been started to the end. */
    connected = list_connected();
    for (i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        virUUIDFormat(domains[i]->uuid, uuid);
        g_hash_table_add(active, g_strdup(uuid));
        again = look_at(self, domains[i], uuid, connected) || again;
        virObjectUnref(domains[i]);
    }
    g_free(domains);
    if (n >= 0)
        g_hash_table_foreach_remove(self->sights, has_stopped, active);

    virResetLastError();
    return again;
}

DrvMonitor *
drv_monitor_new(DrvStack *stack)
{
    DrvMonitor *self = g_new0(DrvMonitor, 1);

    self->stack = stack;
    self->sights = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sight_free);
    return self;
}

void
drv_monitor_free(DrvMonitor *self)
{
    if (!self)
        return;

    g_hash_table_unref(self->sights);
    g_free(self);
}
