/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library on the kernel we run on, whichever interface serves what.
 *
 *   group-root BASE        BASE is a group that is not there; all happens below it
 *   group-root --threads   a process with threads, as the tests need one
 *   group-root --respawn   one that will not die easily
 *
 * Whoever starts it removes what a crash leaves below BASE (see test-group.sh).
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "corral.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* What a guest gets. */
#define GUEST                                                                                      \
    (BIT(CPU) | BIT(CPUACCT) | BIT(CPUSET) | BIT(MEMORY) | BIT(IO) | BIT(DEVICES) | BIT(FREEZER) | \
     BIT(PIDS))

/* No test waits longer than this for the kernel. */
#define PATIENCE_MS 30000

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

/* ---- what the tests are made of ---- */

typedef struct {
    pid_t pid;
    int in; /* keeps it alive */
    FILE *out;
} Process;

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
static Process
start(const char *what, char *const *entrances)
{
    int in[2];
    int out[2];
    Process process;

    g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
    process.pid = fork();
    g_assert_cmpint(process.pid, >=, 0);
    if (process.pid == 0) {
        enter(entrances);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execl("/proc/self/exe", "group-root", what, NULL);
        _exit(98);
    }
    close(in[0]);
    close(out[1]);
    process.in = in[1];
    process.out = fdopen(out[0], "re");
    return process;
}

static char *
read_line(Process *process)
{
    char line[64];

    g_assert_nonnull(fgets(line, sizeof(line), process->out));
    return g_strchomp(g_strdup(line));
}

static int
end(Process *process)
{
    int status;

    close(process->in);
    fclose(process->out);
    g_assert_cmpint(waitpid(process->pid, &status, 0), ==, process->pid);
    return status;
}

static char *
below_base(const char *path)
{
    return g_strconcat(base, "/", path, NULL);
}

static CorralGroup *
make(const char *path, CorralControllers controllers)
{
    g_autofree char *full = below_base(path);
    g_autoptr(GError) error = NULL;
    CorralGroup *group = corral_group_make(host, full, controllers, CORRAL_MAKE_NEW, &error);

    g_assert_no_error(error);
    return group;
}

static CorralGroup *
make_child(CorralGroup *group, const char *name)
{
    g_autoptr(GError) error = NULL;
    CorralGroup *child = corral_group_make_threaded(group, name, &error);

    g_assert_no_error(error);
    return child;
}

static void
remove_group(CorralGroup *group)
{
    g_autoptr(GError) error = NULL;
    gboolean removed = corral_group_remove(group, PATIENCE_MS, &error);

    g_assert_no_error(error);
    g_assert_true(removed);
}

static void
assert_nothing_left(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralGroup) group = corral_group_open(host, base, ~(CorralControllers)0, &error);

    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    g_assert_null(group);
}

/*
 * Where @id is, for each of @group's controllers: in @child for those that know
 * threads.  The unified hierarchy has one answer for all of them.
 */
static void
assert_where(pid_t id, CorralGroup *group, CorralGroup *child)
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

/* ---- tests ---- */

static void
test_born(void)
{
    g_autoptr(CorralGroup) group = make("born/web/g", GUEST);
    g_autoptr(CorralGroup) emulator = make_child(group, "emulator");
    g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
    Process process = start("--threads", entrances);
    g_autofree char *first = read_line(&process);
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes = 0;

    assert_where(process.pid, group, emulator);
    assert_where(g_ascii_strtoll(first, NULL, 10), group, emulator);

    ids = corral_group_list_threads(emulator, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 3);

    /* It has run all of its life on the group's account. */
    if (corral_group_get_controllers(group) & BIT(MEMORY)) {
        g_assert_true(corral_group_get_memory_usage(group, &bytes, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(bytes, >, 0);
    }

    g_assert_false(corral_group_remove(group, 0, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_BUSY);
    g_assert_cmpint(end(&process), ==, 0);
    remove_group(group);
    assert_nothing_left();
}

static void
test_threads(void)
{
    g_autoptr(CorralGroup) group = make("g", GUEST);
    g_autoptr(CorralGroup) emulator = make_child(group, "emulator");
    g_autoptr(CorralGroup) vcpu0 = make_child(group, "vcpu0");
    g_autoptr(CorralGroup) vcpu1 = make_child(group, "vcpu1");
    CorralGroup *vcpu[] = {vcpu0, vcpu1};
    g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
    g_auto(GStrv) children = NULL;
    g_autofree char *joined = NULL;
    Process process = start("--threads", entrances);
    g_autoptr(GError) error = NULL;
    int i;

    for (i = 0; i < 2; i++) {
        g_autofree char *line = read_line(&process);
        pid_t tid = g_ascii_strtoll(line, NULL, 10);
        g_autoptr(GArray) ids = NULL;

        g_assert_true(corral_group_attach_thread(vcpu[i], tid, &error));
        g_assert_no_error(error);
        ids = corral_group_list_threads(vcpu[i], &error);
        g_assert_no_error(error);
        g_assert_cmpuint(ids->len, ==, 1);
        g_assert_cmpint(g_array_index(ids, pid_t, 0), ==, tid);
        assert_where(tid, group, vcpu[i]);
    }
    assert_where(process.pid, group, emulator);

    children = corral_group_list_children(group, &error);
    g_assert_no_error(error);
    joined = g_strjoinv(" ", children);
    g_assert_cmpstr(joined, ==, "emulator vcpu0 vcpu1");

    g_assert_true(corral_group_kill(group, PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_cmpint(WTERMSIG(end(&process)), ==, SIGKILL);
    remove_group(group);
    assert_nothing_left();
}

static void
test_attach(void)
{
    g_autoptr(CorralGroup) group = make("g", GUEST);
    Process process = start("--threads", NULL);
    g_autofree char *line = read_line(&process);
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    pid_t pid = process.pid;

    g_assert_true(corral_group_attach_process(group, pid, &error));
    g_assert_no_error(error);
    assert_where(pid, group, NULL);
    ids = corral_group_list_processes(group, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 1);

    g_assert_cmpint(end(&process), ==, 0);
    g_assert_false(corral_group_attach_process(group, pid, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND);
    remove_group(group);
    assert_nothing_left();
}

/* Where the kernel keeps @controller of the group; NULL if nobody serves it. */
static char *
dir_of(const char *path, CorralController controller)
{
    g_autofree char *full = below_base(path);
    g_autoptr(CorralGroup) group =
        corral_group_make(host, full, CORRAL_CONTROLLER_BIT(controller), CORRAL_MAKE_NONE, NULL);
    g_auto(GStrv) entrances = group ? corral_group_list_entrances(group, NULL) : NULL;

    return entrances ? g_path_get_dirname(entrances[0]) : NULL;
}

static gboolean
is_legacy(const char *dir)
{
    g_autofree char *tasks = g_build_filename(dir, "tasks", NULL);

    return g_file_test(tasks, G_FILE_TEST_EXISTS);
}

static void
put(const char *dir, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    int fd = open(name, O_WRONLY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
    close(fd);
}

static char *
get(const char *dir, const char *file)
{
    g_autofree char *name = g_build_filename(dir, file, NULL);
    char *text = NULL;

    return g_file_get_contents(name, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

/* Below groups that somebody made by hand, with and without cgroup.clone_children. */
static void
test_cpuset(gconstpointer clone_children)
{
    g_autofree char *dir = dir_of("hand", CORRAL_CONTROLLER_CPUSET);
    g_autofree char *part = NULL;
    g_autoptr(CorralGroup) above = NULL;
    g_autoptr(CorralGroup) group = NULL;
    g_autoptr(CorralGroup) child = NULL;
    g_auto(GStrv) entrances = NULL;
    g_autofree char *line = NULL;
    g_autoptr(GError) error = NULL;
    Process process;

    if (!dir || !is_legacy(dir)) {
        g_test_skip("cpuset is not served by the legacy interface");
        goto clean;
    }

    put(dir, "cgroup.clone_children", clone_children);
    part = g_build_filename(dir, "part", NULL);
    g_assert_cmpint(mkdir(part, 0755), ==, 0);

    group = make("hand/part/g", BIT(CPUSET));
    child = make_child(group, "emulator");
    entrances = corral_group_list_entrances(group, child);
    process = start("--threads", entrances);
    line = read_line(&process);
    assert_where(process.pid, group, child);
    g_assert_cmpint(end(&process), ==, 0);
    remove_group(group);
    g_assert_cmpint(rmdir(part), ==, 0);

clean:
    if (dir) {
        g_autofree char *full = below_base("hand");

        above = corral_group_open(host, full, BIT(CPUSET), &error);
        g_assert_no_error(error);
        remove_group(above);
    }
    assert_nothing_left();
}

static void
test_values(void)
{
    static const struct {
        guint64 shares;
        const char *legacy;
        const char *unified;
    } shares[] = {
        {2, "2", "1"},
        {500, "500", "49"},
        {1024, "1024", "100"},
        {20000, "20000", "1953"},
        {262144, "262144", "10000"},
    };
    g_autofree char *cpu = dir_of("g", CORRAL_CONTROLLER_CPU);
    g_autofree char *memory = dir_of("g", CORRAL_CONTROLLER_MEMORY);
    g_autofree char *full = below_base("g");
    g_autoptr(CorralGroup) group = NULL;
    g_autofree char *text = NULL;
    g_autofree char *label = g_strnfill(3000, 'x');
    g_autofree char *read = NULL;
    g_autoptr(GError) error = NULL;
    guint64 value;
    gsize i;

    group = corral_group_open(host, full, GUEST, &error);
    g_assert_no_error(error);

    for (i = 0; cpu && i < G_N_ELEMENTS(shares); i++) {
        g_autofree char *file = get(cpu, is_legacy(cpu) ? "cpu.shares" : "cpu.weight");
        g_autofree char *now = NULL;

        g_assert_nonnull(file);
        g_assert_true(corral_group_set_cpu_shares(group, shares[i].shares, &error));
        g_assert_no_error(error);
        now = get(cpu, is_legacy(cpu) ? "cpu.shares" : "cpu.weight");
        g_assert_cmpstr(now, ==, is_legacy(cpu) ? shares[i].legacy : shares[i].unified);
        g_assert_true(corral_group_get_cpu_shares(group, &value, &error));
        g_assert_cmpuint(value, ==, shares[i].shares);
    }

    if (memory) {
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(value, ==, CORRAL_MEMORY_UNLIMITED);
        g_assert_true(corral_group_set_memory_limit(group, 64 << 20, &error));
        g_assert_no_error(error);
        text = get(memory, is_legacy(memory) ? "memory.limit_in_bytes" : "memory.max");
        g_assert_cmpstr(text, ==, "67108864");
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_cmpuint(value, ==, 64 << 20);
        g_assert_true(corral_group_set_memory_limit(group, CORRAL_MEMORY_UNLIMITED, &error));
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_cmpuint(value, ==, CORRAL_MEMORY_UNLIMITED);
        /* The most that can be said is as good as none. */
        g_assert_true(corral_group_set_memory_limit(group, G_MAXINT64, &error));
        g_assert_true(corral_group_get_memory_limit(group, &value, &error));
        g_assert_cmpuint(value, ==, CORRAL_MEMORY_UNLIMITED);
    }

    g_assert_true(corral_group_set_label(group, "test", label, &error));
    g_assert_no_error(error);
    read = corral_group_get_label(group, "test", &error);
    g_assert_cmpstr(read, ==, label);

    remove_group(group);
    assert_nothing_left();
}

/* ---- ceilings, between a parent's and a child's ---- */

typedef struct {
    gint64 quota_us;
    guint64 period_us;
} Ceiling;

static double
ratio(const Ceiling *ceiling)
{
    return (double)ceiling->quota_us / ceiling->period_us;
}

/* The rule of the legacy interface; the unified one lets everybody say what he likes. */
static gboolean
fits(const Ceiling *ceiling, const Ceiling *above, const Ceiling *below)
{
    if (ceiling->quota_us == CORRAL_CPU_UNLIMITED)
        return TRUE;

    return ratio(ceiling) <= ratio(above) && ratio(ceiling) >= ratio(below);
}

static void
assert_ceiling(CorralGroup *group, const Ceiling *wanted)
{
    Ceiling now;
    g_autoptr(GError) error = NULL;

    g_assert_true(corral_group_get_cpu_ceiling(group, &now.quota_us, &now.period_us, &error));
    g_assert_no_error(error);
    g_assert_cmpint(now.quota_us, ==, wanted->quota_us);
    g_assert_cmpuint(now.period_us, ==, wanted->period_us);
}

/* Every old ceiling to every new one: in force as asked, or refused and the old one untouched. */
static void
test_ceilings(void)
{
    static const gint64 quotas[] = {CORRAL_CPU_UNLIMITED, 25000, 50000, 100000, 200000, 500000};
    static const guint64 periods[] = {25000, 50000, 100000, 1000000};
    static const Ceiling above = {200000, 100000};
    static const Ceiling below = {50000, 100000};
    g_autoptr(CorralGroup) outer = make("c", BIT(CPU));
    g_autoptr(CorralGroup) group = make("c/c", BIT(CPU));
    g_autoptr(CorralGroup) inner = make("c/c/c", BIT(CPU));
    g_autofree char *dir = dir_of("c", CORRAL_CONTROLLER_CPU);
    gsize n = G_N_ELEMENTS(quotas) * G_N_ELEMENTS(periods);
    guint accepted = 0;
    guint refused = 0;
    gsize from, to;

    g_assert_true(corral_group_set_cpu_ceiling(outer, above.quota_us, above.period_us, NULL));
    g_assert_true(corral_group_set_cpu_ceiling(inner, below.quota_us, below.period_us, NULL));

    for (from = 0; from < n; from++) {
        Ceiling old = {quotas[from / G_N_ELEMENTS(periods)], periods[from % G_N_ELEMENTS(periods)]};

        if (is_legacy(dir) && !fits(&old, &above, &below))
            continue;
        for (to = 0; to < n; to++) {
            Ceiling new = {quotas[to / G_N_ELEMENTS(periods)], periods[to % G_N_ELEMENTS(periods)]};
            gboolean fine = !is_legacy(dir) || fits(&new, &above, &below);
            g_autoptr(GError) error = NULL;

            g_assert_true(corral_group_set_cpu_ceiling(group, old.quota_us, old.period_us, &error));
            g_assert_no_error(error);
            assert_ceiling(group, &old);

            g_test_message("%" G_GINT64_FORMAT "/%" G_GUINT64_FORMAT " to %" G_GINT64_FORMAT
                           "/%" G_GUINT64_FORMAT,
                           old.quota_us, old.period_us, new.quota_us, new.period_us);
            g_assert_cmpint(
                corral_group_set_cpu_ceiling(group, new.quota_us, new.period_us, &error), ==, fine);
            if (fine)
                g_assert_no_error(error);
            else
                g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_REFUSED);
            assert_ceiling(group, fine ? &new : &old);
            if (fine)
                accepted++;
            else
                refused++;
        }
    }
    g_test_message("%u accepted, %u refused", accepted, refused);
    g_assert_cmpuint(accepted, >, 50);
    if (is_legacy(dir))
        g_assert_cmpuint(refused, >, 50);

    remove_group(outer);
    assert_nothing_left();
}

/* ---- the end of processes and groups ---- */

static void
test_kill(void)
{
    g_autoptr(CorralGroup) group = make("bomb/g", GUEST);
    g_autoptr(CorralGroup) emulator = make_child(group, "emulator");
    g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
    Process process = start("--respawn", entrances);
    g_autofree char *line = read_line(&process);
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(line, ==, "ready");
    g_assert_true(corral_group_kill(group, PATIENCE_MS, &error));
    g_assert_no_error(error);
    ids = corral_group_list_threads(emulator, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 0);
    g_assert_cmpint(WTERMSIG(end(&process)), ==, SIGKILL);
    remove_group(group);
    assert_nothing_left();
}

/* Signalled, and on its way out at best. */
static void
test_remove_waits(void)
{
    int i;

    for (i = 0; i < 20; i++) {
        g_autoptr(CorralGroup) group = make("exit/g", GUEST);
        g_autoptr(CorralGroup) emulator = make_child(group, "emulator");
        g_auto(GStrv) entrances = corral_group_list_entrances(group, emulator);
        Process process = start("--threads", entrances);
        g_autofree char *line = read_line(&process);

        g_assert_cmpint(kill(process.pid, SIGKILL), ==, 0);
        remove_group(group);
        g_assert_cmpint(WTERMSIG(end(&process)), ==, SIGKILL);
    }
    assert_nothing_left();
}

static void
test_vanished(void)
{
    g_autoptr(CorralGroup) group = make("g", GUEST);
    g_autofree char *full = below_base("g");
    g_autoptr(CorralGroup) same = corral_group_open(host, full, GUEST, NULL);
    g_autoptr(GError) error = NULL;
    guint64 value;

    remove_group(group);
    remove_group(group);
    remove_group(same);
    assert_nothing_left();

    g_assert_false(corral_group_set_cpu_shares(same, 500, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_assert_nonnull(strstr(error->message, full));
    g_assert_nonnull(strstr(error->message, "': the group was removed"));
    g_assert_null(strstr(error->message, "(deleted)"));
    g_clear_error(&error);
    g_assert_false(corral_group_get_cpu_shares(same, &value, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(corral_group_make_threaded(same, "vcpu0", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_false(corral_group_attach_process(same, getpid(), &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
    g_clear_error(&error);
    g_assert_true(corral_group_kill(same, 0, &error));
    g_assert_no_error(error);
}

/* ---- many at once ---- */

#define STORM_THREADS 8
#define STORM_ROUNDS 200

/* In one partition that nobody made before, so that its levels come and go all the time. */
static gpointer
storm(gpointer data)
{
    int number = GPOINTER_TO_INT(data);
    int round;

    for (round = 0; round < STORM_ROUNDS; round++) {
        g_autofree char *path = g_strdup_printf("storm/eye/g%d", number);
        g_autoptr(CorralGroup) group =
            make(path, BIT(CPU) | BIT(CPUACCT) | BIT(CPUSET) | BIT(PIDS));
        g_autoptr(CorralGroup) child = make_child(group, "vcpu0");

        /* Ready for somebody to be born in, though others may have made the levels above. */
        if (round % 20 == 0) {
            g_auto(GStrv) entrances = corral_group_list_entrances(group, child);
            Process process = start("--threads", entrances);
            g_autofree char *line = read_line(&process);

            assert_where(process.pid, group, child);
            g_assert_cmpint(end(&process), ==, 0);
        }
        remove_group(group);
    }

    return NULL;
}

static void
test_storm(void)
{
    GThread *threads[STORM_THREADS];
    int i;

    for (i = 0; i < STORM_THREADS; i++)
        threads[i] = g_thread_new("storm", storm, GINT_TO_POINTER(i));
    for (i = 0; i < STORM_THREADS; i++)
        g_thread_join(threads[i]);
    assert_nothing_left();
}

/* All want the same name, and one gets it. */
static gpointer
claim(gpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = below_base("only/one");
    int won = 0;
    int round;

    for (round = 0; round < STORM_ROUNDS; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CorralGroup) group =
            corral_group_make(host, path, BIT(CPU) | BIT(PIDS), CORRAL_MAKE_NEW, &error);

        if (group) {
            won++;
            remove_group(group);
        } else {
            g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_EXISTS);
        }
    }

    return GINT_TO_POINTER(won);
}

static void
test_claim(void)
{
    GThread *threads[STORM_THREADS];
    int won = 0;
    int i;

    for (i = 0; i < STORM_THREADS; i++)
        threads[i] = g_thread_new("claim", claim, NULL);
    for (i = 0; i < STORM_THREADS; i++)
        won += GPOINTER_TO_INT(g_thread_join(threads[i]));
    g_assert_cmpint(won, >, 0);
    assert_nothing_left();
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (argc == 2 && g_str_equal(argv[1], "--threads"))
        return be_threads();
    if (argc == 2 && g_str_equal(argv[1], "--respawn"))
        return be_respawning();

    g_test_init(&argc, &argv, NULL);
    if (argc != 2) {
        fputs("usage: group-root BASE\n", stderr);
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

    g_test_add_func("/root/born", test_born);
    g_test_add_func("/root/threads", test_threads);
    g_test_add_func("/root/attach", test_attach);
    g_test_add_data_func("/root/cpuset/by-hand", "0", test_cpuset);
    g_test_add_data_func("/root/cpuset/clone-children", "1", test_cpuset);
    g_test_add_func("/root/values", test_values);
    g_test_add_func("/root/ceilings", test_ceilings);
    g_test_add_func("/root/kill", test_kill);
    g_test_add_func("/root/remove-waits", test_remove_waits);
    g_test_add_func("/root/vanished", test_vanished);
    g_test_add_func("/root/storm", test_storm);
    g_test_add_func("/root/claim", test_claim);

    return g_test_run();
}
