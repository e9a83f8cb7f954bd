/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest under the governor.
 *
 * Nothing here waits for QEMU: a guest that the kernel brakes may not answer for minutes, and
 * then it is the limit that has to change.  How far its balloon has got libvirt has been told by
 * QEMU's own events.
 */
#include <config.h>

#include "drv-access.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-overhead.h"
#include "drv-protect.h"
#include "drv-squeeze.h"
#include "drv-stick.h"
#include "drv-target.h"
#include "drv-threads.h"
#include "drv-ward.h"
#include "guest-xml.h"

VIR_LOG_INIT("corral.ward");

#define KIB_SHIFT 10
#define MIB ((guint64)1 << 20)

/* Where the guest's XML does not say: docs/balloon.md. */
#define GRACE_S 10
#define MARGIN (32 * MIB)
#define MARGIN_SHARE 50 /* of what the guest may have, if that is more */

/* To measure takes the kernel a walk through the guest's page tables. */
#define MEASURE_US (2 * G_TIME_SPAN_MINUTE)

/* How long a glance is enough where the limit stands, and where it is not as it was meant to be. */
#define LOOK_US (30 * G_TIME_SPAN_SECOND)
#define LOOK_SOON_US (10 * G_TIME_SPAN_SECOND)

struct _DrvWard {
    const DrvWardMeans *means;
    char *uuid;
    char *name; /* NULL as long as its XML has not been read */
    GuestBalloon wish;
    gboolean has_balloon;
    gboolean deflates;
    gboolean is_pinned;
    guint64 overhead;
    gint64 measured_us; /* when; 0: not yet */
    guint64 promised;   /* that was protected last */
    gboolean complained;
    PolicyGovernor governor;
    CorralSampler *sampler; /* of the group as the last look has found it, for glances; or NULL */
    DrvStickWriter *writer;
    gint64 looked_us;
    gint64 pause_us;
    DrvWardStatus status;
};

/* One look: what there is. */
typedef struct {
    virDomainInfo info;
    CorralGroup *group;
    char *path;
    DrvStick stick;
    DrvTarget target;
    PolicyBalloon policy;
    PolicySample sample;
} Look;

static void
look_clear(Look *self)
{
    g_clear_object(&self->group);
    g_clear_pointer(&self->path, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

DrvWard *
drv_ward_new(const DrvWardMeans *means, const char *uuid)
{
    DrvWard *self = g_new0(DrvWard, 1);

    self->means = means;
    self->uuid = g_strdup(uuid);
    return self;
}

void
drv_ward_free(DrvWard *self)
{
    if (!self)
        return;

    drv_ward_finish(self);
    g_clear_object(&self->sampler);
    g_free(self->uuid);
    g_free(self->name);
    g_free(self);
}

void
drv_ward_read_anew(DrvWard *self)
{
    g_clear_pointer(&self->name, g_free);
    self->promised = 0;
}

DrvWardStatus
drv_ward_get_status(const DrvWard *self)
{
    return self->status;
}

/* ---- what there is ---- */

static gboolean
read_xml(DrvWard *self, virDomainPtr dom)
{
    g_autofree char *xml = NULL;
    g_autoptr(Guest) guest = NULL;
    g_autoptr(GError) error = NULL;

    if (self->name)
        return TRUE;

    xml = self->means->stack->next->domainGetXMLDesc(dom, 0);
    guest = xml ? guest_xml_parse(self->means->stack->driver, xml, &error) : NULL;
    if (!guest) {
        if (error)
            drv_error_log(g_steal_pointer(&error), dom->name, "keep it to its balloon");
        return FALSE;
    }

    self->name = g_strdup(dom->name);
    self->wish = *guest_get_balloon(guest);
    self->has_balloon = guest_has_balloon(guest);
    self->deflates = guest_balloon_deflates(guest);
    self->is_pinned = guest_is_pinned(guest);
    return TRUE;
}

/* What libvirt knows.  FALSE if the guest does not run. */
static gboolean
ask_libvirt(DrvWard *self, virConnectPtr conn, virDomainInfo *info)
{
    const virHypervisorDriver *next = self->means->stack->next;
    virDomainPtr dom = drv_access_look_up(next, conn, self->uuid);
    gboolean runs = dom && read_xml(self, dom) && next->domainGetInfo(dom, info) == 0 &&
                    info->state != VIR_DOMAIN_SHUTOFF && info->state != VIR_DOMAIN_CRASHED;

    virObjectUnref(dom);
    virResetLastError();
    return runs;
}

/* Whether there may be such a limit: one that can be a guest's end only with somebody who takes it
 * back when we are gone. */
static gboolean
may_limit(DrvWard *self, const DrvStick *stick)
{
    g_autoptr(GError) error = NULL;

    if (!stick->kills || drv_guardian_ensure(self->means->guardian, &error))
        return TRUE;

    if (!self->complained)
        drv_error_log(g_steal_pointer(&error), self->name, "keep it to its balloon");
    self->complained = TRUE;
    return FALSE;
}

static PolicyBalloon
find_policy(DrvWard *self, const Look *look)
{
    const GuestBalloon *wish = &self->wish;
    const guint64 ram = look->sample.ram;
    gboolean enforce = wish->wish == GUEST_BALLOON_ENFORCE;

    /* A limit that may be a guest's end is nothing to begin with unasked. */
    if (wish->wish == GUEST_BALLOON_DEFAULT)
        enforce = !look->stick.kills;

    return (PolicyBalloon){
        .enforce =
            enforce && self->has_balloon && look->target.kib > 0 && may_limit(self, &look->stick),
        .grace_us = (wish->has_grace ? wish->grace_s : GRACE_S) * G_TIME_SPAN_SECOND,
        .margin =
            wish->has_margin ? wish->margin_kib << KIB_SHIFT : MAX(MARGIN, ram / MARGIN_SHARE),
        .floor = wish->floor_kib << KIB_SHIFT,
        .release = wish->release,
    };
}

/* Memory that was plugged in or unplugged since it was asked goes on top of that, or off it, as it
 * does in libvirt's own count. */
static void
follow_plugging(DrvWard *self, Look *look)
{
    const guint64 most_kib = look->info.maxMem;
    DrvTarget *target = &look->target;
    g_autoptr(GError) error = NULL;

    if (target->kib == 0 || target->most_kib == most_kib)
        return;

    if (most_kib > target->most_kib)
        target->kib += most_kib - target->most_kib;
    else
        target->kib -= MIN(target->kib - 1, target->most_kib - most_kib);
    target->most_kib = most_kib;
    if (!drv_target_note(look->group, target, &error))
        drv_error_log(g_steal_pointer(&error), self->name, "keep what it was asked for");
}

static guint64
known(guint64 value)
{
    return value == CORRAL_UNKNOWN ? 0 : value;
}

/* At a limit that kills, or at a mark that brakes: only one of them is there, or moves. */
static guint64
count_stops(const CorralMemoryEvents *events)
{
    return known(events->max) + known(events->high);
}

/* ... of the group.  FALSE if it has gone. */
static gboolean
read_group(Look *look, GError **error)
{
    PolicySample *sample = &look->sample;
    CorralMemoryStatistics statistics;
    CorralMemoryEvents events;

    if (!corral_group_get_memory_usage(look->group, &sample->usage, error) ||
        !corral_group_get_memory_statistics(look->group, &statistics, error) ||
        !corral_group_get_memory_events(look->group, &events, error))
        return FALSE;

    sample->cache = known(statistics.file);
    sample->cache -= MIN(sample->cache, known(statistics.shmem) + known(statistics.file_mapped));
    sample->idle = known(statistics.inactive_anon) + known(statistics.inactive_file);
    sample->pinned = known(statistics.unevictable);
    sample->swapped = known(statistics.swap);
    sample->swap_room = drv_stick_find_swap_room(look->group, &look->stick);
    sample->stopped = count_stops(&events);
    sample->limit = look->stick.now;
    sample->users = look->stick.users;
    sample->kills = look->stick.kills;
    return TRUE;
}

/* Of a guest that is asked for nothing, or in a hurry, what is kept has to do. */
static guint64
find_overhead(DrvWard *self, Look *look, gboolean hurry, gint64 now_us)
{
    const PolicySample *sample = &look->sample;
    const gboolean asked =
        look->policy.enforce && sample->target > 0 && sample->target < sample->ram;
    g_autoptr(DrvGroup) group = NULL;

    if (hurry || !asked)
        return drv_overhead_find(look->group, 0, sample->ram);
    if (self->measured_us != 0 && now_us - self->measured_us < MEASURE_US)
        return self->overhead;

    group = drv_group_open(self->means->host, look->path, DRV_GROUP_CONTROLLERS, NULL);
    self->overhead =
        drv_overhead_find(look->group, group ? drv_threads_find_guest(group) : 0, sample->ram);
    self->measured_us = now_us;
    return self->overhead;
}

/* What is kept on the group.  FALSE, with or without an error, if there is none. */
static gboolean
open_group(DrvWard *self, Look *look, GError **error)
{
    look->path = drv_keeper_dup_path(self->means->stack->keeper, self->uuid);
    look->group = look->path ? drv_stick_open(self->means->host, look->path, error) : NULL;
    if (!look->group || !drv_stick_read(look->group, &look->stick, error))
        return FALSE;

    drv_target_read(look->group, &look->target);
    return TRUE;
}

/* All else.  FALSE, with or without an error, if there is nothing to look at. */
static gboolean
look_at(DrvWard *self, virConnectPtr conn, Look *look, gboolean hurry, gint64 now_us,
        GError **error)
{
    PolicySample *sample = &look->sample;

    if (!ask_libvirt(self, conn, &look->info))
        return FALSE;

    follow_plugging(self, look);
    sample->ram = (guint64)look->info.maxMem << KIB_SHIFT;
    sample->actual = (guint64)look->info.memory << KIB_SHIFT;
    sample->target = look->target.kib << KIB_SHIFT;
    sample->deflates = self->deflates;
    sample->asleep = look->target.started;
    look->policy = find_policy(self, look);
    if (!read_group(look, error))
        return FALSE;
    sample->overhead = find_overhead(self, look, hurry, now_us);
    if (self->is_pinned)
        sample->pinned = MAX(sample->pinned, sample->actual + sample->overhead);
    return TRUE;
}

/* ---- what is done ---- */

static gboolean
squeeze(DrvWard *self, Look *look, guint64 bytes, GError **error)
{
    g_autoptr(DrvGroup) group =
        drv_group_open(self->means->host, look->path, DRV_GROUP_CONTROLLERS, error);

    return group &&
           drv_squeeze(drv_group_get_whole(group), look->group, &look->stick, bytes, error);
}

/* One that brakes is taken note of at once, and then keeps whoever writes it. */
static gboolean
set_limit(DrvWard *self, Look *look, guint64 bytes, GError **error)
{
    if (look->stick.kills || bytes > look->stick.now)
        return drv_stick_set(look->group, &look->stick, bytes, error);

    self->writer = drv_stick_start(look->group, &look->stick, bytes, error);
    return self->writer != NULL;
}

void
drv_ward_finish(DrvWard *self)
{
    g_clear_pointer(&self->writer, drv_stick_join);
}

/* That the kernel could not do it is what the next look shows. */
static void
carry_out(DrvWard *self, Look *look, const PolicyDeed *deed)
{
    g_autoptr(GError) error = NULL;
    gboolean done = TRUE;

    if (deed->kind == POLICY_DEED_LIMIT)
        done = set_limit(self, look, deed->limit, &error);
    else if (deed->kind == POLICY_DEED_SQUEEZE)
        done = squeeze(self, look, deed->limit, &error);
    if (done || g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_BUSY) ||
        g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE) || self->complained)
        return;

    self->complained = TRUE;
    drv_error_log(g_steal_pointer(&error), self->name, "keep it to its balloon");
}

/* What it is asked for, or all that it may have, and QEMU's own. */
static void
protect(DrvWard *self, const Look *look)
{
    const PolicySample *sample = &look->sample;
    const guint64 promised =
        (sample->target > 0 ? MIN(sample->target, sample->ram) : sample->ram) + sample->overhead;

    if (promised == self->promised)
        return;
    self->promised = promised;
    drv_protect(drv_keeper_get_host(self->means->stack->keeper), look->path, promised, self->name);
}

/* What cannot be had is for whoever runs the host to know. */
static void
tell(const DrvWard *self, const DrvWardStatus *before, const PolicySample *sample)
{
    const DrvWardStatus *now = &self->status;
    const char *reason = policy_reason_name(now->reason);
    g_autofree char *text = NULL;

    if (now->state == before->state && now->reason == before->reason)
        return;

    text = g_strdup_printf("guest '%s': balloon %s%s%s: asked to get by with %" G_GUINT64_FORMAT
                           " MiB, has %" G_GUINT64_FORMAT " MiB; its group uses "
                           "%" G_GUINT64_FORMAT " MiB and is to use %" G_GUINT64_FORMAT " MiB",
                           self->name, policy_balloon_state_name(now->state), *reason ? ", " : "",
                           reason, now->target / MIB, now->actual / MIB, sample->usage / MIB,
                           now->goal / MIB);
    if (now->state == POLICY_BALLOON_UNREACHABLE)
        VIR_WARN("corral: %s", text);
    else
        VIR_INFO("corral: %s", text);
}

void
drv_ward_raise(DrvWard *self, virConnectPtr conn)
{
    g_auto(Look) look = {.group = NULL};
    g_autoptr(GError) error = NULL;
    guint64 goal;

    if (!open_group(self, &look, NULL))
        return;

    /* Where it is asked for nothing any more there is nothing to find out. */
    goal = look.stick.users;
    if (look.target.kib != 0) {
        if (!look_at(self, conn, &look, TRUE, g_get_monotonic_time(), NULL))
            return;
        goal = policy_governor_find_goal(&look.policy, &look.sample);
    }
    if (look.stick.now < goal && !drv_stick_set(look.group, &look.stick, goal, &error))
        drv_error_log(g_steal_pointer(&error), self->name ? self->name : self->uuid,
                      "raise its limit");
}

gboolean
drv_ward_glance(DrvWard *self, gint64 *pause_us)
{
    const gint64 now_us = g_get_monotonic_time();
    const gboolean stands = self->status.state == POLICY_BALLOON_ENFORCED;
    const gint64 enough_us = stands ? LOOK_US : LOOK_SOON_US;
    CorralSample sample;

    if (!self->name || !self->sampler || now_us - self->looked_us >= enough_us ||
        (!stands && self->status.state != POLICY_BALLOON_UNREACHABLE) ||
        !corral_sampler_read(self->sampler, &sample, NULL) ||
        count_stops(&sample.memory_events) != self->governor.stopped)
        return FALSE;

    *pause_us = self->pause_us;
    return TRUE;
}

gboolean
drv_ward_look(DrvWard *self, virConnectPtr conn, gint64 *pause_us)
{
    const gint64 now_us = g_get_monotonic_time();
    const DrvWardStatus before = self->status;
    g_auto(Look) look = {.group = NULL};
    g_autoptr(GError) error = NULL;
    PolicyDeed deed;

    g_clear_object(&self->sampler);
    if (!open_group(self, &look, &error) || !look_at(self, conn, &look, FALSE, now_us, &error)) {
        if (error && !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE) &&
            !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NO_CONTROLLER))
            drv_error_log(g_steal_pointer(&error), self->name ? self->name : self->uuid,
                          "keep it to its balloon");
        return FALSE;
    }

    deed = policy_governor_step(&self->governor, &look.policy, &look.sample, now_us);
    carry_out(self, &look, &deed);
    protect(self, &look);
    self->status = (DrvWardStatus){
        .state = self->governor.state,
        .reason = self->governor.reason,
        .target = look.sample.target,
        .actual = look.sample.actual,
        .overhead = look.sample.overhead,
        .goal = policy_governor_find_goal(&look.policy, &look.sample),
        .limit = look.stick.now,
    };
    tell(self, &before, &look.sample);
    /* One that brakes is looked at rarely anyway. */
    if (look.stick.kills)
        self->sampler = corral_sampler_new(look.group, CORRAL_SAMPLE_MEMORY_EVENTS);
    self->looked_us = now_us;
    *pause_us = self->pause_us = deed.pause_us;
    return TRUE;
}
