/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A limit is raised, and a guest paused, by the very calls that its user would make: what
 * `virsh memtune --live` and `virsh suspend` do, with all that comes of it, is what is done.
 * libvirt tells its clients of the one that it has an event for, the guest's being paused.
 *
 * Nothing is claimed here: who looks at a guest sees what may be over by the time something is
 * done, and then it is done once too often, as if its user had done it.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-policy.h"
#include "drv-remedy.h"
#include "drv-spare.h"
#include "drv-stick.h"
#include "drv-tune-memory.h"
#include "drv-xml.h"

VIR_LOG_INIT("corral.remedy");

#define KIB_SHIFT 10
#define MIB ((guint64)1 << 20)

/* What is left to the host itself, where the operator keeps no more for it. */
#define RESERVE (256 * MIB)

struct _DrvRemedy {
    const DrvRemedyMeans *means;
    char *uuid;
    char *name;
    char *path;
    GuestReactions wish;
    DrvRemedyView view;
    PolicyReactionMemory memory;
    gint64 refused_us; /* when libvirt did last; 0: never */
    char *xml;         /* as it was seen last; NULL while nobody wants to see it */
};

/* What libvirt would not do it is not asked for again for so long. */
#define REFUSED_US G_TIME_SPAN_MINUTE

/* What is for the log, and the hook. */
typedef struct {
    PolicyReaction reaction;
    guint64 before; /* the limit */
} Report;

static guint64
to_bytes(guint64 kib)
{
    return kib >= GUEST_MEMORY_UNLIMITED_KIB ? CORRAL_MEMORY_UNLIMITED : kib << KIB_SHIFT;
}

static guint64
known(guint64 value)
{
    return value == CORRAL_UNKNOWN ? 0 : value;
}

gboolean
drv_remedy_look(CorralHost *host, const char *path, DrvRemedyView *view)
{
    g_autoptr(CorralGroup) group = drv_stick_open(host, path, NULL);
    CorralMemoryEvents events;
    DrvMemory memory;
    DrvStick stick;

    if (!group || !corral_group_get_memory_events(group, &events, NULL) ||
        !drv_tune_memory_read(group, &memory, NULL) || !drv_stick_read(group, &stick, NULL))
        return FALSE;

    *view = (DrvRemedyView){
        .stops = known(events.max),
        .kills = known(events.oom_kills),
        .limit = to_bytes(memory.kib[DRV_MEMORY_HARD]),
        .total = to_bytes(memory.kib[DRV_MEMORY_SWAP_HARD]),
        .governed = stick.now < stick.users,
    };
    return TRUE;
}

static void
keep_xml(DrvRemedy *self, const Guest *guest)
{
    const char *xml = guest_get_xml(guest);

    if (xml && drv_hook_exists(self->means->hook))
        self->xml = drv_xml_show_or_log(self->means->stack, g_strdup(xml), self->name);
}

DrvRemedy *
drv_remedy_new(const DrvRemedyMeans *means, const Guest *guest, const char *path,
               const GuestReactions *wish)
{
    DrvRemedy *self = g_new0(DrvRemedy, 1);

    self->means = means;
    self->uuid = g_strdup(guest_get_uuid(guest));
    self->name = g_strdup(guest_get_name(guest));
    self->path = g_strdup(path);
    self->wish = *wish;
    self->view.limit = self->view.total = CORRAL_MEMORY_UNLIMITED;
    (void)!drv_remedy_look(drv_keeper_get_host(means->stack->keeper), path, &self->view);
    keep_xml(self, guest);
    return self;
}

void
drv_remedy_free(DrvRemedy *self)
{
    if (!self)
        return;

    g_free(self->uuid);
    g_free(self->name);
    g_free(self->path);
    g_free(self->xml);
    g_free(self);
}

const char *
drv_remedy_get_name(const DrvRemedy *self)
{
    return self->name;
}

gint64
drv_remedy_find_wait(const DrvRemedy *self, gint64 first_us)
{
    return policy_reaction_find_wait(&self->memory, first_us, g_get_monotonic_time());
}

void
drv_remedy_note_end(DrvRemedy *self, const DrvRemedyView *view)
{
    self->view = *view;
}

/* ---- what is done ---- */

/* Memory and swap together go up by as much: what was for swap still is. */
static gboolean
raise_limit(DrvRemedy *self, virDomainPtr dom, guint64 limit)
{
    const DrvRemedyView *view = &self->view;
    virTypedParameterPtr params = NULL;
    int nparams = 0;
    int max = 0;
    gboolean done;

    done = virTypedParamsAddULLong(&params, &nparams, &max, VIR_DOMAIN_MEMORY_HARD_LIMIT,
                                   limit >> KIB_SHIFT) == 0 &&
           (view->total == CORRAL_MEMORY_UNLIMITED ||
            virTypedParamsAddULLong(&params, &nparams, &max, VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT,
                                    (view->total + limit - view->limit) >> KIB_SHIFT) == 0) &&
           self->means->stack->ops.domainSetMemoryParameters(dom, params, nparams,
                                                             VIR_DOMAIN_AFFECT_LIVE) == 0;
    virTypedParamsFree(params, nparams);
    return done;
}

/* What was met before that is none of what follows. */
static void
note_done(DrvRemedy *self, PolicyReactionKind done)
{
    CorralHost *host = drv_keeper_get_host(self->means->stack->keeper);

    (void)!drv_remedy_look(host, self->path, &self->view);
    policy_reaction_note_done(&self->memory, done, g_get_monotonic_time());
}

static void
carry_out(DrvRemedy *self, virDomainPtr dom, PolicyReaction *reaction)
{
    const gboolean raises = reaction->kind == POLICY_REACTION_RAISED;
    g_autoptr(GError) error = NULL;

    if (!raises && reaction->kind != POLICY_REACTION_PAUSED)
        return;
    if (dom && (raises ? raise_limit(self, dom, reaction->limit)
                       : self->means->stack->ops.domainSuspend(dom) == 0)) {
        note_done(self, reaction->kind);
        return;
    }

    self->refused_us = g_get_monotonic_time();
    reaction->kind = POLICY_REACTION_LOGGED;
    drv_error_take(&error);
    drv_error_log(g_steal_pointer(&error), self->name, raises ? "raise its limit" : "pause it");
}

/* ---- what is told ---- */

static const char *
describe_event(const DrvRemedy *self, PolicyEvent event)
{
    switch (event) {
    case POLICY_EVENT_PRESSURE:
        return "waits for memory";
    case POLICY_EVENT_OOM:
        return "is out of memory";
    case POLICY_EVENT_OOM_KILL:
        return "is out of memory, and the kernel has killed a process of it";
    default:
        return self->means->stack->has_containers
                   ? "has ended: the kernel has killed it for want of memory"
                   : "has ended: the kernel has killed its QEMU for want of memory";
    }
}

static char *
describe_deed(const Report *report)
{
    const PolicyReaction *reaction = &report->reaction;

    if (reaction->kind == POLICY_REACTION_RAISED)
        return g_strdup_printf(", raised to %" G_GUINT64_FORMAT " MiB", reaction->limit / MIB);
    if (reaction->kind == POLICY_REACTION_PAUSED)
        return g_strdup("; it is paused");
    if (reaction->hindrance != POLICY_HINDRANCE_NONE)
        return g_strdup_printf("; nothing is done: %s",
                               policy_hindrance_describe(reaction->hindrance));
    return g_strdup("");
}

static char *
describe_left_out(guint times)
{
    if (times == 0)
        return g_strdup("");
    if (times == 1)
        return g_strdup(" (and once more since that was said last)");
    return g_strdup_printf(" (and %u times more since that was said last)", times);
}

static void
write_line(const DrvRemedy *self, const Report *report)
{
    g_autofree char *deed = describe_deed(report);
    g_autofree char *more = describe_left_out(report->reaction.left_out);
    g_autofree char *limit = NULL;

    limit = report->before == CORRAL_MEMORY_UNLIMITED
                ? g_strdup("it has no limit of its own")
                : g_strdup_printf("its limit is %" G_GUINT64_FORMAT " MiB", report->before / MIB);
    VIR_WARN("corral: guest '%s' %s; %s%s%s", self->name,
             describe_event(self, report->reaction.event), limit, deed, more);
}

/* Of one that has ended stock may know nothing any more. */
static void
call_hook(DrvRemedy *self, virDomainPtr dom, const Report *report)
{
    char *xml;

    if (!drv_hook_exists(self->means->hook))
        return;

    xml = dom ? self->means->stack->ops.domainGetXMLDesc(dom, 0) : NULL;
    if (xml) {
        g_free(self->xml);
        self->xml = xml;
    }
    virResetLastError();
    drv_hook_call(self->means->hook, self->name, policy_event_name(report->reaction.event),
                  policy_reaction_name(report->reaction.kind), self->path, self->xml);
}

/* ---- all of it ---- */

/* Whether somebody above the guest may have met his limit in its place.  Nobody tells that the
 * limit of memory and swap was met, so where there is one it is taken for that. */
static gboolean
is_own(const DrvRemedyView *before, const DrvRemedyView *now)
{
    return now->stops != before->stops || now->total != CORRAL_MEMORY_UNLIMITED;
}

static guint64
find_reserve(void)
{
    g_autoptr(Policy) policy = drv_policy_get();

    return MAX(RESERVE, policy->reserve.memory_kib << KIB_SHIFT);
}

static void
look(DrvRemedy *self, PolicyIncident *incident)
{
    CorralHost *host = drv_keeper_get_host(self->means->stack->keeper);
    DrvRemedyView now;

    if (incident->seen_us[POLICY_EVENT_END] == 0 && drv_remedy_look(host, self->path, &now)) {
        incident->own = is_own(&self->view, &now);
        self->view = now;
    }
    incident->refused =
        self->refused_us != 0 && g_get_monotonic_time() - self->refused_us < REFUSED_US;
    incident->governed = self->view.governed;
    incident->limit = self->view.limit;
    incident->room = drv_spare_find(find_reserve());
}

void
drv_remedy_apply(DrvRemedy *self, const PolicyIncident *seen)
{
    PolicyIncident incident = *seen;
    virDomainPtr dom;
    Report report;

    look(self, &incident);
    report.before = incident.limit;
    report.reaction =
        policy_reaction_decide(&self->memory, &self->wish, &incident, g_get_monotonic_time());
    if (!report.reaction.tell)
        return;

    virResetLastError();
    dom = drv_access_look_up(self->means->stack->next, self->means->conn, self->uuid);
    carry_out(self, dom, &report.reaction);
    write_line(self, &report);
    call_hook(self, dom, &report);
    virObjectUnref(dom);
    virResetLastError();
}
