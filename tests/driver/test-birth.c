/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who enters the guest's group after a fork, and who does not.  Entrances are plain files here. */
#include <config.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drv-birth.h"

typedef struct {
    char *dir;
    char *entrances[3];
    DrvBirth *birth;
} Bed;

static void
set_up(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    guint i;

    bed->dir = g_dir_make_tmp("corral-birth-XXXXXX", &error);
    g_assert_no_error(error);
    for (i = 0; i < 2; i++) {
        bed->entrances[i] = g_strdup_printf("%s/%u", bed->dir, i);
        g_assert_true(g_file_set_contents(bed->entrances[i], "", 0, NULL));
    }
    bed->entrances[2] = NULL;
    bed->birth = drv_birth_new(bed->entrances);
    g_assert_nonnull(bed->birth);
}

static void
tear_down(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    guint i;

    drv_birth_free(bed->birth);
    for (i = 0; i < 2; i++) {
        g_unlink(bed->entrances[i]);
        g_free(bed->entrances[i]);
    }
    g_assert_cmpint(g_rmdir(bed->dir), ==, 0);
    g_free(bed->dir);
}

static void
assert_entered(Bed *bed, const char *text)
{
    guint i;

    for (i = 0; i < 2; i++) {
        g_autofree char *found = NULL;

        if (g_access(bed->entrances[i], F_OK) < 0)
            continue;
        g_assert_true(g_file_get_contents(bed->entrances[i], &found, NULL, NULL));
        g_assert_cmpstr(found, ==, text);
    }
}

/* Everything above standard error, as libvirt does between the two forks. */
static void
close_descriptors(int but)
{
    int fd;

    for (fd = STDERR_FILENO + 1; fd < 1024; fd++) {
        if (fd != but)
            close(fd);
    }
}

/* A daemon the way libvirt makes it.  Returns its process id when it has ended. */
static pid_t
start_daemon(void)
{
    int ends[2];
    pid_t child, daemon = 0;
    int status;

    g_assert_cmpint(pipe(ends), ==, 0);
    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        close_descriptors(ends[1]);
        if (fork() == 0) {
            daemon = getpid();
            _exit(write(ends[1], &daemon, sizeof(daemon)) == sizeof(daemon) ? 0 : 1);
        }
        _exit(0);
    }

    close(ends[1]);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(read(ends[0], &daemon, sizeof(daemon)), ==, sizeof(daemon));
    close(ends[0]);
    return daemon;
}

static void
start_helper(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

static void
test_daemon(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    pid_t first, second;
    pid_t pid;
    int errnum = -1;

    g_assert_false(drv_birth_get(bed->birth, 0, &pid, &errnum));
    drv_birth_arm(bed->birth);
    first = start_daemon();
    second = start_daemon();
    drv_birth_disarm();

    assert_entered(bed, "0");
    g_assert_true(drv_birth_get(bed->birth, 0, &pid, &errnum));
    g_assert_cmpint(pid, ==, first);
    g_assert_cmpint(errnum, ==, 0);
    g_assert_true(drv_birth_get(bed->birth, 1, &pid, &errnum));
    g_assert_cmpint(pid, ==, second);
    g_assert_false(drv_birth_get(bed->birth, 2, &pid, &errnum));
}

/* A child that is ours, as libvirt's helpers are. */
static void
test_helper(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    pid_t pid;
    int errnum;

    drv_birth_arm(bed->birth);
    start_helper();
    drv_birth_disarm();

    assert_entered(bed, "");
    g_assert_false(drv_birth_get(bed->birth, 0, &pid, &errnum));
}

static void
test_disarmed(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    pid_t pid;
    int errnum;

    start_daemon();
    drv_birth_arm(bed->birth);
    drv_birth_disarm();
    start_daemon();

    assert_entered(bed, "");
    g_assert_false(drv_birth_get(bed->birth, 0, &pid, &errnum));
}

static gpointer
start_daemon_there(gpointer data G_GNUC_UNUSED)
{
    start_daemon();
    return NULL;
}

/* Only the thread that starts the guest. */
static void
test_other_thread(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    pid_t pid;
    int errnum;

    drv_birth_arm(bed->birth);
    g_thread_join(g_thread_new("other", start_daemon_there, NULL));
    drv_birth_disarm();

    assert_entered(bed, "");
    g_assert_false(drv_birth_get(bed->birth, 0, &pid, &errnum));
}

/* A group that lets nobody in is told of; the other is entered all the same. */
static void
test_refused(Bed *bed, gconstpointer data)
{
    const guint missing = GPOINTER_TO_UINT(data);
    pid_t daemon, pid;
    int errnum = -1;

    g_assert_cmpint(g_unlink(bed->entrances[missing]), ==, 0);
    drv_birth_arm(bed->birth);
    daemon = start_daemon();
    drv_birth_disarm();

    assert_entered(bed, "0");
    g_assert_true(drv_birth_get(bed->birth, 0, &pid, &errnum));
    g_assert_cmpint(pid, ==, daemon);
    g_assert_cmpint(errnum, ==, ENOENT);
}

/* More daemons than there is room to remember, and more than would fit in a page. */
static void
test_many(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    pid_t pid;
    int errnum;
    guint i;

    drv_birth_arm(bed->birth);
    for (i = 0; i < 520; i++)
        start_daemon();
    drv_birth_disarm();

    for (i = 0; i < 30; i++)
        g_assert_true(drv_birth_get(bed->birth, i, &pid, &errnum));
    g_assert_false(drv_birth_get(bed->birth, 519, &pid, &errnum));
}

typedef struct {
    DrvBirth *birth;
    GMutex mutex;
    GCond changed;
    gboolean ended; /* the daemon; under the mutex */
    gboolean early;
    gboolean alone;
} Held;

/* Who does not wait for its release has ended long before. */
static gpointer
release_first(gpointer data)
{
    Held *held = data;
    gint64 deadline;
    pid_t pid;
    int errnum;

    while (!drv_birth_get(held->birth, 0, &pid, &errnum))
        g_thread_yield();

    deadline = g_get_monotonic_time() + 50 * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&held->mutex);
    while (!held->ended && g_cond_wait_until(&held->changed, &held->mutex, deadline))
        ;
    held->early = held->ended;
    g_mutex_unlock(&held->mutex);
    if (held->alone)
        drv_birth_release_one(held->birth, 0);
    else
        drv_birth_release(held->birth);
    return NULL;
}

/* Who is held runs nothing before its release, and who is born later runs at once; unless the
 * first one was released alone. */
static void
test_held(Bed *bed, gconstpointer alone)
{
    Held held = {.birth = bed->birth, .alone = alone != NULL};
    GThread *thread;

    drv_birth_hold(bed->birth);
    thread = g_thread_new("releases", release_first, &held);
    drv_birth_arm(bed->birth);
    start_daemon();
    g_mutex_lock(&held.mutex);
    held.ended = TRUE;
    g_cond_signal(&held.changed);
    g_mutex_unlock(&held.mutex);
    g_thread_join(thread);
    g_assert_false(held.early);

    if (held.alone)
        drv_birth_release(bed->birth);
    start_daemon();
    drv_birth_disarm();
    assert_entered(bed, "0");
}

#define MANY 100 /* more than can wait at a time */

typedef struct {
    DrvBirth *birth;
    pid_t seen[MANY];
    guint n;
} Attended;

static gpointer
attend(gpointer data)
{
    Attended *attended = data;
    int errnum;

    while (TRUE) {
        pid_t pid;

        drv_birth_await(attended->birth, attended->n);
        if (!drv_birth_has_claimed(attended->birth, attended->n))
            continue;
        while (!drv_birth_get(attended->birth, attended->n, &pid, &errnum)) {
            if (attended->n == MANY)
                return NULL;
            g_thread_yield();
        }
        attended->seen[attended->n] = pid;
        drv_birth_let_go(attended->birth, attended->n++);
    }
}

/* One after the other is seen and let go, for good; and nobody is held any more in the end. */
static void
test_endless(void)
{
    g_autoptr(DrvBirth) birth = drv_birth_new_endless();
    Attended attended = {.birth = birth};
    const gint64 start = g_get_monotonic_time();
    pid_t born[MANY];
    GThread *thread;
    guint i;

    g_assert_nonnull(birth);
    thread = g_thread_new("attends", attend, &attended);
    drv_birth_arm(birth);
    for (i = 0; i < MANY; i++)
        born[i] = start_daemon();
    drv_birth_end(birth);
    g_thread_join(thread);
    start_daemon();
    drv_birth_disarm();

    g_assert_cmpuint(attended.n, ==, MANY);
    for (i = 0; i < MANY; i++)
        g_assert_cmpint(attended.seen[i], ==, born[i]);
    /* Who is not let go waits for ten. */
    g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_TIME_SPAN_SECOND);
}

/* A forked child that is itself a daemon of daemons: errno is its own business. */
static void
test_errno(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    pid_t child;
    int status;

    g_assert_cmpint(g_unlink(bed->entrances[0]), ==, 0);
    drv_birth_arm(bed->birth);
    child = fork();
    if (child == 0) {
        pid_t grandchild;

        errno = EXDEV;
        grandchild = fork();
        if (grandchild == 0)
            _exit(errno == EXDEV ? 0 : 1);
        if (waitpid(grandchild, &status, 0) != grandchild || !WIFEXITED(status))
            _exit(2);
        _exit(WEXITSTATUS(status));
    }
    drv_birth_disarm();
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(drv_birth_init(), ==, 0);
    /* A second handler would enter twice. */
    g_assert_cmpint(drv_birth_init(), ==, 0);

    g_test_add("/birth/daemon", Bed, NULL, set_up, test_daemon, tear_down);
    g_test_add("/birth/helper", Bed, NULL, set_up, test_helper, tear_down);
    g_test_add("/birth/disarmed", Bed, NULL, set_up, test_disarmed, tear_down);
    g_test_add("/birth/other-thread", Bed, NULL, set_up, test_other_thread, tear_down);
    g_test_add("/birth/refused/first", Bed, GUINT_TO_POINTER(0), set_up, test_refused, tear_down);
    g_test_add("/birth/refused/last", Bed, GUINT_TO_POINTER(1), set_up, test_refused, tear_down);
    g_test_add("/birth/many", Bed, NULL, set_up, test_many, tear_down);
    g_test_add("/birth/held", Bed, NULL, set_up, test_held, tear_down);
    g_test_add_func("/birth/endless", test_endless);
    g_test_add("/birth/held-alone", Bed, "alone", set_up, test_held, tear_down);
    g_test_add("/birth/errno", Bed, NULL, set_up, test_errno, tear_down);

    return g_test_run();
}
