/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests on the real kernel are made of. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel-bed.h"

static const char *base;
static CorralHost *host;

/* ---- the other programs ---- */

static gpointer
be_a_thread(gpointer data)
{
    GAsyncQueue *started = data;

    g_async_queue_push(started, GINT_TO_POINTER((int)syscall(SYS_gettid)));
    while (TRUE)
        pause();
    return NULL;
}

/* Says its two threads' ids, and ends with its standard input. */
static int
be_threads(void)
{
    GAsyncQueue *started = g_async_queue_new();
    char byte;
    int i;

    for (i = 0; i < 2; i++) {
        g_thread_unref(g_thread_new("vcpu", be_a_thread, started));
        printf("%d\n", GPOINTER_TO_INT(g_async_queue_pop(started)));
    }
    fflush(stdout);
    return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}

static int ended;

static gpointer
wait_for_end(gpointer data G_GNUC_UNUSED)
{
    char byte;

    (void)!read(STDIN_FILENO, &byte, 1);
    g_atomic_int_set(&ended, 1);
    return NULL;
}

/*
 * A family of 50 that replaces its dead, and ten that run from one process to
 * the next.  Bounded, so that a failed test does not take the machine along.
 */
static int
be_respawning(void)
{
    int generations;
    int born;
    int i;

    for (i = 0; i < 10; i++) {
        if (fork() != 0)
            continue;
        for (generations = 0; generations < 2000; generations++) {
            if (fork() != 0)
                _exit(0);
        }
        _exit(0);
    }

    for (born = 0; born < 2000; born++) {
        if (born >= 50)
            wait(NULL);
        else if (born == 49)
            puts("ready");
        fflush(stdout);
        if (fork() == 0) {
            pause();
            _exit(0);
        }
    }
    return 0;
}

/* Works for nothing until its standard input ends. */
static int
be_busy(void)
{
    GThread *waits = g_thread_new("busy", wait_for_end, NULL);

    while (!g_atomic_int_get(&ended))
        ;
    g_thread_join(waits);
    return 0;
}

/*
 * Uses as many MiB of memory as a line of its standard input says, and says so.  The
 * first to be killed, should it be more than the machine has.
 */
static int
be_using_memory(void)
{
    const gsize mib = 1 << 20;
    const gsize most = 1024;
    char *area = mmap(NULL, most * mib, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    FILE *score = fopen("/proc/self/oom_score_adj", "we");
    char line[64];

    if (area == MAP_FAILED || !score || fputs("1000", score) < 0 || fclose(score) != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        gsize wanted = MIN(g_ascii_strtoull(line, NULL, 10), most);

        memset(area, 1, wanted * mib);
        if (wanted < most)
            madvise(area + wanted * mib, (most - wanted) * mib, MADV_DONTNEED);
        fputs(line, stdout);
        fflush(stdout);
    }

    return 0;
}

/* ---- what the tests are made of ---- */

/* Between fork and exec: open(2) and write(2) are all there is. */
static void
enter(char *const *entrances)
{
    gsize i;

    for (i = 0; entrances && entrances[i]; i++) {
        int fd = open(entrances[i], O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, "0", 1) != 1)
            _exit(99);
        close(fd);
    }
}

/* This program again, as @what; born in @entrances if there are any. */
BedProcess
bed_start(const char *what, char *const *entrances)
{
    int in[2];
    int out[2];
    BedProcess process;

    g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
    process.pid = fork();
    g_assert_cmpint(process.pid, >=, 0);
    if (process.pid == 0) {
        enter(entrances);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execl("/proc/self/exe", "kernel-bed", what, NULL);
        _exit(98);
    }
    close(in[0]);
    close(out[1]);
    process.in = in[1];
    process.out = fdopen(out[0], "re");
    return process;
}

char *
bed_read_line(BedProcess *process)
{
    char line[64];

    g_assert_nonnull(fgets(line, sizeof(line), process->out));
    return g_strchomp(g_strdup(line));
}

int
bed_end(BedProcess *process)
{
    int status;

    close(process->in);
    fclose(process->out);
    g_assert_cmpint(waitpid(process->pid, &status, 0), ==, process->pid);
    return status;
}

char *
bed_path(const char *path)
{
    return g_strconcat(base, "/", path, NULL);
}

CorralGroup *
bed_make(const char *path, CorralControllers controllers)
{
    g_autofree char *full = bed_path(path);
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, full, controllers, CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

CorralGroup *
bed_make_or_skip(const char *path, CorralController controller)
{
    g_autofree char *why = NULL;

    if (corral_host_get_controllers(host) & CORRAL_CONTROLLER_BIT(controller))
        return bed_make(path, CORRAL_CONTROLLER_BIT(controller));

    why = g_strdup_printf("nobody serves '%s'", corral_controller_get_name(controller));
    g_test_skip(why);
    return NULL;
}

void
bed_assert_answer(gboolean done, const GError *error, int code)
{
    if (code == BED_ACCEPTED) {
        g_assert_no_error(error);
        g_assert_true(done);
        return;
    }
    g_assert_error(error, CORRAL_ERROR, code);
    g_assert_false(done);
}

CorralGroup *
bed_make_child(CorralGroup *group, const char *name)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *child = corral_group_make_threaded(group, name, &error);

    g_assert_no_error(error);
    return child;
}

void
bed_remove(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    gboolean removed = corral_group_remove(group, BED_PATIENCE_MS, &error);

    g_assert_no_error(error);
    g_assert_true(removed);
}

void
bed_assert_nothing_left(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group = corral_group_open(host, base, CORRAL_CONTROLLERS_ALL, &error);

    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_null(group);
}

/*
 * Where @id is, for each of @group's controllers: in @child for those that know
 * threads.  The unified hierarchy has one answer for all of them.
 */
void
bed_assert_where(pid_t id, CorralGroup *group, CorralGroup *child)
{
    CorralControllers controllers = corral_group_get_controllers(group);
    CorralControllers threaded = child ? corral_group_get_controllers(child) : 0;
    guint i;

    for (i = 0; i < CORRAL_N_CONTROLLERS; i++) {
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;

        if (!(controllers & CORRAL_CONTROLLER_BIT(i)))
            continue;
        path = corral_host_find_process(host, i, id, &error);
        g_assert_no_error(error);
        if (threaded & CORRAL_CONTROLLER_BIT(i))
            g_assert_cmpstr(path, ==, corral_group_get_path(child));
        else
            g_assert_true(g_str_has_prefix(path, corral_group_get_path(group)));
    }
}

/* Where the kernel keeps @controller of the group; NULL if nobody serves it. */
char *
bed_dir(const char *path, CorralController controller)
{
    g_autofree char *full = bed_path(path);
    g_autoptr(CorralGroup) group =
        corral_group_make(host, full, CORRAL_CONTROLLER_BIT(controller), CORRAL_MAKE_NONE, NULL);
    g_auto(GStrv) entrances = group ? corral_group_list_entrances(group, NULL) : NULL;

    return entrances ? g_path_get_dirname(entrances[0]) : NULL;
}

gboolean
bed_is_legacy(const char *dir)
{
    g_autofree char *tasks = g_build_filename(dir, "tasks", NULL);

    return g_file_test(tasks, G_FILE_TEST_EXISTS);
}

void
bed_put(const char *dir, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    int fd = open(name, O_WRONLY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
    close(fd);
}

char *
bed_get(const char *dir, const char *file)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    char *text = NULL;

    return g_file_get_contents(name, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

CorralHost *
bed_get_host(void)
{
    return host;
}

int
bed_run(int argc, char **argv, void (*add_tests)(void))
{
    g_autoptr(GError) error = NULL;
    int status;

    if (argc == 2 && g_str_equal(argv[1], "--threads"))
        return be_threads();
    if (argc == 2 && g_str_equal(argv[1], "--respawn"))
        return be_respawning();
    if (argc == 2 && g_str_equal(argv[1], "--busy"))
        return be_busy();
    if (argc == 2 && g_str_equal(argv[1], "--memory"))
        return be_using_memory();

    g_test_init(&argc, &argv, NULL);
    if (argc != 2) {
        fprintf(stderr, "usage: %s BASE\n", g_get_prgname());
        return 2;
    }
    if (geteuid() != 0) {
        puts("SKIP: needs root");
        return 77;
    }
    base = argv[1];
    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    if (!host) {
        printf("SKIP: %s\n", error->message);
        return 77;
    }

    add_tests();
    status = g_test_run();
    g_clear_object(&host);
    return status;
}
