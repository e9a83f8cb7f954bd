/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a container, whatever goes on in it.
 *
 * Stock signals who is in the group again and again, and as long as somebody forks it
 * does not come to an end.  One that stands still it lets go on by the legacy
 * interface, and knows no other.  So the group is emptied here, by the library, and
 * stock, which has the rest to tidy up, finds nobody any more.
 *
 * As with stock all may go by themselves at first, unless they stand still.  The
 * object stays locked meanwhile, and what waits for it then is stock, on the main loop, which
 * has seen libvirt_lxc end and takes that for the end of the container.  It does what there is
 * to do, and must not be disturbed: stock lets go of the object in the middle of that,
 * and two at a time count one container twice.  Only how it ended is for us to say.
 */
#include <config.h>

#include <dlfcn.h>
#include <signal.h>

#include "drv-container.h"
#include "drv-error.h"
#include "drv-kill.h"
#include "drv-life.h"
#include "drv-lxc.h"

/* Stock's. */
#define LEAVE_MS 1600

/* Killed is soon said, but a slow machine takes its time over hundreds. */
#define KILL_MS 8000

/* Until stock has seen it. */
#define NOTICE_MS 2000

#define LOOK_US 5000

/* In libvirt's module of containers, which is there when one of its connections is. */
typedef __typeof__(virLXCProcessStop) ProcessStop;

static void
ask_to_leave(CorralGroup *group)
{
    g_autoptr(GArray) processes = drv_container_list_processes(group);
    guint i;

    for (i = 0; i < processes->len; i++)
        (void)kill(g_array_index(processes, pid_t, i), SIGTERM);
}

static gboolean
is_empty(CorralGroup *group)
{
    g_autoptr(GArray) processes = drv_container_list_processes(group);

    return processes->len == 0;
}

static void
wait_until_empty(CorralGroup *group)
{
    const gint64 deadline = g_get_monotonic_time() + LEAVE_MS * G_TIME_SPAN_MILLISECOND;

    while (!is_empty(group) && g_get_monotonic_time() < deadline)
        g_usleep(LOOK_US);
}

static gboolean
empty(CorralGroup *group, DrvLxc *lxc)
{
    g_autoptr(GError) error = NULL;

    if (virDomainObjGetState(lxc->vm, NULL) != VIR_DOMAIN_PAUSED) {
        ask_to_leave(group);
        wait_until_empty(group);
    }
    if (corral_group_kill(group, KILL_MS, &error))
        return TRUE;

    drv_error_raise(VIR_ERR_INTERNAL_ERROR, "Some processes refused to die: %s", error->message);
    return FALSE;
}

static void
wait_until_noticed(DrvLxc *lxc)
{
    const gint64 deadline = g_get_monotonic_time() + NOTICE_MS * G_TIME_SPAN_MILLISECOND;

    while (virDomainObjIsActive(lxc->vm) && g_get_monotonic_time() < deadline) {
        virObjectUnlock(lxc->vm);
        g_usleep(LOOK_US);
        virObjectLock(lxc->vm);
    }
}

static gboolean
stop(DrvLxc *lxc, ProcessStop *process_stop)
{
    virLXCDomainObjPrivate *private = lxc->vm->privateData;

    private->doneStopEvent = true;
    private->wantReboot = false;
    wait_until_noticed(lxc);

    /* Nobody is left to be let go on. */
    if (virDomainObjGetState(lxc->vm, NULL) == VIR_DOMAIN_PAUSED)
        virDomainObjSetState(lxc->vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    if (process_stop(lxc->driver, lxc->vm, VIR_DOMAIN_SHUTOFF_DESTROYED, 0) < 0) {
        private->doneStopEvent = false;
        return FALSE;
    }

    virDomainObjSetState(lxc->vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    drv_lxc_send(lxc, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    virDomainAuditStop(lxc->vm, "destroyed");
    return TRUE;
}

static int
destroy(DrvStack *stack, virDomainPtr dom)
{
    ProcessStop *process_stop = (ProcessStop *)dlsym(RTLD_DEFAULT, "virLXCProcessStop");
    g_autoptr(CorralGroup) group = NULL;
    g_auto(DrvLxc) lxc = {NULL};

    if (!process_stop)
        return stack->next->domainDestroy(dom);
    if (!drv_lxc_open(stack, dom, &lxc) ||
        virDomainDestroyFlagsEnsureACL(dom->conn, lxc.vm->def) < 0 ||
        !drv_lxc_begin(&lxc, VIR_JOB_DESTROY))
        return -1;

    /* Where we have stepped aside it is in a group of libvirt's. */
    group = drv_lxc_open_group(stack, &lxc, NULL);
    if (!group) {
        drv_lxc_clear(&lxc);
        return stack->next->domainDestroy(dom);
    }
    if (!empty(group, &lxc) || !stop(&lxc, process_stop))
        return -1;

    drv_lxc_remove_transient(&lxc);
    return 0;
}

int
drv_kill_destroy_flags(virDomainPtr dom, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);

    virCheckFlags(0, -1);
    if (destroy(stack, dom) < 0)
        return -1;

    drv_life_tidy_up(stack, dom);
    return 0;
}

int
drv_kill_destroy(virDomainPtr dom)
{
    return drv_kill_destroy_flags(dom, 0);
}
