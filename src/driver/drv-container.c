/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups of containers.
 *
 * libvirt_lxc, the process that stands behind a container, makes the container's
 * group under a name with its own number in it, and enters it together with the
 * container's init.  It keeps looking there for what the container sees as
 * /proc/meminfo, and libvirtd finds the container again by where it is.  So the group
 * stays where it is, and under its name.  We find it as libvirtd does, by the
 * process whose number libvirt has made the container's id.
 *
 * libvirt knows fewer controllers than there are.  What it leaves out is made under
 * the same name, and everybody in the group is brought there.
 */
#include <config.h>

#include <string.h>

#include "drv-acl.h"
#include "drv-container.h"
#include "drv-group.h"
#include "drv-init.h"
#include "drv-nursery.h"
#include "drv-pause.h"
#include "drv-planner.h"
#include "guest-path.h"

/* Without it libvirt starts no container. */
#define WHERE_TO_LOOK CORRAL_CONTROLLER_MEMORY

/* A container may have groups of its own, as deep as it likes. */
#define DEPTH_MAX 32

/* Everybody has been brought to the group in all hierarchies: who is born later is there. */
#define LABEL_GATHERED "gathered"

/* Whoever forks faster than we move was let in with its parent, in most cases. */
#define ROUNDS_MAX 100

/*
 * Where both of the kernel's interfaces have controllers libvirt takes both for usable, and then
 * cannot make the container's view of them: it wants a directory for the second inside of the
 * first.  What is mounted may change at any time.
 */
gboolean
drv_container_check_host(const char *root, GError **error)
{
    g_autoptr(CorralHost) host = corral_host_new(root, CORRAL_HOST_READ_ONLY, NULL);
    g_autofree char *controllers = NULL;
    g_autofree char *second = host ? corral_host_find_second_interface(host, &controllers) : NULL;

    if (!second)
        return TRUE;

    g_set_error(error, GUEST_ERROR, GUEST_ERROR_HOST,
                "libvirt starts no containers where cgroup v2 has controllers besides v1: '%s' has "
                "'%s'; hide that with: mount --bind /dev/null '%s/cgroup.controllers', or boot "
                "with one of the two alone",
                second, controllers, second);
    return FALSE;
}

static char *
find_group(CorralHost *host, virDomainPtr dom, GError **error)
{
    g_autofree char *path = corral_host_find_process(host, WHERE_TO_LOOK, dom->id, error);
    g_autofree char *scope = NULL;
    g_autofree char *name = NULL;

    if (!path)
        return NULL;

    scope = guest_path_cut_scope(path, "lxc");
    if (scope)
        return g_steal_pointer(&scope);
    name = g_path_get_basename(path);
    if (!guest_path_is_guest(name, "lxc")) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND,
                    "process %d, which libvirt has for it, is in '%s'", dom->id, path);
        return NULL;
    }
    return g_steal_pointer(&path);
}

/* The controllers of @group in whose hierarchies process @pid is somewhere else. */
static CorralControllers
find_missing(CorralGroup *group, pid_t pid)
{
    CorralControllers strays;

    if (!corral_host_find_strays(corral_group_get_host(group), corral_group_get_path(group), pid,
                                 &strays, NULL))
        return 0;
    return strays & corral_group_get_controllers(group);
}

static void
list_processes(CorralGroup *group, guint depth, GArray *all)
{
    g_autoptr(GArray) here = corral_group_list_processes(group, NULL);
    g_auto(GStrv) names = corral_group_list_children(group, NULL);
    gsize i;

    if (here)
        g_array_append_vals(all, here->data, here->len);
    for (i = 0; names && names[i] && depth < DEPTH_MAX; i++) {
        g_autoptr(CorralGroup) child = corral_group_open_child(group, names[i], NULL);

        if (child)
            list_processes(child, depth + 1, all);
    }
}

GArray *
drv_container_list_processes(CorralGroup *group)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(pid_t));

    list_processes(group, 0, all);
    return all;
}

pid_t
drv_container_read_controller(CorralGroup *group)
{
    /* The second is that of a unit, whose name has its hyphens escaped. */
    static const struct {
        const char *prefix;
        const char *end;
    } forms[] = {{"lxc-", "-"}, {"machine-lxc\\x2d", "\\x2d"}};
    g_autofree char *name = g_path_get_basename(corral_group_get_path(group));
    guint64 pid;
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(forms) && guest_path_is_guest(name, "lxc"); i++) {
        char *number = name + strlen(forms[i].prefix);
        char *end;

        if (!g_str_has_prefix(name, forms[i].prefix))
            continue;
        end = strstr(number, forms[i].end);
        if (!end)
            return 0;
        *end = '\0';
        return g_ascii_string_to_unsigned(number, 10, 1, G_MAXINT, &pid, NULL) ? (pid_t)pid : 0;
    }
    return 0;
}

gboolean
drv_container_is_headless(CorralGroup *group)
{
    const pid_t controller = drv_container_read_controller(group);
    g_autofree char *owner = corral_group_get_label(group, DRV_GROUP_LABEL_UUID, NULL);
    g_autoptr(GArray) processes = drv_container_list_processes(group);
    guint i;

    for (i = 0; i < processes->len; i++) {
        if (g_array_index(processes, pid_t, i) == controller)
            return FALSE;
    }
    return controller != 0 && owner && processes->len > 0;
}

/* FALSE if somebody is where he should not be and cannot be moved; *moved counts those who were.
 * One who has ended meanwhile is nobody. */
static gboolean
move_all(CorralGroup *from, CorralGroup *to, guint *moved, GError **error)
{
    g_autoptr(GArray) processes = drv_container_list_processes(from);
    guint i;

    *moved = 0;
    for (i = 0; i < processes->len; i++) {
        pid_t pid = g_array_index(processes, pid_t, i);
        g_autoptr(GError) failure = NULL;

        if (find_missing(to, pid) == 0)
            continue;
        if (corral_group_attach_process(to, pid, &failure)) {
            (*moved)++;
        } else if (!g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }

    return TRUE;
}

static CorralControllers
find_missing_of_all(CorralGroup *from, CorralGroup *group)
{
    g_autoptr(GArray) processes = drv_container_list_processes(from);
    CorralControllers missing = 0;
    guint i;

    for (i = 0; i < processes->len; i++)
        missing |= find_missing(group, g_array_index(processes, pid_t, i));
    return missing;
}

static gboolean
gather(CorralGroup *from, CorralGroup *to, GError **error)
{
    guint moved = 1;
    guint round;

    for (round = 0; moved > 0 && round < ROUNDS_MAX; round++) {
        if (!move_all(from, to, &moved, error))
            return FALSE;
    }
    if (moved > 0)
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                    "its processes multiply faster than they are moved to '%s'",
                    corral_group_get_path(to));
    return moved == 0;
}

/*
 * Where libvirt has put nobody, everybody is brought.  libvirt_lxc alone tells nothing of the
 * others until that has been done once: a daemon may have died in the middle of it.
 */
static gboolean
complete(CorralGroup *group, pid_t pid, GError **error)
{
    CorralHost *host = corral_group_get_host(group);
    const char *path = corral_group_get_path(group);
    g_autofree char *gathered = corral_group_get_label(group, LABEL_GATHERED, NULL);
    g_autoptr(CorralGroup) from = NULL;
    g_autoptr(CorralGroup) to = NULL;
    CorralControllers missing;

    if (gathered && find_missing(group, pid) == 0)
        return TRUE;

    from = corral_group_open(host, path, CORRAL_CONTROLLER_BIT(WHERE_TO_LOOK), error);
    if (!from)
        return FALSE;
    missing = find_missing_of_all(from, group);
    if (missing != 0) {
        to = corral_group_open(host, path, missing, error);
        if (!to || !gather(from, to, error))
            return FALSE;
    }

    /* Where there are no labels we look again the next time. */
    (void)!corral_group_set_label(group, LABEL_GATHERED, "yes", NULL);
    return TRUE;
}

gboolean
drv_container_adopt(DrvStack *stack, virDomainPtr dom, const Guest *guest, DrvClaim *claim,
                    GError **error)
{
    CorralHost *host = drv_keeper_get_host(stack->keeper);
    g_autofree char *before = drv_claim_dup_path(claim);
    g_autofree char *path = find_group(host, dom, error);
    g_autofree char *place = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *holder = NULL;
    g_autoptr(DrvGroup) group = NULL;

    if (!path)
        return FALSE;
    if (before && !g_str_equal(before, path) && !drv_group_clear(host, before, error))
        return FALSE;

    if (!drv_claim_take_path(claim, path, &holder)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s",
                    path, holder);
        return FALSE;
    }
    drv_claim_set_run(claim, dom->id);
    drv_nursery_note(stack->nursery, guest, place);
    group = drv_group_take_over(host, path, guest, error);
    if (!group)
        return FALSE;

    drv_planner_meet(host, path);
    drv_pause_tell(stack, dom, drv_group_get_whole(group));
    drv_init_tell(stack, dom, drv_group_get_whole(group));
    drv_acl_follow(stack, dom, guest_get_xml(guest), drv_group_get_whole(group));
    return complete(drv_group_get_whole(group), dom->id, error);
}
