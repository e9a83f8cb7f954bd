/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `virsh setmem` of QEMU guests.
 *
 * The call is stock's: it tells the balloon, and returns.  That the guest keeps to it is the
 * governor's business afterwards (policy-governor.c), and all there is to do here is
 * to keep what the guest was asked for, in the right order: a guest that is given more has its
 * limit raised before it is told; one that is asked for less is told before anything is
 * kept, so that nobody is held to what he has not heard of.
 *
 * What is kept must be what the balloon was told last.  So of two calls on one guest the second
 * waits for the first, as it does in stock's code, and no longer.  The guest's claim
 * is not held meanwhile: the governor must be able to raise the limit of a guest that does not
 * answer.
 */
#include <config.h>

#include "drv-balloon.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-running.h"
#include "drv-stick.h"
#include "drv-target.h"

/* As long as stock waits for whoever changes the guest (QEMU_JOB_WAIT_TIME). */
#define WAIT_US (30 * G_TIME_SPAN_SECOND)

/* ---- one at a time ---- */

static GMutex mutex;
static GCond freed;
static GHashTable *asking; /* set of UUIDs; NULL before the first */

static gboolean
begin_asking(const char *uuid)
{
    const gint64 until_us = g_get_monotonic_time() + WAIT_US;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    if (!asking)
        asking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while (g_hash_table_contains(asking, uuid)) {
        if (!g_cond_wait_until(&freed, &mutex, until_us)) {
            drv_error_raise(VIR_ERR_OPERATION_TIMEOUT, "cannot acquire state change lock");
            return FALSE;
        }
    }

    g_hash_table_add(asking, g_strdup(uuid));
    return TRUE;
}

static void
end_asking(const char *uuid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    g_hash_table_remove(asking, uuid);
    g_cond_broadcast(&freed);
}

/* ---- what is kept ---- */

typedef struct {
    DrvStack *stack;
    DrvSubject *subject;
    char uuid[VIR_UUID_STRING_BUFLEN];
    CorralGroup *group; /* NULL: the guest has none, and nothing is kept */
    DrvTarget before;
    DrvTarget after;
} Asking;

static void
asking_clear(Asking *self)
{
    g_clear_object(&self->group);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asking, asking_clear)

/* 0 if libvirt does not say. */
static guint64
find_most(DrvStack *stack, DrvSubject *subject)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virDomainInfo info;

    (void)caller;
    if (stack->next->domainGetInfo(subject->dom, &info) == 0)
        return info.maxMem;
    virResetLastError();
    return 0;
}

static void
find_before(Asking *self, guint64 kib)
{
    CorralHost *host = drv_keeper_get_host(self->stack->keeper);
    const guint64 most = find_most(self->stack, self->subject);
    g_autofree char *path = NULL;

    path = drv_keeper_dup_path(self->stack->keeper, self->uuid);
    self->group = path && most > 0 ? drv_stick_open(host, path, NULL) : NULL;
    if (self->group)
        drv_target_read(self->group, &self->before);
    if (kib < most)
        self->after = (DrvTarget){.kib = kib, .most_kib = most};
}

/* Whether it is asked for nothing, or for no less than before. */
static gboolean
may_have_more(const Asking *self)
{
    if (self->after.kib == 0)
        return self->before.kib != 0;
    return self->before.kib != 0 && self->after.kib >= self->before.kib;
}

/* @now: what it allows is to be had before this returns. */
static void
keep(Asking *self, const DrvTarget *target, gboolean now)
{
    DrvClaim *claim = drv_running_claim(self->stack, self->subject);
    g_autoptr(GError) error = NULL;

    if (!drv_target_note(self->group, target, &error)) {
        if (!g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE))
            drv_error_log(g_steal_pointer(&error), self->subject->def.name,
                          "keep what it is asked for");
    } else if (now) {
        drv_governor_raise(self->stack->governor, self->uuid);
    } else {
        drv_governor_wake(self->stack->governor, self->uuid);
    }
    drv_running_release(self->stack, self->subject, claim);
}

static int
ask(Asking *self, virDomainPtr dom, unsigned long kib, unsigned int flags)
{
    const virHypervisorDriver *next = self->stack->next;
    gboolean more = self->group && may_have_more(self);
    gboolean less = self->group && !more && self->after.kib != 0;
    virErrorPtr raised = NULL;
    int result;

    if (more)
        keep(self, &self->after, TRUE);
    result = next->domainSetMemoryFlags(dom, kib, flags);

    virErrorPreserveLast(&raised);
    if (more && result < 0)
        keep(self, &self->before, FALSE);
    if (less && result == 0)
        keep(self, &self->after, FALSE);
    virErrorRestore(&raised);
    return result;
}

/* Its user has said anew what it is to have. */
static void
forget_wanted(const Asking *self)
{
    if (self->group && drv_target_read_wanted(self->group) > 0 &&
        !drv_target_note_wanted(self->group, 0, NULL))
        g_debug("no attributes on cgroups here");
}

/* ---- for others ---- */

/* What its user wants is kept before it is asked for more, and as long as that is so. */
static gboolean
ask_for_others(Asking *self, guint64 kib, GError **error)
{
    const guint64 noted = drv_target_read_wanted(self->group);
    const guint64 now = self->before.kib ? self->before.kib : find_most(self->stack, self->subject);
    const guint64 wanted = noted ? noted : now;

    if (noted == 0 && kib < now && !drv_target_note_wanted(self->group, now, error))
        return FALSE;
    if (ask(self, self->subject->dom, MIN(kib, wanted), VIR_DOMAIN_AFFECT_LIVE) < 0) {
        drv_error_take(error);
        return FALSE;
    }
    return kib < wanted || drv_target_note_wanted(self->group, 0, error);
}

gboolean
drv_balloon_ask_for_others(DrvStack *stack, virDomainPtr dom, guint64 kib, GError **error)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_auto(DrvSubject) subject = {NULL};
    g_auto(Asking) self = {.stack = stack, .subject = &subject};
    gboolean done = TRUE;

    (void)caller;
    if (!drv_access_find_subject(stack->next, dom, &subject)) {
        drv_error_take(error);
        return FALSE;
    }
    virUUIDFormat(subject.def.uuid, self.uuid);
    if (!begin_asking(self.uuid)) {
        drv_error_take(error);
        return FALSE;
    }
    find_before(&self, kib);
    if (self.group)
        done = ask_for_others(&self, kib, error);
    end_asking(self.uuid);
    return done;
}

/* ---- the slots ---- */

int
drv_balloon_set_flags(virDomainPtr dom, unsigned long kib, unsigned int flags)
{
    DrvStack *stack = drv_stack_of(dom->conn);
    g_auto(DrvSubject) subject = {NULL};
    g_auto(Asking) self = {.stack = stack, .subject = &subject};
    DrvReach reach;
    int result;

    virCheckFlags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_MEM_MAXIMUM, -1);
    /* Of one that runs it cannot be changed. */
    if (flags & VIR_DOMAIN_MEM_MAXIMUM)
        return stack->next->domainSetMemoryFlags(dom, kib, flags);

    reach = drv_running_begin_change(dom, virDomainSetMemoryFlagsEnsureACL, flags, &subject);
    if (reach == DRV_REACH_FAILED)
        return -1;
    if (reach == DRV_REACH_STOCK)
        return stack->next->domainSetMemoryFlags(dom, kib, flags);

    virUUIDFormat(subject.def.uuid, self.uuid);
    if (!begin_asking(self.uuid))
        return -1;
    find_before(&self, kib);
    result = ask(&self, dom, kib, flags);
    if (result == 0)
        forget_wanted(&self);
    end_asking(self.uuid);
    return result;
}

int
drv_balloon_set(virDomainPtr dom, unsigned long kib)
{
    return drv_balloon_set_flags(dom, kib, VIR_DOMAIN_AFFECT_LIVE);
}
