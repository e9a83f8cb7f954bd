/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that runs gets a second group in the other partition, complete with all that it has now,
 * then everybody in it moves there, and the first one goes.  It must be found again by a
 * daemon that comes after us at any moment in between: so the new group has the guest's label, and
 * whoever adopts the guest brings in those that have stayed behind.
 *
 * The kernel does not move memory that is in use to another group.  It counts for the partition
 * that the guest has left until it is let go.
 *
 * A scope of systemd's stays in its slice, and libvirt_lxc stays where libvirt looks for it.
 */
#include <config.h>

#include "drv-acl.h"
#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-layout.h"
#include "drv-move.h"
#include "drv-planner.h"
#include "drv-reaction.h"
#include "drv-running.h"
#include "drv-samples.h"
#include "drv-scope.h"
#include "drv-stick.h"
#include "drv-target.h"
#include "drv-threads.h"
#include "guest-xml.h"

#define LABEL "moved-to"

/* Threads are born while others move. */
#define ROUNDS_MAX 10

typedef struct {
    DrvStack *stack;
    CorralHost *host;
    DrvSubject *subject;
    DrvClaim *claim;
    char *xml; /* as it is to be */
    Guest *guest;
    char *before;
    char *after;
    DrvGroup *from;
    DrvGroup *to;
} Move;

static void
move_clear(Move *self)
{
    g_free(self->xml);
    g_clear_pointer(&self->guest, guest_unref);
    g_free(self->before);
    g_free(self->after);
    g_clear_pointer(&self->from, drv_group_free);
    g_clear_pointer(&self->to, drv_group_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Move, move_clear)

char *
drv_move_dup_partition(CorralGroup *whole)
{
    g_autofree char *text = corral_group_get_label(whole, LABEL, NULL);

    return text && *text ? g_steal_pointer(&text) : NULL;
}

static gboolean
check(DrvStack *stack, CorralHost *host, GError **error)
{
    if (stack->has_containers) {
        g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                            "libvirt looks for a container where it has put it");
        return FALSE;
    }
    if (drv_scope_is_used(host)) {
        g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                            "systemd keeps a guest's scope in the slice that it was made in");
        return FALSE;
    }
    return TRUE;
}

/* With all that is in force. */
static gboolean
describe(Move *self, const char *partition, GError **error)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autofree char *xml =
        self->stack->ops.domainGetXMLDesc(self->subject->dom, VIR_DOMAIN_XML_SECURE);

    (void)caller;
    if (!xml) {
        drv_error_take(error);
        return FALSE;
    }
    self->xml = guest_xml_set_partition(xml, partition, error);
    self->guest = self->xml ? guest_xml_parse(self->stack->driver, self->xml, error) : NULL;
    self->after =
        self->guest ? drv_layout_build_path(self->guest, self->subject->dom->id, error) : NULL;
    return self->after != NULL;
}

/* What is kept on the group itself. */
static void
take_along(const Move *self)
{
    g_autoptr(CorralGroup) old = drv_stick_open(self->host, self->before, NULL);
    g_autoptr(CorralGroup) new = drv_stick_open(self->host, self->after, NULL);
    DrvTarget target;

    if (!old || !new)
        return;
    drv_target_read(old, &target);
    if (!drv_target_note(new, &target, NULL) ||
        !drv_target_note_wanted(new, drv_target_read_wanted(old), NULL))
        g_debug("no attributes on cgroups here");
}

static gboolean
prepare(Move *self, const char *partition, GError **error)
{
    CorralGroup *whole;

    self->to = drv_group_make(self->host, self->after, self->guest, error);
    if (!self->to)
        return FALSE;
    whole = drv_group_get_whole(self->to);
    if (!corral_group_set_label(whole, LABEL, partition, error) ||
        !drv_planner_admit(self->host, NULL, self->after, error))
        return FALSE;
    drv_acl_follow(self->stack, self->subject->dom, self->xml, whole);
    take_along(self);
    return TRUE;
}

static gboolean
bring(DrvGroup *from, DrvGroup *to, gboolean *any, GError **error)
{
    g_autoptr(GArray) processes = drv_group_list_processes(from);
    CorralGroup *emulator = drv_group_get_emulator(to);
    guint i;

    *any = processes->len > 0;
    for (i = 0; i < processes->len; i++) {
        pid_t pid = g_array_index(processes, pid_t, i);
        g_autoptr(GError) failure = NULL;

        if ((corral_group_attach_process(drv_group_get_whole(to), pid, &failure) &&
             (!emulator || corral_group_attach_process(emulator, pid, &failure))) ||
            g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            continue;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}

static gboolean
bring_all(DrvGroup *from, DrvGroup *to, GError **error)
{
    gboolean any = TRUE;
    guint round;
    pid_t pid;

    for (round = 0; any && round < ROUNDS_MAX; round++) {
        if (!bring(from, to, &any, error))
            return FALSE;
    }
    pid = drv_threads_find_guest(to);
    return pid == 0 ||
           (drv_threads_place(to, pid, NULL, error) && drv_cpuset_close(to, pid, error));
}

/* As it was. */
static void
go_back(Move *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *holder = NULL;

    if (self->to &&
        (!bring_all(self->to, self->from, &error) || !drv_group_leave(self->to, &error)))
        drv_error_log(g_steal_pointer(&error), self->subject->def.name, "leave it where it was");
    (void)!drv_claim_take_path(self->claim, self->before, &holder);
}

static gboolean
move(Move *self, const char *partition, GError **error)
{
    g_autofree char *holder = NULL;
    g_autoptr(GError) failure = NULL;

    self->before = drv_claim_dup_path(self->claim);
    self->from = self->before
                     ? drv_group_open(self->host, self->before, DRV_GROUP_CONTROLLERS, error)
                     : NULL;
    if (!self->from) {
        if (!self->before)
            g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "it has no group");
        return FALSE;
    }
    if (!describe(self, partition, error))
        return FALSE;
    if (g_str_equal(self->before, self->after))
        return TRUE;
    if (!drv_claim_take_path(self->claim, self->after, &holder)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s",
                    self->after, holder);
        return FALSE;
    }
    if (!prepare(self, partition, error) || !bring_all(self->from, self->to, error)) {
        go_back(self);
        return FALSE;
    }

    if (!drv_group_leave(self->from, &failure))
        drv_error_log(g_steal_pointer(&failure), self->subject->def.name,
                      "remove the group that it has left");
    drv_samples_forget(self->stack->samples, guest_get_uuid(self->guest));
    drv_governor_consider(self->stack->governor, guest_get_uuid(self->guest));
    drv_reaction_consider(self->stack->reaction, self->guest);
    return TRUE;
}

gboolean
drv_move(DrvStack *stack, DrvSubject *subject, const char *partition, GError **error)
{
    g_auto(Move) self = {.stack = stack, .subject = subject};
    gboolean moved;

    self.host = drv_keeper_get_host(stack->keeper);
    if (!check(stack, self.host, error))
        return FALSE;
    self.claim = drv_running_claim(stack, subject);
    moved = move(&self, partition, error);
    drv_running_release(stack, subject, self.claim);
    return moved;
}
