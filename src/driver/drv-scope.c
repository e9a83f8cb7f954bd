/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between a guest's birth and its first instruction, where its group is not
 * ours to make.
 *
 * libvirt asks machined for a scope while QEMU's process, forked already, waits
 * for its word to execute QEMU; machined asks systemd, which makes the scope in
 * the slice of the partition and moves the process there.  Only then does
 * libvirt get its answer, and it has to label files and more before it gives
 * that word.  The scope's name has a number in it that nobody knows before, and
 * the slice may be new.  So the process is followed, whose number we know since
 * its birth: as soon as it is in a scope, that is frozen.  Now there is time to
 * make the groups of its threads, to bring limits and devices into force, and
 * to move the process to where its threads shall be born.  Then it goes on.
 *
 * Where there is no machined, libvirt leaves the process where it is.  Then the
 * scope is one of our own, and the process is held at its birth until it is in
 * there; so are the helpers that are born before it.
 *
 * Should it have been faster than we are, it is done all the same, and the log
 * tells.
 *
 * As long as it is frozen, the scope has a label.  Should the daemon be killed
 * meanwhile, the next one lets it go on before anything else: a process that
 * waits for a word from a daemon that is gone then ends by itself.
 */
#include <config.h>

#include <signal.h>

#include "drv-birth.h"
#include "drv-error.h"
#include "drv-libvirt.h"
#include "drv-lookout.h"
#include "drv-owner.h"
#include "drv-review.h"
#include "drv-scope.h"
#include "drv-threads.h"
#include "guest-path.h"

VIR_LOG_INIT("corral.scope");

#define LABEL_HELD "held"

/* The time until QEMU executes is several of these, even on a busy host. */
#define LOOK_US 500
/* At once, where the machine is not busy. */
#define FREEZE_PATIENCE_MS 2000
#define KILL_PATIENCE_MS 2000
#define MAKE_PATIENCE_MS 5000

struct _DrvScope {
    CorralHost *host;
    const Guest *guest;
    DrvClaim *claim;
    DrvBirth *birth;
    DrvGroup *group;
    DrvThreadsWatch *threads;
    gboolean own;   /* nobody else makes it */
    guint released; /* those born that have been let go, of such a one */
    GError *error;  /* why the guest must not run */
    gboolean tried; /* there is a scope, however it went */
    gboolean late;
    DrvLookout *lookout;
};

gboolean
drv_scope_is_used(CorralHost *host)
{
    return corral_host_is_managed(host);
}

const char *
drv_scope_find_obstacle(CorralHost *host)
{
    g_autoptr(CorralGroup) root = corral_group_open(host, "", DRV_GROUP_CONTROLLERS, NULL);
    g_auto(GStrv) entrances = root ? corral_group_list_entrances(root, NULL) : NULL;

    if (!entrances || g_strv_length(entrances) != 1)
        return "systemd manages the cgroups of this host, in more than one hierarchy, which this "
               "version cannot share yet";

    return NULL;
}

/* Then libvirt_lxc makes a group for its container at the root, where it must not. */
const char *
drv_scope_find_containers_obstacle(void)
{
    const int known = virSystemdHasMachined();

    virResetLastError();
    if (known == -2)
        return "systemd-machined is missing, without which libvirt makes the groups of containers "
               "where systemd takes their controllers away";

    return NULL;
}

char *
drv_scope_find(CorralHost *host, pid_t pid, const char *driver)
{
    g_autofree char *path = corral_host_find_process(host, CORRAL_CONTROLLER_MEMORY, pid, NULL);

    return path ? guest_path_cut_scope(path, driver) : NULL;
}

char *
drv_scope_make(CorralHost *host, const Guest *guest, pid_t pid, GError **error)
{
    const guint pids[] = {(guint)pid};
    g_autofree char *slice = corral_unit_slice_from_partition(guest_get_partition(guest), error);
    g_autofree char *machine = virDomainDriverGenerateMachineName(guest_get_driver(guest), NULL,
                                                                  pid, guest_get_name(guest), true);
    g_autofree char *escaped = machine ? corral_unit_escape(machine) : NULL;
    g_autofree char *name = NULL;

    if (!slice)
        return NULL;
    if (!escaped) {
        drv_error_take(error);
        return NULL;
    }

    name = g_strconcat(GUEST_PATH_OWN_SCOPE "-", escaped, GUEST_PATH_SCOPE_SUFFIX, NULL);
    return corral_scope_start(host, name, slice, pids, G_N_ELEMENTS(pids), guest_get_name(guest),
                              NULL, MAKE_PATIENCE_MS, error);
}

static void
let_go(CorralGroup *whole)
{
    g_autofree char *label = corral_group_get_label(whole, LABEL_HELD, NULL);
    g_autoptr(GError) error = NULL;

    if (!label || *label == '\0')
        return;
    if (!corral_group_thaw(whole, &error) || !corral_group_set_label(whole, LABEL_HELD, "", &error))
        drv_error_log(g_steal_pointer(&error), corral_group_get_path(whole), "let it go on");
}

static gboolean
is_guests(const char *path, gboolean *descend, gpointer driver)
{
    g_autofree char *scope = guest_path_cut_scope(path, driver);

    if (scope)
        *descend = FALSE;
    return scope != NULL;
}

void
drv_scope_let_all_go(CorralHost *host, const char *driver)
{
    g_auto(GStrv) paths =
        corral_host_find_groups(host, DRV_GROUP_CONTROLLERS, is_guests, (gpointer)driver, NULL);
    gsize i;

    for (i = 0; paths && paths[i]; i++) {
        g_autoptr(CorralGroup) whole =
            corral_group_open(host, paths[i], DRV_GROUP_CONTROLLERS, NULL);

        if (whole && !drv_owner_is_other(whole))
            let_go(whole);
    }
}

/* Whether the process is still the daemon's own program. */
static gboolean
is_before_exec(pid_t pid)
{
    g_autofree char *link = g_strdup_printf("/proc/%d/exe", (int)pid);
    g_autofree char *program = g_file_read_link(link, NULL);
    g_autofree char *ours = g_file_read_link("/proc/self/exe", NULL);

    return program && ours && g_str_equal(program, ours);
}

/* Everybody in the scope goes to where the guest's threads are by default, and so do the helpers
 * that were born before it, which libvirt leaves in its own group. */
static gboolean
gather(DrvScope *self, GError **error)
{
    CorralGroup *emulator = drv_group_get_emulator(self->group);
    int errnum;
    pid_t pid;
    guint i;

    for (i = 0; emulator && drv_birth_get(self->birth, i, &pid, &errnum); i++) {
        g_autoptr(GError) failure = NULL;

        if (corral_group_attach_process(emulator, pid, &failure) ||
            g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
            continue;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }

    return TRUE;
}

static gboolean
fill(DrvScope *self, CorralGroup *whole, pid_t pid, GError **error)
{
    const char *path = corral_group_get_path(whole);

    g_autoptr(GError) failure = NULL;

    drv_owner_sign(whole);
    /* Where there are no labels nobody could tell why it is frozen. */
    if (corral_group_set_label(whole, LABEL_HELD, "yes", NULL) &&
        !corral_group_freeze(whole, FREEZE_PATIENCE_MS, &failure))
        drv_error_log(g_steal_pointer(&failure), guest_get_name(self->guest),
                      "keep it waiting until its group is complete");

    self->late = !is_before_exec(pid);
    self->group = drv_group_fill(self->host, path, self->guest, error);
    return self->group && gather(self, error);
}

/* It must not run, and frozen it cannot be told. */
static void
end_it(DrvScope *self, CorralGroup *whole)
{
    g_autoptr(GError) error = NULL;

    if (!corral_group_kill(whole, KILL_PATIENCE_MS, &error))
        drv_error_log(g_steal_pointer(&error), guest_get_name(self->guest), "end it");
}

static void
take(DrvScope *self, const char *path, pid_t pid)
{
    g_autofree char *holder = NULL;
    g_autoptr(CorralGroup) whole = NULL;

    self->tried = TRUE;
    whole = corral_group_open(self->host, path, DRV_GROUP_CONTROLLERS, &self->error);
    if (!whole)
        return;

    if (!drv_claim_take_path(self->claim, path, &holder))
        g_set_error(&self->error, CORRAL_ERROR, CORRAL_ERROR_BUSY,
                    "group '%s' is in use by guest %s", path, holder);
    else if (fill(self, whole, pid, &self->error)) {
        drv_review_group(whole, guest_get_name(self->guest));
        self->threads = drv_threads_watch(self->group, self->birth, self->guest);
    }
    if (self->error)
        end_it(self, whole);
    VIR_INFO("corral: guest '%s', process %d, is at home in '%s', %s", guest_get_name(self->guest),
             (int)pid, path, self->late ? "late" : "before its first instruction");
    let_go(whole);
}

/* Of those that are held: the first gets us the scope, and all are in there before they go on. */
static void
look_at_held(DrvScope *self)
{
    int errnum;
    pid_t pid;

    for (; drv_birth_get(self->birth, self->released, &pid, &errnum); self->released++) {
        g_autofree char *path = NULL;

        if (!self->tried) {
            self->tried = TRUE;
            path = drv_scope_make(self->host, self->guest, pid, &self->error);
            if (path)
                take(self, path, pid);
        } else if (self->group && !gather(self, &self->error)) {
            end_it(self, drv_group_get_whole(self->group));
        }
        /* Refused, it must not run. */
        if (self->error)
            kill(pid, SIGKILL);
        drv_birth_release_one(self->birth, self->released);
    }
}

static void
look(DrvScope *self)
{
    int errnum;
    pid_t pid;
    guint i;

    if (self->own) {
        look_at_held(self);
        return;
    }
    for (i = 0; !self->tried && drv_birth_get(self->birth, i, &pid, &errnum); i++) {
        g_autofree char *path = drv_scope_find(self->host, pid, guest_get_driver(self->guest));

        if (path)
            take(self, path, pid);
    }
}

static gint64
follow(gpointer data)
{
    DrvScope *self = data;

    look(self);
    return self->own || !self->tried ? LOOK_US : 0;
}

DrvScope *
drv_scope_begin(CorralHost *host, const Guest *guest, DrvClaim *claim, GError **error)
{
    char *nowhere[] = {NULL};
    DrvBirth *birth = drv_birth_new(nowhere);
    DrvScope *self;

    if (!birth) {
        g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                            "cannot share memory with it");
        return NULL;
    }

    self = g_new0(DrvScope, 1);
    self->host = host;
    self->guest = guest;
    self->claim = claim;
    self->birth = birth;
    /* Whether libvirt will ask it, which it finds out once. */
    self->own = virSystemdHasMachined() < 0;
    /* Without it the last look does all the work, and the log tells that it was late. */
    if (self->own)
        drv_birth_hold(birth);
    self->lookout = drv_lookout_begin("corral-scope", follow, self);
    if (!self->lookout)
        drv_birth_release(birth);
    drv_birth_arm(birth);
    return self;
}

gboolean
drv_scope_is_own(const DrvScope *self)
{
    return self->own;
}

static void
scope_free(DrvScope *self)
{
    drv_birth_free(self->birth);
    g_clear_error(&self->error);
    g_free(self);
}

DrvGroup *
drv_scope_end(DrvScope *self, gboolean ran, GError **error)
{
    DrvGroup *group;

    drv_birth_disarm();
    drv_birth_release(self->birth);
    drv_lookout_end(self->lookout);

    if (ran)
        look(self);
    if (self->threads)
        drv_threads_watch_end(self->threads, ran ? error : NULL);
    if (self->error)
        g_propagate_error(error, g_steal_pointer(&self->error));
    else if (ran && self->late)
        VIR_WARN("corral: guest '%s' ran before its limits were in force",
                 guest_get_name(self->guest));

    group = self->group;
    scope_free(self);
    return group;
}
