/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group with the number of the guest's run in its name.
 *
 * libvirt draws the number when the start is under way, and no call tells it before that is over.
 * But it saves the guest's status before there is a process: with the number of the run, and with
 * 0 for that of the process.  A file like that which was not there when the start began is about
 * this very start.  So whoever is born is held until it has been read and the group has been made,
 * goes there, and only then goes on.
 *
 * It must not take long: libvirt waits, and a daemon that is killed meanwhile would look for
 * process 0 when it comes back.  Helpers that are born before the status is saved are not held, and
 * are brought in with QEMU.
 */
#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "drv-birth.h"
#include "drv-error.h"
#include "drv-layout.h"
#include "drv-libvirt.h"
#include "drv-lookout.h"
#include "drv-numbered.h"
#include "drv-threads.h"

VIR_LOG_INIT("corral.numbered");

#define LOOK_US 500

struct _DrvNumbered {
    CorralHost *host;
    const Guest *guest;
    DrvClaim *claim;
    char *file;         /* where libvirt saves the guest's status */
    struct stat before; /* what that was when the start began; zeros if there was none */
    DrvBirth *birth;
    DrvGroup *group;
    CorralGroup *whole;    /* its own, and the watch may use the rest of it */
    CorralGroup *emulator; /* likewise; NULL where threads cannot be told apart */
    DrvThreadsWatch *threads;
    guint released; /* those born that have been let go, in order */
    guint gathered; /* those that have been brought in */
    GError *error;  /* why the guest must not run */
    DrvLookout *lookout;
};

/* libvirt prints it, so it is plain: what is its own comes before <domain>, which is the
 * first that a user could have written. */
int
drv_numbered_parse_run(const char *status, pid_t pid)
{
    static const char start[] = "\n  <domain ";
    g_autofree char *whose = g_strdup_printf(" pid='%d'>", (int)pid);
    const char *head = strstr(status, "<domstatus ");
    const char *head_end = head ? strchr(head, '\n') : NULL;
    const char *domain = strstr(status, start);
    const char *domain_end = domain ? strchr(domain, '>') : NULL;
    const char *id;

    if (!head_end || !domain_end || head > domain ||
        !g_strrstr_len(head, head_end + 1 - head, whose))
        return 0;

    id = g_strstr_len(domain, domain_end - domain, " id='");
    return id ? (int)CLAMP(g_ascii_strtoll(id + strlen(" id='"), NULL, 10), 0, G_MAXINT) : 0;
}

static void
look_at_file(const DrvNumbered *self, struct stat *st)
{
    if (stat(self->file, st) < 0)
        memset(st, 0, sizeof(*st));
}

/* libvirt replaces the file whenever it saves.  0 if it has not done so yet. */
static int
read_run(DrvNumbered *self)
{
    g_autofree char *status = NULL;
    struct stat now;

    look_at_file(self, &now);
    if (now.st_ino == self->before.st_ino && now.st_ctim.tv_sec == self->before.st_ctim.tv_sec &&
        now.st_ctim.tv_nsec == self->before.st_ctim.tv_nsec)
        return 0;
    return g_file_get_contents(self->file, &status, NULL, NULL) ? drv_numbered_parse_run(status, 0)
                                                                : 0;
}

/* A process that has ended meanwhile needs no place. */
static gboolean
bring_in(DrvNumbered *self, pid_t pid, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if ((corral_group_attach_process(self->whole, pid, &failure) &&
         (!self->emulator || corral_group_attach_process(self->emulator, pid, &failure))) ||
        g_error_matches(failure, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND))
        return TRUE;

    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
gather(DrvNumbered *self, GError **error)
{
    int errnum;
    pid_t pid;

    for (; drv_birth_get(self->birth, self->gathered, &pid, &errnum); self->gathered++) {
        if (!bring_in(self, pid, error))
            return FALSE;
    }
    return TRUE;
}

static DrvGroup *
make_group(DrvNumbered *self, int run, GError **error)
{
    g_autofree char *path = drv_layout_build_path(self->guest, run, error);
    g_autofree char *holder = NULL;

    if (!path)
        return NULL;
    if (!drv_claim_take_path(self->claim, path, &holder)) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY, "group '%s' is in use by guest %s",
                    path, holder);
        return NULL;
    }
    return drv_group_make(self->host, path, self->guest, error);
}

static void
receive(DrvNumbered *self, int run)
{
    self->group = make_group(self, run, &self->error);
    if (!self->group)
        return;

    self->whole = drv_group_get_whole(self->group);
    self->emulator = drv_group_get_emulator(self->group);
    if (gather(self, &self->error))
        self->threads = drv_threads_watch(self->group, self->birth, self->guest);
}

static void
look(DrvNumbered *self)
{
    int errnum;
    pid_t pid;
    int run;

    for (; drv_birth_get(self->birth, self->released, &pid, &errnum); self->released++) {
        run = self->group || self->error ? 0 : read_run(self);
        if (run > 0)
            receive(self, run);
        else if (self->group && !self->error && !gather(self, &self->error))
            g_debug("process %d cannot be brought in", (int)pid);
        /* Refused, it must not run. */
        if (self->error)
            kill(pid, SIGKILL);
        drv_birth_release_one(self->birth, self->released);
    }
}

static gint64
follow(gpointer data)
{
    look(data);
    return LOOK_US;
}

static void
numbered_free(DrvNumbered *self)
{
    drv_birth_free(self->birth);
    g_clear_error(&self->error);
    g_free(self->file);
    g_free(self);
}

DrvNumbered *
drv_numbered_begin(CorralHost *host, const Guest *guest, DrvClaim *claim, GError **error)
{
    char *nowhere[] = {NULL};
    DrvNumbered *self = g_new0(DrvNumbered, 1);

    self->host = host;
    self->guest = guest;
    self->claim = claim;
    self->file = g_strdup_printf("%s/libvirt/%s/%s.xml", LIBVIRT_RUNSTATEDIR,
                                 guest_get_driver(guest), guest_get_name(guest));
    look_at_file(self, &self->before);
    self->birth = drv_birth_new(nowhere);
    if (self->birth)
        self->lookout = drv_lookout_begin("corral-numbered", follow, self);
    if (!self->lookout) {
        g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_FAILED,
                            "nobody can be spared to look after its start");
        numbered_free(self);
        return NULL;
    }

    drv_birth_hold(self->birth);
    drv_birth_arm(self->birth);
    return self;
}

DrvGroup *
drv_numbered_end(DrvNumbered *self, gboolean ran, GError **error)
{
    DrvGroup *group;

    drv_birth_disarm();
    drv_lookout_end(self->lookout);
    drv_birth_release(self->birth);

    if (self->threads)
        drv_threads_watch_end(self->threads, ran ? error : NULL);
    else if (ran && !self->error)
        g_set_error_literal(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND,
                            "libvirt did not tell the number of its run in time");
    if (self->error)
        g_propagate_error(error, g_steal_pointer(&self->error));

    group = self->group;
    numbered_free(self);
    return group;
}
