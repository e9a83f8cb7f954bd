/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The implementation's entry: decides whether corral may run in this daemon,
 * and registers it in front of the stock driver.
 *
 * libvirt asks its drivers in the order of registration, so we come first.
 * State drivers initialise in that order, too.  One of ours comes before the
 * stock one, which must not start guests at boot, and one after it: by then it
 * has found its guests again.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drv-access.h"
#include "drv-autostart.h"
#include "drv-birth.h"
#include "drv-error.h"
#include "drv-events.h"
#include "drv-governor.h"
#include "drv-group.h"
#include "drv-layout.h"
#include "drv-nodes.h"
#include "drv-nursery.h"
#include "drv-planner.h"
#include "drv-policy.h"
#include "drv-reaction.h"
#include "drv-register.h"
#include "drv-scope.h"
#include "drv-settle.h"
#include "drv-stack.h"
#include "drv-tunable.h"

VIR_LOG_INIT("corral.register");

#define QEMU_CONF LIBVIRT_SYSCONFDIR "/libvirt/qemu.conf"

/* One for each driver that we stack over; one daemon may have them all. */
typedef struct {
    const char *name; /* as the stock driver calls itself */
    const char *driver;
    const char *uri;
    const char *state_dir; /* the stock driver's */
    const char *settings;  /* likewise */
    virStateDriver before;
    virStateDriver after;
    gboolean
        reloads; /* libvirt has it, and asks it when the daemon is told to read its files anew */
    DrvStack *stack;
    virConnectPtr conn; /* through the stack; NULL if running guests are not taken over */
    DrvEvents *events;
} Front;

static Front qemu;
static Front lxc;

/*
 * TRUE if qemu.conf says `cgroup_controllers = [ ]`, so that there is one
 * writer of the guests' groups; without the setting libvirt uses them all.
 */
static gboolean
libvirt_leaves_groups_alone(void)
{
    g_auto(GStrv) controllers = NULL;
    g_autoptr(virConf) conf = NULL;

    if (access(QEMU_CONF, F_OK) < 0)
        return FALSE;
    conf = virConfReadFile(QEMU_CONF, 0);
    if (!conf || virConfGetValueStringList(conf, "cgroup_controllers", false, &controllers) <= 0) {
        virResetLastError();
        return FALSE;
    }

    return !controllers || !controllers[0];
}

/* NULL if corral can work here. */
static const char *
find_obstacle(const Front *front, CorralHost *host)
{
    const char *obstacle;

    if (front == &qemu && !libvirt_leaves_groups_alone())
        return "'" QEMU_CONF "' lets libvirt manage cgroups: set cgroup_controllers = [ ], or run "
               "'corral activate'";
    if (!drv_scope_is_used(host))
        return NULL;

    obstacle = drv_scope_find_obstacle(host);
    if (!obstacle && front == &lxc)
        obstacle = drv_scope_find_containers_obstacle();
    return obstacle;
}

static virDrvStateInitResult
prepare(const Front *front, bool privileged, const char *root)
{
    CorralHost *host = front->stack ? drv_keeper_get_host(front->stack->keeper) : NULL;

    if (!privileged || root)
        return VIR_DRV_STATE_INIT_COMPLETE;

    drv_policy_start();
    drv_autostart_take_over(front->state_dir);
    if (host && drv_scope_is_used(host))
        drv_scope_let_all_go(host, front->driver);
    return VIR_DRV_STATE_INIT_COMPLETE;
}

/* What cannot be had leaves the layout as it is, at first that of a host without a policy. */
static void
take_layout(CorralHost *host)
{
    g_autoptr(Policy) policy = drv_policy_get();
    g_autoptr(GError) error = NULL;

    if (!drv_layout_set(host, policy->layout, &error))
        drv_error_log(g_steal_pointer(&error), DRV_POLICY_FILE, "have guests' groups as it says");
}

static virDrvStateInitResult
start(Front *front, bool privileged, const char *root)
{
    DrvStack *stack = front->stack;
    virConnectPtr conn;

    /* Whatever goes wrong here, libvirt has to start. */
    if (!privileged || root)
        return VIR_DRV_STATE_INIT_COMPLETE;

    if (front == &qemu)
        take_layout(drv_keeper_get_host(stack->keeper));
    conn = virConnectOpen(stack->uri);
    if (!conn || conn->driver != &stack->ops) {
        VIR_WARN("corral: cannot open '%s', so running guests are not taken over: %s", stack->uri,
                 virGetLastErrorMessage());
        virResetLastError();
    } else {
        if (stack->has_containers)
            stack->nursery = drv_nursery_new(drv_keeper_get_host(stack->keeper));
        else
            stack->governor = drv_governor_new(stack, conn);
        stack->reaction = drv_reaction_new(stack, conn);
        drv_tunable_follow(stack, conn);
        drv_planner_start(stack, conn);
        front->events = drv_events_new(stack, conn);
        front->conn = virObjectRef(conn);
        drv_autostart_run(conn, front->state_dir, front->settings);
    }
    virObjectUnref(conn);

    return VIR_DRV_STATE_INIT_COMPLETE;
}

static int
stop(Front *front)
{
    drv_tunable_unfollow(front->stack);
    if (front->conn)
        drv_planner_stop(front->stack);
    g_clear_pointer(&front->events, drv_events_free);
    g_clear_pointer(&front->stack->reaction, drv_reaction_free);
    g_clear_pointer(&front->stack->governor, drv_governor_free);
    g_clear_pointer(&front->stack->nursery, drv_nursery_free);
    g_clear_pointer(&front->conn, virObjectUnref);
    return 0;
}

/* What is to be done for guests that want memory may be something else now. */
static void
follow_policy(const Front *front)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_auto(GStrv) uuids = front->conn ? drv_keeper_list(front->stack->keeper) : NULL;
    gsize i;

    (void)caller;
    for (i = 0; uuids && uuids[i]; i++)
        drv_settle_in_passing(front->stack, front->conn, uuids[i]);
}

static int
reload(void)
{
    g_autoptr(GError) error = NULL;
    gboolean changed;

    if (!drv_policy_reload(&changed, &error)) {
        VIR_ERROR("corral: %s: going on with what it said before", error->message);
    } else if (changed) {
        VIR_INFO("corral: following what '%s' says now", DRV_POLICY_FILE);
        if (qemu.stack)
            take_layout(drv_keeper_get_host(qemu.stack->keeper));
        drv_planner_follow_policy();
        follow_policy(&qemu);
        follow_policy(&lxc);
    }
    drv_policy_tell(error);
    return 0;
}

/* libvirt does not tell a state driver which one it is. */
static virDrvStateInitResult
prepare_qemu(bool privileged, const char *root, bool monolithic G_GNUC_UNUSED,
             virStateInhibitCallback callback G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return prepare(&qemu, privileged, root);
}

static virDrvStateInitResult
start_qemu(bool privileged, const char *root, bool monolithic G_GNUC_UNUSED,
           virStateInhibitCallback callback G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return start(&qemu, privileged, root);
}

static int
stop_qemu(void)
{
    return stop(&qemu);
}

static virDrvStateInitResult
prepare_lxc(bool privileged, const char *root, bool monolithic G_GNUC_UNUSED,
            virStateInhibitCallback callback G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return prepare(&lxc, privileged, root);
}

static virDrvStateInitResult
start_lxc(bool privileged, const char *root, bool monolithic G_GNUC_UNUSED,
          virStateInhibitCallback callback G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return start(&lxc, privileged, root);
}

static int
stop_lxc(void)
{
    return stop(&lxc);
}

/* libvirt asks each of a daemon's drivers.  Once is enough, and what a second time would say of it
 * might be taken for an answer to what has been asked meanwhile. */
static int
reload_qemu(void)
{
    return lxc.reloads ? 0 : reload();
}

static Front qemu = {
    .name = "QEMU",
    .driver = "qemu",
    .uri = "qemu:///system",
    .state_dir = LIBVIRT_RUNSTATEDIR "/libvirt/qemu",
    .settings = LIBVIRT_SYSCONFDIR "/libvirt/qemu.conf",
    .before = {.name = "corral-qemu-before", .stateInitialize = prepare_qemu},
    .after = {.name = "corral-qemu",
              .stateInitialize = start_qemu,
              .stateReload = reload_qemu,
              .stateCleanup = stop_qemu},
};

static Front lxc = {
    .name = "LXC",
    .driver = "lxc",
    .uri = "lxc:///system",
    .state_dir = LIBVIRT_RUNSTATEDIR "/libvirt/lxc",
    .settings = LIBVIRT_SYSCONFDIR "/libvirt/lxc.conf",
    .before = {.name = "corral-lxc-before", .stateInitialize = prepare_lxc},
    .after = {.name = "corral-lxc",
              .stateInitialize = start_lxc,
              .stateReload = reload,
              .stateCleanup = stop_lxc},
};

/*
 * What is the root here may be a group that was left to a container, with the container's
 * processes in it; then they make room.  As with stock libvirt the default partition is there even
 * while nobody is in it; so is systemd's slice, but that is none of our business.
 */
static gboolean
prepare_root(CorralHost *host, GError **error)
{
    g_autoptr(CorralGroup) root = NULL;
    g_autoptr(CorralGroup) partition = NULL;

    if (drv_scope_is_used(host))
        return TRUE;

    root = corral_group_open(host, "", DRV_GROUP_PARTITION_CONTROLLERS, error);
    if (!root || !corral_group_make_room(root, DRV_LAYOUT_ASIDE, error))
        return FALSE;
    partition = corral_group_make(host, &GUEST_DEFAULT_PARTITION[1], DRV_GROUP_CONTROLLERS,
                                  CORRAL_MAKE_NONE, error);
    return partition != NULL;
}

/* FALSE with the reason if nothing is ours to make here. */
static gboolean
claim_root(CorralHost *host, char *reason, size_t size)
{
    g_autoptr(GError) error = NULL;

    if (prepare_root(host, &error))
        return TRUE;
    if (g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_PERMISSION) ||
        g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_BUSY)) {
        g_snprintf(reason, size, "no groups can be made here: %s", error->message);
        return FALSE;
    }

    drv_error_log(g_steal_pointer(&error), GUEST_DEFAULT_PARTITION, "make the partition");
    return TRUE;
}

static Front *
find_front(const char *driver)
{
    Front *const fronts[] = {&qemu, &lxc};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(fronts); i++) {
        if (g_str_equal(fronts[i]->driver, driver))
            return fronts[i];
    }

    return NULL;
}

static int
stack_over(const char *driver, CorralRegisterFunc register_stock, int *result, char *reason,
           size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralHost) host = NULL;
    Front *front = find_front(driver);
    const char *obstacle;
    int errnum;

    if (!front) {
        g_strlcpy(reason, "this version does not know the driver", size);
        return -1;
    }
    if (geteuid() != 0) {
        g_strlcpy(reason, "not the system's daemon", size);
        return -1;
    }
    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    if (!host) {
        g_strlcpy(reason, error->message, size);
        return -1;
    }
    obstacle = find_obstacle(front, host);
    if (obstacle) {
        g_strlcpy(reason, obstacle, size);
        return -1;
    }
    if (!claim_root(host, reason, size))
        return -1;
    errnum = drv_birth_init();
    if (errnum != 0) {
        g_snprintf(reason, size, "no fork handler: %s", g_strerror(errnum));
        return -1;
    }

    if (front == &qemu)
        drv_nodes_init(QEMU_CONF);
    front->stack = drv_stack_new(front->name, front->driver, front->driver, front->uri, "/system",
                                 drv_keeper_new(host));
    if (virRegisterConnectDriver(&front->stack->registration, true) < 0) {
        g_strlcpy(reason, virGetLastErrorMessage(), size);
        virResetLastError();
        g_clear_pointer(&front->stack, drv_stack_free);
        return -1;
    }

    if (virRegisterStateDriver(&front->before) < 0) {
        VIR_WARN("corral: guests that start at boot do so in no group: %s",
                 virGetLastErrorMessage());
        virResetLastError();
    }
    *result = register_stock();
    front->reloads = *result == 0 && virRegisterStateDriver(&front->after) >= 0;
    if (*result == 0 && !front->reloads) {
        VIR_WARN("corral: running guests are not taken over: %s", virGetLastErrorMessage());
        virResetLastError();
    }
    return 0;
}

__attribute__((visibility("default"))) const CorralImplementation corral_driver = {
    .abi = CORRAL_IMPLEMENTATION_ABI,
    .libvirt = LIBVIR_VERSION_NUMBER,
    .version = VERSION,
    .stack = stack_over,
};
