/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a guest in its group, whatever the stock call that does it.
 *
 * A start makes the guest's group first, complete with its tuning, then makes
 * the stock call with the birth armed, so that the process comes to life
 * inside.  If the stock call fails, the group goes; if our part fails before
 * it, the guest is not started; if our part fails after it, the guest runs and
 * the log says what is not as promised.
 */
#include <config.h>

#include <errno.h>

#include "drv-access.h"
#include "drv-acl.h"
#include "drv-anew.h"
#include "drv-birth.h"
#include "drv-container.h"
#include "drv-cradle.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-group.h"
#include "drv-layout.h"
#include "drv-machined.h"
#include "drv-monitor.h"
#include "drv-numbered.h"
#include "drv-parent.h"
#include "drv-planner.h"
#include "drv-reaction.h"
#include "drv-scope.h"
#include "drv-settle.h"
#include "drv-start.h"
#include "drv-threads.h"
#include "guest-cputune.h"
#include "guest-path.h"

/* How often a start may fail over the name of its scope. */
#define SCOPE_TRIES 8

gboolean
drv_start_is_for_stock(const Guest *guest)
{
    const GuestCputune *tune = guest_get_cputune(guest);

    return !guest_cputune_has_fair_bandwidth(tune) ||
           (DRV_VERSIONS_PARSER_CHECKS_SHARES && !guest_cputune_has_fair_shares(tune));
}

/* With libvirt's error raised if it is not to be started; @path: its group, or one beside it. */
static gboolean
admit(CorralHost *host, const Guest *guest, const char *path)
{
    g_autoptr(GError) error = NULL;

    if (drv_planner_admit(host, guest, path, &error))
        return TRUE;
    drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
    return FALSE;
}

/* Where libvirt makes the group of @guest, or has systemd make it. */
static char *
build_place(CorralHost *host, const Guest *guest, GError **error)
{
    /* It is never made, but what cannot be a group's name cannot be a unit's, either. */
    g_autofree char *name = guest_path_build(guest, NULL, error);
    g_autofree char *slice = NULL;

    if (!name)
        return NULL;
    if (!drv_scope_is_used(host))
        return guest_path_build_stock_partition(guest, error);

    slice = corral_unit_slice_from_partition(guest_get_partition(guest), error);
    return slice ? corral_unit_build_path(slice, NULL, error) : NULL;
}

/* The same where libvirt makes the group, or has it made, in the group @place. */
static gboolean
admit_into(CorralHost *host, const Guest *guest, const char *place)
{
    g_autofree char *inside = g_build_filename(place, guest_get_driver(guest), NULL);

    return admit(host, guest, inside);
}

/* The stock start with the guest's group waiting for it. */
static int
start_in_group(const DrvStart *start, DrvGroup *group, const Guest *guest, int *run)
{
    CorralGroup *whole = drv_group_get_whole(group);
    g_auto(GStrv) entrances = corral_group_list_entrances(whole, drv_group_get_emulator(group));
    g_autoptr(DrvBirth) birth = drv_birth_new(entrances);
    g_autoptr(GError) error = NULL;
    DrvThreadsWatch *watch;
    CorralGroup *parent;
    int result;

    if (!admit(corral_group_get_host(whole), guest, corral_group_get_path(whole)))
        return -1;
    if (!birth) {
        drv_error_raise(VIR_ERR_OPERATION_FAILED, "cannot share memory with guest '%s': %s",
                        guest_get_name(guest), g_strerror(errno));
        return -1;
    }

    parent = drv_parent_make(corral_group_get_host(whole), guest);
    watch = drv_threads_watch(group, birth, guest);
    drv_birth_arm(birth);
    result = start->call(start->data, run);
    drv_birth_disarm();
    drv_parent_remove(parent, guest);

    drv_threads_watch_end(watch, &error);
    if (result == 0 && error)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "place all of it");
    return result;
}

/* The number of the guest's run; -1 if it does not run. */
static int
find_run(const virHypervisorDriver *next, virConnectPtr conn, const char *uuid)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virDomainPtr dom;
    int run = -1;

    (void)caller;
    dom = drv_access_look_up(next, conn, uuid);
    if (dom && next->domainIsActive(dom) == 1)
        run = dom->id;
    virObjectUnref(dom);
    virResetLastError();
    return run;
}

/*
 * The path comes from the name.  Another guest of that name may have ended
 * without our having heard of it; one that runs or is just being started keeps
 * its group, and there is none for this guest.
 */
static gboolean
take_path(DrvStack *stack, virConnectPtr conn, DrvClaim *claim, const char *path, GError **error)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    g_autofree char *holder = NULL;
    g_autofree char *still = NULL;

    if (drv_claim_take_path(claim, path, &holder))
        return TRUE;

    caller = drv_access_elevate();
    (void)caller;
    drv_settle(stack, conn, holder);
    if (drv_claim_take_path(claim, path, &still))
        return TRUE;

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s", path,
                still);
    return FALSE;
}

/* What libvirt has found for it only now, and no more of what it might have found. */
static void
follow_devices(DrvStack *stack, virConnectPtr conn, DrvGroup *group, const char *uuid)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virDomainPtr dom;

    (void)caller;
    dom = drv_access_look_up(stack->next, conn, uuid);
    if (dom)
        drv_acl_follow(stack, dom, NULL, drv_group_get_whole(group));
    virObjectUnref(dom);
    virResetLastError();
}

/* The claim's path is @before again: nobody can have taken it, its group is there. */
static void
go_back(DrvClaim *claim, const char *before)
{
    g_autofree char *holder = NULL;

    if (!drv_claim_take_path(claim, before, &holder))
        drv_claim_drop_path(claim);
}

/* Before a guest that runs in @group runs anew there. */
static DrvAnew *
begin_anew(DrvStack *stack, virConnectPtr conn, DrvGroup *group, const Guest *guest, GError **error)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    virDomainPtr dom;
    DrvAnew *anew = NULL;

    (void)caller;
    dom = drv_access_look_up(stack->next, conn, guest_get_uuid(guest));
    if (dom)
        anew = drv_anew_begin(stack, dom, group, guest, error);
    else
        drv_error_take(error);
    virObjectUnref(dom);
    virResetLastError();
    return anew;
}

/* What the group of a guest that runs is like once the guest runs anew; without @anew it is
 * another group than @before. */
static gboolean
end_replacing(DrvStack *stack, DrvAnew *anew, const char *before, GError **error)
{
    return anew ? drv_anew_end(anew, error)
                : drv_group_clear(drv_keeper_get_host(stack->keeper), before, error);
}

/*
 * With the claim held, of a guest that runs as number @run in the group at
 * @before.  Its new life begins in the same group, unless its partition is
 * another one now; what its old life was promised goes when that has ended.
 */
static int
replace_claimed(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest,
                DrvClaim *claim, const char *before, int run)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = drv_layout_build_path(guest, 0, &error);
    g_autoptr(DrvGroup) group = NULL;
    g_autoptr(DrvAnew) anew = NULL;
    gboolean same = path && g_str_equal(path, before);
    virErrorPtr raised = NULL;
    int new_run = 0;
    int result;

    if (path && take_path(stack, conn, claim, path, &error))
        group = same ? drv_group_adopt(host, path, guest, &error)
                     : drv_group_make(host, path, guest, &error);
    if (group && same)
        anew = begin_anew(stack, conn, group, guest, &error);
    if (!group || (same && !anew)) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        go_back(claim, before);
        return -1;
    }

    result = start_in_group(start, group, guest, &new_run);
    virErrorPreserveLast(&raised);
    new_run = find_run(stack->next, conn, guest_get_uuid(guest));
    if (new_run == run) {
        /* Nothing has happened to it. */
        if (anew) {
            drv_anew_take_back(anew);
            follow_devices(stack, conn, group, guest_get_uuid(guest));
        }
        if (same || drv_group_clear(host, path, &error))
            go_back(claim, before);
    } else if (new_run >= 0) {
        end_replacing(stack, anew, before, &error);
        drv_claim_set_run(claim, new_run);
        follow_devices(stack, conn, group, guest_get_uuid(guest));
    } else if (same || drv_group_clear(host, before, &error)) {
        /* Settling does the rest: whoever holds the claim looks again. */
        if (drv_group_clear(host, path, &error))
            drv_claim_drop_path(claim);
    }
    if (error)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "follow it to its new life");
    virErrorRestore(&raised);
    return result;
}

/* Why the stock start failed: because of us. */
static void
report_instead(GError *error, const char *name, virErrorPtr *raised)
{
    virFreeError(*raised);
    *raised = NULL;
    drv_error_report(error, name);
    virErrorPreserveLast(raised);
}

/* One try.  With an error it is to be reported instead of libvirt's, or, if the guest runs,
 * logged. */
static int
try_in_scope(const DrvStart *start, CorralHost *host, const Guest *guest, DrvClaim *claim,
             DrvGroup **group, int *run, GError **error)
{
    DrvScope *scope = drv_scope_begin(host, guest, claim, error);
    CorralGroup *parent;
    virErrorPtr raised = NULL;
    int result;

    if (!scope)
        return -1;

    parent = drv_scope_is_own(scope) ? drv_parent_make(host, guest) : NULL;
    result = start->call(start->data, run);
    virErrorPreserveLast(&raised);
    drv_parent_remove(parent, guest);
    *group = drv_scope_end(scope, result == 0, error);
    virErrorRestore(&raised);
    return result;
}

/*
 * After a start that found or made its group on the way.  @run is that of the guest's life that
 * was to be replaced, at @before, or -1; @new_run is -1 if the guest does not run now.
 */
static void
end_on_the_way(DrvStack *stack, virConnectPtr conn, const Guest *guest, DrvClaim *claim,
               DrvGroup *group, const char *before, int run, int new_run)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autofree char *now = drv_claim_dup_path(claim);
    g_autoptr(GError) error = NULL;

    if (new_run >= 0 && new_run != run && group) {
        drv_claim_set_run(claim, new_run);
        follow_devices(stack, conn, group, guest_get_uuid(guest));
    }
    /* systemd removes its units itself. */
    if (new_run != run && before && g_strcmp0(before, now) != 0 && !drv_scope_is_used(host) &&
        !drv_group_clear(host, before, &error)) {
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "remove its former group");
    }
    if (new_run < 0 && now) {
        if (drv_group_clear(host, now, &error))
            drv_claim_drop_path(claim);
        else
            drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "remove its group");
    }
}

/* In a layout that numbers guests' runs.  The life before ends at @before, which may be NULL. */
static int
start_numbered(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest,
               DrvClaim *claim, const char *before, int run)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autoptr(GError) error = NULL;
    g_autofree char *place = guest_path_build_stock_partition(guest, &error);
    DrvNumbered *numbered = place ? drv_numbered_begin(host, guest, claim, &error) : NULL;
    g_autoptr(DrvGroup) group = NULL;
    CorralGroup *parent;
    virErrorPtr raised = NULL;
    int new_run = 0;
    int result;

    if (numbered && !admit_into(host, guest, place)) {
        group = drv_numbered_end(numbered, FALSE, &error);
        return -1;
    }
    if (!numbered) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        return -1;
    }

    parent = drv_parent_make(host, guest);
    result = start->call(start->data, &new_run);
    virErrorPreserveLast(&raised);
    drv_parent_remove(parent, guest);
    group = drv_numbered_end(numbered, result == 0, &error);
    if (error && result < 0)
        report_instead(g_steal_pointer(&error), guest_get_name(guest), &raised);
    else if (error)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "place all of it");

    if (result < 0 || new_run == 0)
        new_run = find_run(stack->next, conn, guest_get_uuid(guest));
    end_on_the_way(stack, conn, guest, claim, group, before, run, new_run);
    virErrorRestore(&raised);
    return result;
}

/*
 * With the claim held.  Somebody else makes the group, and we find it there.  @run is that of
 * the guest's life that is to be replaced, or -1: it ends in its own scope, at @before.
 */
static int
start_in_scope(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest,
               DrvClaim *claim, int run)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autoptr(GError) error = NULL;
    g_autofree char *place = build_place(host, guest, &error);
    g_autoptr(DrvGroup) group = NULL;
    virErrorPtr raised = NULL;
    int new_run = 0;
    int result = -1;
    guint tries;

    if (place && !admit_into(host, guest, place))
        return -1;
    for (tries = 1; place && result < 0; tries++) {
        result = try_in_scope(start, host, guest, claim, &group, &new_run, &error);
        /* To be replaced it has ended by now, and another try would be another call. */
        if (result == 0 || error || group || start->replaces || tries >= SCOPE_TRIES ||
            !drv_machined_may_try_again(guest_get_name(guest)))
            break;
    }

    virErrorPreserveLast(&raised);
    if (error && result < 0)
        report_instead(g_steal_pointer(&error), guest_get_name(guest), &raised);
    else if (error)
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "place all of it");

    if (result < 0 || new_run == 0)
        new_run = find_run(stack->next, conn, guest_get_uuid(guest));
    end_on_the_way(stack, conn, guest, claim, group, NULL, run, new_run);
    virErrorRestore(&raised);
    return result;
}

/* What libvirt says of the container that has just been started, and its group. */
static gboolean
adopt_container(DrvStack *stack, virConnectPtr conn, const char *uuid, DrvClaim *claim)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();
    g_autoptr(GError) error = NULL;
    virDomainPtr dom;
    gboolean adopted = FALSE;

    (void)caller;
    dom = drv_access_look_up(stack->next, conn, uuid);
    if (dom) {
        drv_monitor_hear(stack, dom);
        adopted = drv_settle_adopt(stack, dom, claim, &error);
    }
    if (error)
        drv_error_log(g_steal_pointer(&error), dom->name, "adopt it");
    virObjectUnref(dom);
    virResetLastError();
    return adopted;
}

/*
 * With the claim held.  libvirt makes a container's group, in a partition that
 * must be there; so all there is to be done before is to see that it is.
 */
static int
start_container(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest,
                DrvClaim *claim, gboolean *placed)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autoptr(GError) error = NULL;
    g_autofree char *place = NULL;
    CorralGroup *partition = NULL;
    DrvCradle *cradle;
    int run = 0;
    int result = -1;

    if (find_run(stack->next, conn, guest_get_uuid(guest)) >= 0)
        return start->call_running(start->data);

    if (drv_container_check_host(NULL, &error) &&
        (!before || drv_group_clear(host, before, &error))) {
        drv_claim_drop_path(claim);
        place = build_place(host, guest, &error);
        /* A slice is made by systemd. */
        if (place && !drv_scope_is_used(host))
            partition = drv_parent_make_partition(host, guest, &error);
    }
    if (error) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        return -1;
    }

    if (admit_into(host, guest, place)) {
        cradle = drv_cradle_begin(host, place, guest);
        result = start->call(start->data, &run);
        drv_cradle_end(cradle);
    }
    if (result == 0)
        *placed = adopt_container(stack, conn, guest_get_uuid(guest), claim);
    drv_parent_remove(partition, guest);
    return result;
}

/* What is at @before was the guest's, which does not run any more. */
static gboolean
leave_path(CorralHost *host, DrvClaim *claim, const char *before, const Guest *guest)
{
    g_autoptr(GError) error = NULL;

    if (!drv_group_clear(host, before, &error)) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        return FALSE;
    }

    drv_claim_drop_path(claim);
    return TRUE;
}

/* With the claim held, where the group cannot be made beforehand; @run is that of the life that is
 * to be replaced, or -1. */
static int
start_late(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest,
           DrvClaim *claim, int run, gboolean *placed)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autofree char *now = NULL;
    int result;

    if (run < 0 && before && !leave_path(host, claim, before, guest))
        return -1;

    *placed = TRUE;
    if (drv_scope_is_used(host))
        return start_in_scope(start, stack, conn, guest, claim, run);

    result = start_numbered(start, stack, conn, guest, claim, run < 0 ? NULL : before, run);
    now = drv_claim_dup_path(claim);
    *placed = now != NULL;
    return result;
}

/* With the claim held.  @placed: the guest runs, and in its group. */
static int
start_claimed(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest,
              DrvClaim *claim, gboolean *placed)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autoptr(GError) error = NULL;
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autofree char *path = NULL;
    g_autoptr(DrvGroup) group = NULL;
    virErrorPtr raised = NULL;
    gboolean is_late;
    int running;
    int run = 0;

    *placed = FALSE;
    if (stack->has_containers)
        return start_container(start, stack, conn, guest, claim, placed);

    /* Somebody was faster, and the group is in use.  Should the guest have ended meanwhile,
     * stock starts it. */
    running = find_run(stack->next, conn, guest_get_uuid(guest));
    is_late = drv_scope_is_used(host) || drv_layout_get() == GUEST_LAYOUT_STOCK;
    if (is_late && (running < 0 || start->replaces))
        return start_late(start, stack, conn, guest, claim, running, placed);
    if (running >= 0 && start->replaces && before) {
        *placed = TRUE;
        return replace_claimed(start, stack, conn, guest, claim, before, running);
    }
    if (running >= 0)
        return start->call_running(start->data);

    path = drv_layout_build_path(guest, 0, &error);
    /* Where it was before its partition was edited. */
    if (path && before && !g_str_equal(before, path)) {
        if (!leave_path(host, claim, before, guest))
            return -1;
        g_clear_pointer(&before, g_free);
    }
    if (!path || !take_path(stack, conn, claim, path, &error)) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        return -1;
    }
    group = drv_group_make(host, path, guest, &error);
    if (!group) {
        drv_error_report(g_steal_pointer(&error), guest_get_name(guest));
        if (!before)
            drv_claim_drop_path(claim);
        return -1;
    }

    if (start_in_group(start, group, guest, &run) == 0) {
        *placed = TRUE;
        if (run == 0)
            run = find_run(stack->next, conn, guest_get_uuid(guest));
        drv_claim_set_run(claim, run);
        follow_devices(stack, conn, group, guest_get_uuid(guest));
        return 0;
    }

    virErrorPreserveLast(&raised);
    if (drv_group_clear(host, path, &error))
        drv_claim_drop_path(claim);
    else
        drv_error_log(g_steal_pointer(&error), guest_get_name(guest), "remove its group");
    virErrorRestore(&raised);
    return -1;
}

/*
 * Whoever came to tidy up after this guest meanwhile has left it to us.  And
 * where we did not place it, it may have been started by another way.
 */
static void
release(DrvStack *stack, virConnectPtr conn, const char *uuid, DrvClaim *claim, gboolean placed)
{
    DRV_ELEVATED virIdentity *caller = NULL;
    virErrorPtr raised = NULL;

    if (!drv_claim_release(claim) && placed)
        return;

    virErrorPreserveLast(&raised);
    caller = drv_access_elevate();
    (void)caller;
    drv_settle(stack, conn, uuid);
    virErrorRestore(&raised);
}

int
drv_start_run(const DrvStart *start, DrvStack *stack, virConnectPtr conn, const Guest *guest)
{
    const char *uuid = guest_get_uuid(guest);
    DrvClaim *claim = drv_keeper_claim(stack->keeper, uuid, DRV_CLAIM_START);
    gboolean placed;
    int result = start_claimed(start, stack, conn, guest, claim, &placed);

    release(stack, conn, uuid, claim, placed);
    if (placed) {
        drv_governor_consider(stack->governor, uuid);
        drv_reaction_consider(stack->reaction, guest);
    }
    return result;
}
