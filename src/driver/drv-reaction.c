/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One thread watches all guests, with a main context of its own: an idle guest costs a
 * few descriptors in it.  A few more do what is to be done, each for one guest at a time, as they
 * may have to wait for libvirt, or for somebody who is changing the guest.
 *
 * Who is watched only the first thread knows.  Others tell it by errands, which it runs in
 * the order in which they came.
 */
#include <config.h>

#include "drv-error.h"
#include "drv-policy.h"
#include "drv-reaction.h"
#include "drv-sentry.h"

VIR_LOG_INIT("corral.reaction");

#define THREADS 4
#define HOOK LIBVIRT_SYSCONFDIR "/libvirt/hooks/corral"
#define HOOK_BOUND_US (10 * G_TIME_SPAN_SECOND)

struct _DrvReaction {
    DrvSentryMeans means;
    GHashTable *sentries; /* uuid -> DrvSentry; the thread's */
    GMainLoop *loop;
    GThread *thread;
    GThreadPool *pool;
    gint ending; /* atomic */
};

/* What the thread is to do. */
typedef struct _Errand Errand;
struct _Errand {
    void (*run)(DrvReaction *self, Errand *errand);
    DrvReaction *reaction;
    Guest *guest;
    char *uuid;
    DrvRemedyView view;
    gboolean has_view;
    DrvSentry *sentry;
};

static void
errand_free(gpointer data)
{
    Errand *self = data;

    g_clear_pointer(&self->guest, guest_unref);
    g_clear_pointer(&self->sentry, drv_sentry_unref);
    g_free(self->uuid);
    g_free(self);
}

static gboolean
run_errand(gpointer data)
{
    Errand *self = data;

    self->run(self->reaction, self);
    return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke(): that may run it in the caller's own thread. */
static void
post(DrvReaction *self, Errand *errand)
{
    GSource *source = g_idle_source_new();

    errand->reaction = self;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, run_errand, errand, errand_free);
    g_source_attach(source, self->means.context);
    g_source_unref(source);
}

/* ---- in the thread ---- */

/* The nearest counts: the guest's own, then what the operator says, then what nobody has to say. */
static GuestReactions
find_wish(const Guest *guest)
{
    g_autoptr(Policy) policy = drv_policy_get();
    const GuestReactions said = policy_find_reactions(policy, guest_get_partition(guest));
    GuestReactions wish = *guest_get_reactions(guest);

    guest_reactions_fall_back(&wish, &said);
    guest_reactions_fall_back(&wish, policy_reaction_get_defaults());
    return wish;
}

static void
forget(DrvReaction *self, const char *uuid)
{
    DrvSentry *sentry = g_hash_table_lookup(self->sentries, uuid);

    if (sentry)
        drv_sentry_dismiss(sentry);
    g_hash_table_remove(self->sentries, uuid);
}

static void
consider(DrvReaction *self, Errand *errand)
{
    const char *uuid = guest_get_uuid(errand->guest);
    const GuestReactions wish = find_wish(errand->guest);
    g_autofree char *path = drv_keeper_dup_path(self->means.remedy.stack->keeper, uuid);
    DrvSentry *sentry = g_hash_table_lookup(self->sentries, uuid);

    if (path && sentry && drv_sentry_does(sentry, path, &wish))
        return;

    forget(self, uuid);
    if (!path ||
        (!policy_reaction_is_wanted(&wish.on_oom) && !policy_reaction_is_wanted(&wish.on_pressure)))
        return;
    sentry = drv_sentry_new(&self->means, errand->guest, path, &wish);
    if (sentry)
        g_hash_table_insert(self->sentries, g_strdup(uuid), sentry);
}

static void
end(DrvReaction *self, Errand *errand)
{
    DrvSentry *sentry = g_hash_table_lookup(self->sentries, errand->uuid);

    if (sentry)
        drv_sentry_end(sentry, errand->has_view ? &errand->view : NULL);
    forget(self, errand->uuid);
}

static void
rest(DrvReaction *self G_GNUC_UNUSED, Errand *errand)
{
    drv_sentry_rest(errand->sentry);
}

static void
wake(DrvSentry *sentry, gpointer opaque)
{
    DrvReaction *self = opaque;

    g_thread_pool_push(self->pool, drv_sentry_ref(sentry), NULL);
}

static gpointer
watch(gpointer data)
{
    DrvReaction *self = data;

    g_main_context_push_thread_default(self->means.context);
    g_main_loop_run(self->loop);
    g_main_context_pop_thread_default(self->means.context);
    return NULL;
}

/* ---- in the others ---- */

static void
work(gpointer data, gpointer opaque)
{
    g_autoptr(DrvSentry) sentry = data;
    g_autoptr(virIdentity) system = NULL;
    DrvReaction *self = opaque;
    Errand *errand;

    if (g_atomic_int_get(&self->ending))
        return;

    /* Without an identity access rules would see nobody, and deny him everything. */
    system = virIdentityGetSystem();
    if (system)
        virIdentitySetCurrent(system);
    drv_error_set_origin(self->means.remedy.stack->has_containers);
    drv_sentry_work(sentry);
    virIdentitySetCurrent(NULL);

    errand = g_new0(Errand, 1);
    errand->run = rest;
    errand->sentry = g_steal_pointer(&sentry);
    post(self, errand);
}

/* ---- for all ---- */

DrvReaction *
drv_reaction_new(DrvStack *stack, virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;
    CorralHost *host = corral_host_new(NULL, CORRAL_HOST_FILES_ONLY, &error);
    DrvReaction *self;

    if (!host) {
        drv_error_log(g_steal_pointer(&error), stack->uri, "watch guests for want of memory");
        return NULL;
    }

    self = g_new0(DrvReaction, 1);
    self->means = (DrvSentryMeans){
        .remedy = {.stack = stack,
                   .conn = virObjectRef(conn),
                   .hook = drv_hook_new(HOOK, HOOK_BOUND_US)},
        .host = host,
        .context = g_main_context_new(),
        .wake = wake,
        .opaque = self,
    };
    self->sentries =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)drv_sentry_unref);
    self->loop = g_main_loop_new(self->means.context, FALSE);
    self->pool = g_thread_pool_new(work, self, THREADS, FALSE, NULL);
    self->thread = g_thread_try_new("corral-reaction", watch, self, &error);
    if (!self->thread) {
        drv_error_log(g_steal_pointer(&error), stack->uri, "watch guests for want of memory");
        g_clear_pointer(&self, drv_reaction_free);
    }
    return self;
}

static void
quit(DrvReaction *self, Errand *errand G_GNUC_UNUSED)
{
    g_main_loop_quit(self->loop);
}

/* What the thread has not come to is freed with its context. */
void
drv_reaction_free(DrvReaction *self)
{
    Errand *errand;

    if (!self)
        return;

    g_atomic_int_set(&self->ending, TRUE);
    errand = g_new0(Errand, 1);
    errand->run = quit;
    post(self, errand);
    if (self->thread)
        g_thread_join(self->thread);
    g_thread_pool_free(self->pool, FALSE, TRUE);
    g_hash_table_unref(self->sentries);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->means.context);
    drv_hook_free(self->means.remedy.hook);
    g_object_unref(self->means.host);
    virObjectUnref(self->means.remedy.conn);
    g_free(self);
}

void
drv_reaction_consider(DrvReaction *self, const Guest *guest)
{
    Errand *errand;

    if (!self || !guest_get_uuid(guest))
        return;

    errand = g_new0(Errand, 1);
    errand->run = consider;
    errand->guest = guest_ref((Guest *)guest);
    post(self, errand);
}

void
drv_reaction_end(DrvReaction *self, const char *uuid, const char *path)
{
    Errand *errand;

    if (!self)
        return;

    errand = g_new0(Errand, 1);
    errand->run = end;
    errand->uuid = g_strdup(uuid);
    errand->has_view =
        drv_remedy_look(drv_keeper_get_host(self->means.remedy.stack->keeper), path, &errand->view);
    post(self, errand);
}
