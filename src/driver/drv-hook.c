/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What runs is somebody else's program, of which nothing is known.  It may not read what it is
 * given, say more than anybody wants to know, start what outlives it, or never end.  So nothing
 * here waits for it alone, what it says is cut off, and when its time is over it is killed with all
 * that is in its process group.
 *
 * libvirt's own virCommand has no notion of time, and GSubprocess none of how much may be said.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

#include "drv-hook.h"
#include "drv-libvirt.h"

VIR_LOG_INIT("corral.hook");

#define AT_A_TIME 4
#define MOST_QUEUED 64

/* Of what it says so much is logged. */
#define MOST_SAID 2048

/* How often to see whether it has ended: its output may go on with somebody it has started. */
#define LOOK_MS 50

struct _DrvHook {
    char *program;
    gint64 bound_us;
    GThreadPool *pool;
    gint ending;     /* atomic */
    gint complained; /* atomic: that it may not be executed, or too much is queued */
};

typedef struct {
    char *argv[6]; /* of the program; NULL-terminated */
    char *xml;
} Call;

static void
call_free(Call *self)
{
    gsize i;

    for (i = 0; self->argv[i]; i++)
        g_free(self->argv[i]);
    g_free(self->xml);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Call, call_free)

/* One that runs. */
typedef struct {
    pid_t pid;
    int input;  /* ours to write; -1: all is written, or nobody reads it */
    int output; /* ours to read; -1: it has ended */
    const char *left;
    gsize n_left;
    char said[MOST_SAID];
    gsize n_said;
} Run;

static void
run_clear(Run *self)
{
    if (self->input >= 0)
        close(self->input);
    if (self->output >= 0)
        close(self->output);
    self->input = self->output = -1;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* ---- its beginning ---- */

/* In the child, which runs with a copy of a process that had other threads: calls to the kernel and
 * nothing else.  libvirtd's signals are not the script's, and what it says is one stream. */
static void
set_apart(gpointer user_data G_GNUC_UNUSED)
{
    sigset_t none;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    setsid();
    dup2(STDOUT_FILENO, STDERR_FILENO);
}

/* What libvirt gives its own hooks: what it has itself of these, and English. */
static char **
make_environment(void)
{
    static const char *const passed[] = {"PATH", "HOME", "USER", "LOGNAME", "TMPDIR"};
    char **environment = g_environ_setenv(NULL, "LC_ALL", "C", TRUE);
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(passed); i++) {
        const char *value = g_getenv(passed[i]);

        if (value)
            environment = g_environ_setenv(environment, passed[i], value, TRUE);
    }
    if (!g_environ_getenv(environment, "PATH"))
        environment = g_environ_setenv(environment, "PATH", "/bin:/usr/bin", TRUE);
    return environment;
}

static gboolean
begin(Run *self, const Call *call, GError **error)
{
    g_auto(GStrv) environment = make_environment();

    if (!g_spawn_async_with_pipes("/", (char **)call->argv, environment,
                                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES, set_apart,
                                  NULL, &self->pid, &self->input, &self->output, NULL, error))
        return FALSE;

    self->left = call->xml;
    self->n_left = strlen(call->xml);
    return g_unix_set_fd_nonblocking(self->input, TRUE, error) &&
           g_unix_set_fd_nonblocking(self->output, TRUE, error);
}

/* ---- while it runs ---- */

static void
close_one(int *fd)
{
    close(*fd);
    *fd = -1;
}

/* The daemon ignores SIGPIPE: a script need not read. */
static void
give(Run *self)
{
    ssize_t n = write(self->input, self->left, self->n_left);

    if (n >= 0) {
        self->left += n;
        self->n_left -= n;
    }
    if ((n < 0 && errno != EAGAIN && errno != EINTR) || self->n_left == 0)
        close_one(&self->input);
}

/* Also what nobody wants to know is read, or the script would wait for us. */
static void
hear(Run *self)
{
    char rest[4096];
    const gboolean full = self->n_said == sizeof(self->said);
    ssize_t n =
        full ? read(self->output, rest, sizeof(rest))
             : read(self->output, self->said + self->n_said, sizeof(self->said) - self->n_said);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_one(&self->output);
    else if (n > 0 && !full)
        self->n_said += n;
}

/* Whatever is ready, or nothing for a moment. */
static void
exchange(Run *self, int wait_ms)
{
    struct pollfd fds[] = {
        {.fd = self->input, .events = POLLOUT},
        {.fd = self->output, .events = POLLIN},
    };

    if (poll(fds, G_N_ELEMENTS(fds), wait_ms) <= 0)
        return;
    if (fds[0].revents)
        give(self);
    if (fds[1].revents)
        hear(self);
}

/* FALSE: it had to be ended.  *@status: as from waitpid(). */
static gboolean
attend(DrvHook *hook, Run *self, int *status)
{
    const gint64 until_us = g_get_monotonic_time() + hook->bound_us;

    while (waitpid(self->pid, status, WNOHANG) == 0) {
        if (g_get_monotonic_time() >= until_us || g_atomic_int_get(&hook->ending)) {
            kill(-self->pid, SIGKILL);
            while (waitpid(self->pid, status, 0) < 0 && errno == EINTR)
                continue;
            return FALSE;
        }
        exchange(self, LOOK_MS);
    }

    /* The last that it said. */
    while (self->output >= 0 && self->n_said < sizeof(self->said)) {
        const gsize before = self->n_said;

        exchange(self, 0);
        if (self->n_said == before)
            break;
    }
    return TRUE;
}

/* ---- what became of it ---- */

/* On one line, and nothing but text: a script must not forge a log. */
static char *
dup_said(const Run *self)
{
    g_autofree char *text = g_utf8_make_valid(self->said, self->n_said);
    char *p;

    g_strchomp(text);
    for (p = text; *p; p++) {
        if (g_ascii_iscntrl(*p))
            *p = ' ';
    }
    return g_strdup_printf("%s%s%s", *text ? ": " : "", text,
                           self->n_said == sizeof(self->said) ? "..." : "");
}

static void
judge(const DrvHook *hook, const Run *self, const Call *call, gboolean in_time, int status)
{
    g_autofree char *said = dup_said(self);
    g_autofree char *line = g_strdup_printf("hook '%s' for guest '%s', %s", hook->program,
                                            call->argv[1], call->argv[2]);

    if (!in_time)
        VIR_WARN("corral: %s: not done in %d s, so it was killed%s", line,
                 (int)(hook->bound_us / G_TIME_SPAN_SECOND), said);
    else if (WIFSIGNALED(status))
        VIR_WARN("corral: %s: killed by signal %d%s", line, WTERMSIG(status), said);
    else if (WEXITSTATUS(status) != 0)
        VIR_WARN("corral: %s: exit status %d%s", line, WEXITSTATUS(status), said);
    else
        VIR_INFO("corral: %s: done%s", line, said);
}

static void
work(gpointer data, gpointer opaque)
{
    g_autoptr(Call) call = data;
    DrvHook *hook = opaque;
    g_auto(Run) run = {.pid = 0, .input = -1, .output = -1};
    g_autoptr(GError) error = NULL;
    int status = 0;
    gboolean in_time;

    if (g_atomic_int_get(&hook->ending))
        return;
    if (!begin(&run, call, &error)) {
        VIR_WARN("corral: cannot run hook '%s': %s", hook->program, error->message);
        if (run.pid == 0)
            return;
    }
    in_time = attend(hook, &run, &status);
    if (!g_atomic_int_get(&hook->ending))
        judge(hook, &run, call, in_time, status);
}

/* ---- who calls it ---- */

DrvHook *
drv_hook_new(const char *program, gint64 bound_us)
{
    DrvHook *self = g_new0(DrvHook, 1);

    self->program = g_strdup(program);
    self->bound_us = bound_us;
    self->pool = g_thread_pool_new(work, self, AT_A_TIME, FALSE, NULL);
    return self;
}

void
drv_hook_free(DrvHook *self)
{
    if (!self)
        return;

    g_atomic_int_set(&self->ending, TRUE);
    g_thread_pool_free(self->pool, FALSE, TRUE);
    g_free(self->program);
    g_free(self);
}

gboolean
drv_hook_exists(const DrvHook *self)
{
    return access(self->program, F_OK) == 0;
}

/* Once until it is right again. */
static gboolean
complain(DrvHook *self, const char *what)
{
    if (g_atomic_int_compare_and_exchange(&self->complained, FALSE, TRUE))
        VIR_WARN("corral: hook '%s' is not called: %s", self->program, what);
    return FALSE;
}

static gboolean
can_be_called(DrvHook *self)
{
    if (!drv_hook_exists(self))
        return FALSE;
    if (access(self->program, X_OK) < 0)
        return complain(self, "it is not executable");
    if (g_thread_pool_unprocessed(self->pool) >= MOST_QUEUED)
        return complain(self, "too many calls wait for it");

    g_atomic_int_set(&self->complained, FALSE);
    return TRUE;
}

void
drv_hook_call(DrvHook *self, const char *guest, const char *operation, const char *sub_operation,
              const char *extra, const char *xml)
{
    Call *call;

    if (!can_be_called(self))
        return;

    call = g_new0(Call, 1);
    call->argv[0] = g_strdup(self->program);
    call->argv[1] = g_strdup(guest);
    call->argv[2] = g_strdup(operation);
    call->argv[3] = g_strdup(sub_operation);
    call->argv[4] = g_strdup(extra && *extra ? extra : "-");
    call->xml = g_strdup(xml ? xml : "");
    g_thread_pool_push(self->pool, call, NULL);
}
