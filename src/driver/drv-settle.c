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
#include "drv-error.h"
#include "drv-group.h"
#include "drv-settle.h"
#include "drv-threads.h"
#include "guest-path.h"
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

static pid_t
find_inside(DrvGroup *group)
{
    g_autoptr(GArray) processes = drv_group_list_processes(group);
    guint i;

    for (i = 0; i < processes->len; i++) {
        if (drv_threads_is_guest(g_array_index(processes, pid_t, i)))
            return g_array_index(processes, pid_t, i);
    }

    return 0;
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

static gboolean
adopt(DrvStack *stack, virDomainPtr dom, DrvClaim *claim, GError **error)
{
    g_autofree char *xml = stack->next->domainGetXMLDesc(dom, 0);
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autofree char *path = g_strdup(before);
    g_autofree char *holder = NULL;
    g_autoptr(DrvGroup) group = NULL;
    g_autoptr(Guest) guest = NULL;
    pid_t pid;

    if (!xml) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "%s", virGetLastErrorMessage());
        virResetLastError();
        return FALSE;
    }
    guest = guest_xml_parse(stack->driver, xml, error);
    if (!guest)
        return FALSE;
    if (!path)
        path = guest_path_build(guest, error);
    if (!path)
        return FALSE;

    if (!drv_claim_take_path(claim, path, &holder)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s",
                    path, holder);
        return FALSE;
    }
    group = drv_group_adopt(drv_keeper_get_host(stack->keeper), path, guest, error);
    if (!group) {
        if (!before)
            drv_claim_drop_path(claim);
        return FALSE;
    }

    pid = find_inside(group);
    if (pid == 0)
        pid = fetch(group, guest, error);
    if (pid != 0)
        return drv_threads_place(group, pid, NULL, error);

    if (error && !*error)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND, "its process cannot be found");
    return FALSE;
}

static gboolean
clear(DrvStack *stack, DrvClaim *claim, GError **error)
{
    g_autofree char *path = drv_claim_dup_path(claim);

    if (!path)
        return TRUE;
    if (!drv_group_clear(drv_keeper_get_host(stack->keeper), path, error))
        return FALSE;

    drv_claim_drop_path(claim);
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
    unsigned char raw[VIR_UUID_BUFLEN];
    virDomainPtr dom = NULL;
    g_autoptr(GError) error = NULL;
    int active;

    virResetLastError();
    if (virUUIDParse(uuid, raw) == 0)
        dom = stack->next->domainLookupByUUID(conn, raw);
    active = is_active(stack, dom);

    if (active < 0)
        VIR_WARN("corral: cannot tell whether guest %s runs: %s", uuid, virGetLastErrorMessage());
    else if (active && !adopt(stack, dom, claim, &error))
        drv_error_log(g_steal_pointer(&error), dom->name, "adopt it");
    else if (!active && !clear(stack, claim, &error))
        drv_error_log(g_steal_pointer(&error), dom ? dom->name : uuid, "remove its group");

    virObjectUnref(dom);
    virResetLastError();
}

void
drv_settle(DrvStack *stack, virConnectPtr conn, const char *uuid)
{
    DrvClaim *claim = drv_keeper_claim(stack->keeper, uuid, DRV_CLAIM_TIDY);

    while (claim) {
        agree(stack, conn, uuid, claim);
        claim =
            drv_claim_release(claim) ? drv_keeper_claim(stack->keeper, uuid, DRV_CLAIM_TIDY) : NULL;
    }
}

static gboolean
is_guests(const char *path, gboolean *descend, gpointer driver)
{
    const char *slash = strrchr(path, '/');

    if (!guest_path_is_guest(slash ? slash + 1 : path, driver))
        return FALSE;

    *descend = FALSE;
    return TRUE;
}

static gboolean
is_nobodys(const char *path, gboolean *descend, gpointer driver)
{
    gboolean is_guests_own = is_guests(path, descend, driver);

    return !is_guests_own;
}

/* Partitions that were made for a guest whose group never came to be. */
static void
prune_partitions(DrvStack *stack)
{
    const CorralControllers where =
        DRV_GROUP_CONTROLLERS | CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_CORE);
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_auto(GStrv) paths =
        corral_host_find_groups(host, where, is_nobodys, (gpointer)stack->driver, NULL);
    gsize n = paths ? g_strv_length(paths) : 0;

    /* Sorted, so what is below comes after what is above. */
    while (n-- > 0) {
        g_autoptr(CorralGroup) group = corral_group_open(host, paths[n], where, NULL);

        if (group)
            corral_group_prune(group);
    }
}

/* Whose group it is, by its label; NULL if it does not say. */
static char *
read_owner(CorralHost *host, const char *path)
{
    g_autoptr(CorralGroup) group = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, NULL);

    return group ? corral_group_get_label(group, DRV_GROUP_LABEL_UUID, NULL) : NULL;
}

/*
 * A group whose guest does not run.  One that still has processes is left
 * alone: what libvirt has lost sight of may still be somebody's machine.  (A
 * start that died with the daemon looks like this, too, for a moment.)
 */
static void
remove_orphan(DrvStack *stack, const char *path)
{
    g_autoptr(DrvGroup) group =
        drv_group_open(drv_keeper_get_host(stack->keeper), path, DRV_GROUP_CONTROLLERS, NULL);
    g_autoptr(GArray) processes = group ? drv_group_list_processes(group) : NULL;
    g_autoptr(GError) error = NULL;

    if (!group) {
        g_hash_table_remove(stack->left_alone, path);
        return;
    }
    if (processes->len > 0) {
        if (g_hash_table_add(stack->left_alone, g_strdup(path)))
            VIR_WARN("corral: group '%s' has process %d, but libvirt knows of no guest there", path,
                     (int)g_array_index(processes, pid_t, 0));
        return;
    }

    g_hash_table_remove(stack->left_alone, path);
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
    g_autofree char *uuid = read_owner(drv_keeper_get_host(stack->keeper), path);
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

/* @known: the guests that had a group before we looked. */
static void
settle_guests(DrvStack *stack, virConnectPtr conn, GHashTable *active, char **known)
{
    GHashTableIter iter;
    gpointer uuid;
    gsize i;

    for (i = 0; known[i]; i++) {
        if (!g_hash_table_contains(active, known[i]))
            drv_settle(stack, conn, known[i]);
    }

    g_hash_table_iter_init(&iter, active);
    while (g_hash_table_iter_next(&iter, &uuid, NULL)) {
        if (!g_strv_contains((const char *const *)known, uuid))
            drv_settle(stack, conn, uuid);
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
    paths = corral_host_find_groups(drv_keeper_get_host(stack->keeper), DRV_GROUP_CONTROLLERS,
                                    is_guests, (gpointer)stack->driver, &error);
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
    paths = (char **)g_hash_table_get_keys_as_array(stack->left_alone, NULL);
    copies = g_strdupv(paths);
    for (i = 0; copies[i]; i++)
        settle_group(stack, copies[i]);
}
