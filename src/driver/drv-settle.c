/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settling: libvirt is asked what is so, and the group is made to agree.  This
 * is how a guest is taken over after a restart of the daemon, after it started
 * by a way that does not pass our table (restore, migration, autostart), and
 * how its group goes when it has ended by itself.
 */
#include <config.h>

#include <string.h>

#include "drv-access.h"
#include "drv-acl.h"
#include "drv-advice.h"
#include "drv-container.h"
#include "drv-cpuset.h"
#include "drv-error.h"
#include "drv-governor.h"
#include "drv-group.h"
#include "drv-layout.h"
#include "drv-mark.h"
#include "drv-owner.h"
#include "drv-parts.h"
#include "drv-planner.h"
#include "drv-reaction.h"
#include "drv-review.h"
#include "drv-samples.h"
#include "drv-scope.h"
#include "drv-settle.h"
#include "drv-squeeze.h"
#include "drv-threads.h"
#include "drv-vacancy.h"
#include "guest-xml.h"

VIR_LOG_INIT("corral.settle");

/* Where the stock driver leaves the number of a guest's process. */
static pid_t
read_pid_file(const char *driver, const char *name)
{
    g_autofree char *file =
        g_strdup_printf("%s/libvirt/%s/%s.pid", LIBVIRT_RUNSTATEDIR, driver, name);
    g_autofree char *text = NULL;
    guint64 pid;

    if (!g_file_get_contents(file, &text, NULL, NULL) ||
        !g_ascii_string_to_unsigned(g_strchomp(text), 10, 1, G_MAXINT, &pid, NULL))
        return 0;

    return pid;
}

/* A guest that started without us: late, but from now on it is in its group. */
static pid_t
fetch(DrvGroup *group, const Guest *guest, GError **error)
{
    pid_t pid = read_pid_file(guest_get_driver(guest), guest_get_name(guest));
    CorralGroup *whole = drv_group_get_whole(group);
    CorralGroup *emulator = drv_group_get_emulator(group);

    if (pid == 0 || !drv_threads_is_guest(pid))
        return 0;

    VIR_INFO("corral: moving guest '%s', process %d, to its group '%s'", guest_get_name(guest),
             (int)pid, corral_group_get_path(whole));
    if (!corral_group_attach_process(whole, pid, error) ||
        (emulator && !corral_group_attach_process(emulator, pid, error)))
        return 0;

    return pid;
}

/*
 * Where the guest's group is, or shall be.  A scope is found by who is in it: its name is not
 * known beforehand, and a guest may have come into it while we were away.
 */
static char *
find_path(CorralHost *host, const Guest *guest, int run, const char *before, GError **error)
{
    pid_t pid;
    char *path;

    if (!drv_scope_is_used(host))
        return before ? g_strdup(before) : drv_layout_build_path(guest, run, error);

    pid = read_pid_file(guest_get_driver(guest), guest_get_name(guest));
    path = pid > 0 ? drv_scope_find(host, pid, guest_get_driver(guest)) : NULL;
    if (path)
        return path;
    if (pid > 0 && drv_threads_is_guest(pid))
        return drv_scope_make(host, guest, pid, error);

    g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "its process cannot be found");
    return NULL;
}

/* A guest that was started by a libvirt that makes no groups for its threads. */
static gboolean
bring_in(DrvGroup *group, pid_t pid, GError **error)
{
    CorralGroup *whole = drv_group_get_whole(group);
    CorralGroup *emulator = drv_group_get_emulator(group);
    g_autofree char *where =
        corral_host_find_process(corral_group_get_host(whole), CORRAL_CONTROLLER_CPU, pid, NULL);

    return !emulator || g_strcmp0(where, corral_group_get_path(whole)) != 0 ||
           corral_group_attach_process(emulator, pid, error);
}

/* All of a guest in its group, and everything in its place there. */
static gboolean
place(DrvGroup *group, const Guest *guest, GError **error)
{
    pid_t pid = drv_threads_find_guest(group);

    if (pid == 0)
        pid = fetch(group, guest, error);
    if (pid != 0)
        return bring_in(group, pid, error) && drv_threads_place(group, pid, NULL, error) &&
               drv_advice_take(group, pid, error) && drv_cpuset_close(group, pid, error);

    if (error && !*error)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "its process cannot be found");
    return FALSE;
}

gboolean
drv_settle_adopt(DrvStack *stack, virDomainPtr dom, DrvClaim *claim, GError **error)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autofree char *xml = stack->next->domainGetXMLDesc(dom, 0);
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autofree char *path = NULL;
    g_autofree char *holder = NULL;
    g_autoptr(DrvGroup) group = NULL;
    g_autoptr(Guest) guest = NULL;

    if (!xml) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "%s", virGetLastErrorMessage());
        virResetLastError();
        return FALSE;
    }
    guest = guest_xml_parse(stack->driver, xml, error);
    if (!guest)
        return FALSE;
    if (stack->has_containers) {
        if (!drv_container_adopt(stack, dom, guest, claim, error))
            return FALSE;
        drv_reaction_consider(stack->reaction, guest);
        return TRUE;
    }
    path = find_path(host, guest, dom->id, before, error);
    if (!path)
        return FALSE;

    if (!drv_claim_take_path(claim, path, &holder)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s",
                    path, holder);
        return FALSE;
    }
    group = drv_group_adopt(host, path, guest, error);
    if (!group) {
        if (!before)
            drv_claim_drop_path(claim);
        return FALSE;
    }

    drv_planner_meet(host, path);
    drv_squeeze_recover(drv_group_get_whole(group), guest_get_name(guest));
    drv_review_group(drv_group_get_whole(group), guest_get_name(guest));
    drv_acl_follow(stack, dom, xml, drv_group_get_whole(group));
    drv_governor_consider(stack->governor, guest_get_uuid(guest));
    drv_reaction_consider(stack->reaction, guest);
    return place(group, guest, error);
}

static gboolean
clear(DrvStack *stack, const char *uuid, DrvClaim *claim, GError **error)
{
    g_autofree char *path = drv_claim_dup_path(claim);

    if (!path)
        return TRUE;
    drv_reaction_end(stack->reaction, uuid, path);
    if (!drv_group_clear(drv_keeper_get_host(stack->keeper), path, error))
        return FALSE;

    drv_claim_drop_path(claim);
    drv_samples_forget(stack->samples, uuid);
    drv_governor_consider(stack->governor, uuid);
    return TRUE;
}

/*
 * 1 or 0; -1 if libvirt does not say.  Only a guest that certainly does not run
 * may lose its group, for what is in there is killed with it.
 */
static int
is_active(DrvStack *stack, virDomainPtr dom)
{
    int active = dom ? stack->next->domainIsActive(dom) : -1;

    return active < 0 && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? 0 : active;
}

static void
agree(DrvStack *stack, virConnectPtr conn, const char *uuid, DrvClaim *claim)
{
    virDomainPtr dom;
    g_autoptr(GError) error = NULL;
    int active;

    virResetLastError();
    dom = drv_access_look_up(stack->next, conn, uuid);
    active = is_active(stack, dom);

    if (active < 0)
        VIR_WARN("corral: cannot tell whether guest %s runs: %s", uuid, virGetLastErrorMessage());
    else if (active && !drv_settle_adopt(stack, dom, claim, &error))
        drv_error_log(g_steal_pointer(&error), dom->name, "adopt it");
    else if (!active && !clear(stack, uuid, claim, &error))
        drv_error_log(g_steal_pointer(&error), dom ? dom->name : uuid, "remove its group");

    virObjectUnref(dom);
    virResetLastError();
}

static void
settle(DrvStack *stack, virConnectPtr conn, const char *uuid, DrvClaimPurpose purpose)
{
    DrvClaim *claim = drv_keeper_claim(stack->keeper, uuid, purpose);

    while (claim) {
        agree(stack, conn, uuid, claim);
        claim = drv_claim_release(claim) ? drv_keeper_claim(stack->keeper, uuid, purpose) : NULL;
    }
}

void
drv_settle(DrvStack *stack, virConnectPtr conn, const char *uuid)
{
    settle(stack, conn, uuid, DRV_CLAIM_TIDY);
}

void
drv_settle_in_passing(DrvStack *stack, virConnectPtr conn, const char *uuid)
{
    settle(stack, conn, uuid, DRV_CLAIM_PASS);
}

/* Partitions that were made for a guest whose group never came to be, or only halfway. */
static void
prune_partitions(DrvStack *stack)
{
    const CorralControllers where =
        DRV_GROUP_PARTITION_CONTROLLERS | CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE);
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_auto(GStrv) paths = drv_mark_find_others(host, where);
    gsize n = paths ? g_strv_length(paths) : 0;

    /* Sorted, so what is below comes after what is above. */
    while (n-- > 0)
        drv_vacancy_prune(host, paths[n], where);
}

/* Which guest's group it is, by its label; NULL if it does not say, or it is another's guest. */
static char *
read_guest(CorralHost *host, const char *path)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, NULL);

    if (!group || drv_owner_is_other(group))
        return NULL;
    return corral_group_get_label(group, DRV_GROUP_LABEL_UUID, NULL);
}

static void
end_remains(DrvStack *stack, const char *path)
{
    g_autoptr(GError) error = NULL;

    VIR_WARN("corral: ending what is left of the container of group '%s', which has lost its "
             "libvirt_lxc",
             path);
    if (drv_group_clear(drv_keeper_get_host(stack->keeper), path, &error)) {
        g_hash_table_remove(stack->left_alone, path);
    } else {
        drv_error_log(g_steal_pointer(&error), path, "end it");
        g_hash_table_add(stack->left_alone, g_strdup(path));
    }
}

/*
 * A group whose guest does not run; another libvirt's is none of our business.
 * One that still has processes is left alone: what libvirt has lost sight of may
 * still be somebody's machine.  (A start that died with the daemon looks like
 * this, too, for a moment.)  Not so what is left of a container: libvirt would
 * have ended that as soon as it saw the end of its libvirt_lxc, but the daemon
 * was away.
 */
static void
remove_orphan(DrvStack *stack, const char *path)
{
    g_autoptr(DrvGroup) group =
        drv_group_open(drv_keeper_get_host(stack->keeper), path, DRV_GROUP_CONTROLLERS, NULL);
    g_autoptr(GArray) processes = group ? drv_group_list_processes(group) : NULL;
    g_autoptr(GError) error = NULL;

    if (!group || drv_owner_is_other(drv_group_get_whole(group))) {
        g_hash_table_remove(stack->left_alone, path);
        return;
    }
    if (drv_container_is_headless(drv_group_get_whole(group))) {
        end_remains(stack, path);
        return;
    }
    if (processes->len > 0) {
        if (g_hash_table_add(stack->left_alone, g_strdup(path)))
            VIR_WARN("corral: group '%s' has process %d, but libvirt knows of no guest there", path,
                     (int)g_array_index(processes, pid_t, 0));
        return;
    }
    /* Somebody else may just have made it, and be about to say so. */
    if (!drv_owner_is_signed(drv_group_get_whole(group)) &&
        g_hash_table_add(stack->left_alone, g_strdup(path)))
        return;

    g_hash_table_remove(stack->left_alone, path);
    /* systemd removes its units itself, and may just be putting somebody into this one. */
    if (drv_scope_is_used(drv_keeper_get_host(stack->keeper)))
        return;
    VIR_INFO("corral: removing group '%s', whose guest does not run", path);
    if (!corral_group_remove(drv_group_get_whole(group), 0, &error))
        drv_error_log(g_steal_pointer(&error), path, "remove it");
}

/* (element-type utf8): the UUIDs of all that run. */
static GHashTable *
list_active(DrvStack *stack, virConnectPtr conn)
{
    g_autoptr(GHashTable) active = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    virDomainPtr *domains = NULL;
    int n, i;

    n = stack->next->connectListAllDomains(conn, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (n < 0) {
        VIR_WARN("corral: cannot list the guests: %s", virGetLastErrorMessage());
        virResetLastError();
        return NULL;
    }

    for (i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        virUUIDFormat(domains[i]->uuid, uuid);
        g_hash_table_add(active, g_strdup(uuid));
        virObjectUnref(domains[i]);
    }
    g_free(domains);

    return g_steal_pointer(&active);
}

/* A group whose label names a running guest without one is that guest's. */
static void
recognise(DrvStack *stack, GHashTable *active, const char *path)
{
    g_autofree char *uuid = read_guest(drv_keeper_get_host(stack->keeper), path);
    g_autofree char *known = uuid ? drv_keeper_dup_path(stack->keeper, uuid) : NULL;
    g_autofree char *holder = NULL;
    DrvClaim *claim;

    if (!uuid || known || !g_hash_table_contains(active, uuid))
        return;

    /* Not if it is just being started: then somebody else knows better. */
    claim = drv_keeper_claim(stack->keeper, uuid, DRV_CLAIM_TIDY);
    if (claim) {
        if (!drv_claim_take_path(claim, path, &holder))
            VIR_WARN("corral: group '%s' is in use by guest %s, not by %s", path, holder, uuid);
        drv_claim_release(claim);
    }
}

/* A vCPU that its guest let go of late: nobody tells when libvirt has dealt with it. */
static gboolean
may_have_shrunk(DrvStack *stack, const char *uuid)
{
    g_autofree char *path = drv_keeper_dup_path(stack->keeper, uuid);
    g_autoptr(DrvGroup) group = path ? drv_group_open(drv_keeper_get_host(stack->keeper), path,
                                                      CORRAL_CONTROLLERS_THREADED, NULL)
                                     : NULL;

    return group && drv_parts_has_empty(group);
}

/* @known: the guests that had a group before we looked. */
static void
settle_guests(DrvStack *stack, virConnectPtr conn, GHashTable *active, char **known)
{
    GHashTableIter iter;
    gpointer uuid;
    gsize i;

    for (i = 0; known[i]; i++) {
        if (!g_hash_table_contains(active, known[i]) || may_have_shrunk(stack, known[i]))
            drv_settle_in_passing(stack, conn, known[i]);
    }

    g_hash_table_iter_init(&iter, active);
    while (g_hash_table_iter_next(&iter, &uuid, NULL)) {
        if (!g_strv_contains((const char *const *)known, uuid))
            drv_settle_in_passing(stack, conn, uuid);
    }
}

/* If it is nobody's: a guest that is just being started has its path before its group. */
static void
settle_group(DrvStack *stack, const char *path)
{
    if (!drv_keeper_claim_orphan(stack->keeper, path))
        return;

    remove_orphan(stack, path);
    drv_keeper_release_orphan(stack->keeper, path);
}

/*
 * Groups are recognised before guests are adopted, or a guest whose partition
 * was edited meanwhile would get a second one; and orphans go last, when every
 * guest that runs has its path.
 */
void
drv_settle_all(DrvStack *stack, virConnectPtr conn)
{
    g_auto(GStrv) known = drv_keeper_list(stack->keeper);
    g_autoptr(GHashTable) active = list_active(stack, conn);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) paths = NULL;
    gsize i;

    if (!active)
        return;
    paths = drv_mark_find_guests(drv_keeper_get_host(stack->keeper), DRV_GROUP_CONTROLLERS,
                                 stack->driver, &error);
    if (!paths) {
        drv_error_log(g_steal_pointer(&error), stack->driver, "find its guests' groups");
        return;
    }

    for (i = 0; paths[i]; i++)
        recognise(stack, active, paths[i]);
    settle_guests(stack, conn, active, known);
    for (i = 0; paths[i]; i++)
        settle_group(stack, paths[i]);
    prune_partitions(stack);
}

void
drv_settle_round(DrvStack *stack, virConnectPtr conn)
{
    g_auto(GStrv) known = drv_keeper_list(stack->keeper);
    g_autoptr(GHashTable) active = list_active(stack, conn);
    g_autofree char **paths = NULL;
    g_auto(GStrv) copies = NULL;
    gsize i;

    if (!active)
        return;

    settle_guests(stack, conn, active, known);
    drv_review_all(stack, conn, known);
    paths = (char **)g_hash_table_get_keys_as_array(stack->left_alone, NULL);
    copies = g_strdupv(paths);
    for (i = 0; copies[i]; i++)
        settle_group(stack, copies[i]);
}
