/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The implementation's entry: decides whether corral may run in this daemon,
 * and registers it in front of the stock driver.
 *
 * libvirt asks its drivers in the order of registration, so we come first.
 * State drivers initialise in that order, too: ours comes after the stock one,
 * which has found its guests again by then.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drv-birth.h"
#include "drv-error.h"
#include "drv-events.h"
#include "drv-group.h"
#include "drv-register.h"
#include "drv-stack.h"

VIR_LOG_INIT("corral.register");

#define QEMU_CONF LIBVIRT_SYSCONFDIR "/libvirt/qemu.conf"
#define QEMU_URI "qemu:///system"

static DrvStack *stack;
static DrvEvents *events;

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
find_obstacle(CorralHost *host)
{
    if (corral_host_is_managed(host))
        return "systemd manages the cgroups of this host, which this version cannot share yet";
    if (!libvirt_leaves_groups_alone())
        return "'" QEMU_CONF "' lets libvirt manage cgroups: set cgroup_controllers = [ ], or run "
               "'corral activate'";

    return NULL;
}

/* As with stock libvirt the default partition is there even while nobody is in it. */
static void
make_default_partition(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) partition =
        corral_group_make(drv_keeper_get_host(stack->keeper), GUEST_DEFAULT_PARTITION + 1,
                          DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NONE, &error);

    if (!partition)
        drv_error_log(g_steal_pointer(&error), GUEST_DEFAULT_PARTITION, "make the partition");
}

static virDrvStateInitResult
start(bool privileged, const char *root G_GNUC_UNUSED, bool monolithic G_GNUC_UNUSED,
      virStateInhibitCallback callback G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    virConnectPtr conn;

    /* Whatever goes wrong here, libvirt has to start. */
    if (!privileged || root)
        return VIR_DRV_STATE_INIT_COMPLETE;

    conn = virConnectOpen(stack->uri);
    if (!conn || conn->driver != &stack->ops) {
        VIR_WARN("corral: cannot open '%s', so running guests are not taken over: %s", stack->uri,
                 virGetLastErrorMessage());
        virResetLastError();
    } else {
        make_default_partition();
        events = drv_events_new(stack, conn);
    }
    virObjectUnref(conn);

    return VIR_DRV_STATE_INIT_COMPLETE;
}

static int
stop(void)
{
    g_clear_pointer(&events, drv_events_free);
    return 0;
}

static virStateDriver state_driver = {
    .name = "corral-qemu",
    .stateInitialize = start,
    .stateCleanup = stop,
};

static int
stack_over(const char *driver, CorralRegisterFunc register_stock, int *result, char *reason,
           size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralHost) host = NULL;
    const char *obstacle;
    int errnum;

    if (geteuid() != 0) {
        g_strlcpy(reason, "not the system's daemon", size);
        return -1;
    }
    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    if (!host) {
        g_strlcpy(reason, error->message, size);
        return -1;
    }
    obstacle = find_obstacle(host);
    if (obstacle) {
        g_strlcpy(reason, obstacle, size);
        return -1;
    }
    errnum = drv_birth_init();
    if (errnum != 0) {
        g_snprintf(reason, size, "no fork handler: %s", g_strerror(errnum));
        return -1;
    }

    stack = drv_stack_new("QEMU", driver, "qemu", QEMU_URI, "/system", drv_keeper_new(host));
    if (virRegisterConnectDriver(&stack->registration, true) < 0) {
        g_strlcpy(reason, virGetLastErrorMessage(), size);
        virResetLastError();
        g_clear_pointer(&stack, drv_stack_free);
        return -1;
    }

    *result = register_stock();
    if (*result == 0 && virRegisterStateDriver(&state_driver) < 0) {
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
