/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between a container's birth and its first instruction.
 *
 * Where cgroup v2 is alone libvirt_lxc gives its container's group away, limits
 * included, to whoever is root in the container, and then lets the container
 * run.  To take back what he must not have after the start would be too late:
 * a file that he has opened for writing stays open to him.
 *
 * So the group is there before libvirt_lxc, which takes one that exists, and it
 * is frozen.  Its name has libvirt_lxc's number in it: that process is held at
 * its birth until the group is made.  libvirt_lxc puts the container's init in,
 * gives the group away, and then goes in itself, where it stands still, and so
 * does init, which waits for its word.  Now is the time to take back what was
 * given; then both go on.
 *
 * Where systemd makes the group, as a scope that libvirt_lxc asks for, init is put in by
 * systemd, and libvirt_lxc makes a level below, gives that away, and goes there with init,
 * before it says the word.  So the scope need not be there before it; it is frozen as soon
 * as it is.  Its name, too, has libvirt_lxc's number in it.
 *
 * The group has a label as long as that has not been done.  Should the daemon
 * be killed meanwhile, whoever takes the container over does it.
 *
 * A container that boots anew from inside passes no table of ours: drv-nursery.c makes
 * its cradle.
 */
#include <config.h>

#include "drv-birth.h"
#include "drv-container.h"
#include "drv-cradle.h"
#include "drv-error.h"
#include "drv-group.h"
#include "drv-level.h"
#include "drv-libvirt.h"
#include "drv-lookout.h"
#include "drv-scope.h"
#include "guest-path.h"

VIR_LOG_INIT("corral.cradle");

#define LABEL "cradle"
#define LOOK_US 1000
/* At once, where the machine is not busy. */
#define FREEZE_PATIENCE_MS 2000
#define REMOVE_PATIENCE_MS 100

struct _DrvCradle {
    CorralHost *host;
    char *partition;
    char *name; /* the guest's */
    DrvBirth *birth;
    gboolean awaited; /* somebody else makes it */
    CorralGroup *group;
    pid_t pid;
    gboolean left;
    DrvLookout *lookout;
};

gboolean
drv_cradle_leave(CorralGroup *group, GError **error)
{
    g_autofree char *label = corral_group_get_label(group, LABEL, NULL);
    g_autoptr(CorralGroup) level = drv_level_find(group);

    if ((level && !corral_group_restrict_owner(level, error)) ||
        !corral_group_restrict_owner(group, error))
        return FALSE;

    return !label || *label == '\0' ||
           (corral_group_thaw(group, error) && corral_group_set_label(group, LABEL, "", error));
}

static gboolean
hold(CorralGroup *group, GError **error)
{
    return corral_group_set_label(group, LABEL, "yes", error) &&
           corral_group_freeze(group, FREEZE_PATIENCE_MS, error);
}

CorralGroup *
drv_cradle_find(CorralHost *host, const char *partition, const char *name, pid_t pid,
                GError **error)
{
    g_autofree char *machine = virDomainDriverGenerateMachineName("lxc", NULL, pid, name, true);
    g_autofree char *escaped = machine ? corral_unit_escape(machine) : NULL;
    g_autofree char *path =
        g_strdup_printf("%s/machine-%s" GUEST_PATH_SCOPE_SUFFIX, partition, escaped);
    g_autoptr(CorralGroup) group = corral_group_open(host, path, DRV_GROUP_CONTROLLERS, NULL);

    if (!group || !hold(group, error))
        return NULL;
    return g_steal_pointer(&group);
}

CorralGroup *
drv_cradle_make(CorralHost *host, const char *partition, const char *name, pid_t pid,
                GError **error)
{
    g_autofree char *machine = virDomainDriverGenerateMachineName("lxc", NULL, pid, name, true);
    g_autofree char *path = g_strdup_printf("%s/%s.libvirt-lxc", partition, machine);
    g_autoptr(CorralGroup) group =
        corral_group_make(host, path, DRV_GROUP_CONTROLLERS, CORRAL_MAKE_NEW, error);

    if (!group)
        return NULL;
    if (!hold(group, error)) {
        if (!corral_group_remove(group, 0, NULL))
            VIR_WARN("corral: group '%s' stays behind", path);
        return NULL;
    }

    return g_steal_pointer(&group);
}

gboolean
drv_cradle_try_leave(CorralGroup *group, const char *name, pid_t pid)
{
    g_autoptr(GArray) inside = drv_container_list_processes(group);
    g_autoptr(GError) error = NULL;
    guint i;

    for (i = 0; i < inside->len; i++) {
        if (g_array_index(inside, pid_t, i) != pid)
            continue;
        if (!drv_cradle_leave(group, &error))
            drv_error_log(g_steal_pointer(&error), name, "take back what it must not have");
        return TRUE;
    }
    return FALSE;
}

void
drv_cradle_remove(CorralGroup *group, const char *name)
{
    g_autoptr(GError) error = NULL;

    if (!drv_cradle_leave(group, &error))
        g_debug("it is gone already: %s", error->message);
    g_clear_error(&error);
    /* A unit goes when nobody is in it. */
    if (drv_scope_is_used(corral_group_get_host(group)))
        return;
    if (!corral_group_remove(group, REMOVE_PATIENCE_MS, &error))
        drv_error_log(g_steal_pointer(&error), name, "remove its cradle");
}

/* As long as nobody is born the first step waits, and then the others for whom it was. */
static void
step(DrvCradle *self)
{
    g_autoptr(GError) error = NULL;
    int errnum;

    if (self->pid == 0) {
        if (!drv_birth_get(self->birth, 0, &self->pid, &errnum))
            return;
        if (!self->awaited)
            self->group =
                drv_cradle_make(self->host, self->partition, self->name, self->pid, &error);
        drv_birth_release(self->birth);
    }
    if (self->awaited && !self->group)
        self->group = drv_cradle_find(self->host, self->partition, self->name, self->pid, &error);
    if (error) {
        self->awaited = FALSE;
        drv_error_log(g_steal_pointer(&error), self->name, "hold it until it is harmless");
    }
    if (self->group && !self->left)
        self->left = drv_cradle_try_leave(self->group, self->name, self->pid);
}

static gint64
rock(gpointer data)
{
    step(data);
    return LOOK_US;
}

static void
cradle_free(DrvCradle *self)
{
    g_clear_object(&self->group);
    drv_birth_free(self->birth);
    g_free(self->partition);
    g_free(self->name);
    g_object_unref(self->host);
    g_free(self);
}

/* libvirt gives away what can be given, and of that all. */
gboolean
drv_cradle_is_needed(CorralHost *host)
{
    g_autoptr(CorralGroup) root =
        corral_group_open(host, "", CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_MEMORY), NULL);

    return root && corral_group_can_be_delegated(root);
}

DrvCradle *
drv_cradle_begin(CorralHost *host, const char *partition, const Guest *guest)
{
    char *nowhere[] = {NULL};
    DrvCradle *self;

    if (!guest_has_own_users(guest) || !drv_cradle_is_needed(host))
        return NULL;

    self = g_new0(DrvCradle, 1);
    self->host = g_object_ref(host);
    self->partition = g_strdup(partition);
    self->name = g_strdup(guest_get_name(guest));
    self->awaited = drv_scope_is_used(host);
    self->birth = drv_birth_new(nowhere);
    if (self->birth) {
        if (!self->awaited)
            drv_birth_hold(self->birth);
        self->lookout = drv_lookout_begin("corral-cradle", rock, self);
    }
    if (!self->lookout) {
        VIR_WARN("corral: container '%s' starts before its root is kept from its limits",
                 self->name);
        cradle_free(self);
        return NULL;
    }

    drv_birth_arm(self->birth);
    return self;
}

void
drv_cradle_end(DrvCradle *self)
{
    if (!self)
        return;

    drv_birth_disarm();
    drv_lookout_end(self->lookout);

    /* It has died before it could enter, or libvirt has put it somewhere else. */
    if (self->group && !self->left)
        drv_cradle_remove(self->group, self->name);
    drv_birth_release(self->birth);
    cradle_free(self);
}
