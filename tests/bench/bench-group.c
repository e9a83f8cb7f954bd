/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library costs over the system calls it comes down to: a guest's group
 * is made, labelled, limited, entered and removed, in turn through the library
 * and by hand, as somebody would write it who knows this host and its files.
 * Legacy hierarchies only.
 *
 *   bench-group [ROUNDS]
 *   bench-group --once library|raw VCPUS    one round, e.g. to count calls with strace
 *
 * Moving tasks makes the kernel wait for a grace period, which takes longer than
 * all the rest together; so it is measured apart.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "corral.h"

#define BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define GUEST                                                                                      \
    (BIT(CPU) | BIT(CPUACCT) | BIT(CPUSET) | BIT(MEMORY) | BIT(IO) | BIT(DEVICES) | BIT(FREEZER) | \
     BIT(PIDS))

#define MAX_VCPUS 8
#define GOAL 1.5

static const char *const labels[][2] = {
    {"uuid", "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"},
    {"driver", "qemu"},
    {"name", "guest"},
    {"shares", "500"},
};

static CorralHost *host;
static char *partition;
static int n_vcpus;
static pid_t process;            /* the guest's */
static pid_t threads[MAX_VCPUS]; /* of it */

/* What somebody knows who writes it by hand. */
static struct {
    const char *name;
    CorralController controller;
    gboolean threaded;
    int root;
} hierarchies[] = {
    {"cpu", CORRAL_CONTROLLER_CPU, TRUE, -1},
    {"cpuacct", CORRAL_CONTROLLER_CPUACCT, TRUE, -1},
    {"cpuset", CORRAL_CONTROLLER_CPUSET, TRUE, -1},
    {"memory", CORRAL_CONTROLLER_MEMORY, FALSE, -1},
    {"devices", CORRAL_CONTROLLER_DEVICES, FALSE, -1},
    {"freezer", CORRAL_CONTROLLER_FREEZER, FALSE, -1},
    {"blkio", CORRAL_CONTROLLER_IO, FALSE, -1},
    {"pids", CORRAL_CONTROLLER_PIDS, FALSE, -1},
};

#define N_HIERARCHIES G_N_ELEMENTS(hierarchies)

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static void
check(gboolean ok, GError *error)
{
    if (!ok) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

static char *
child_name(int i, char *name)
{
    if (i == 0)
        g_strlcpy(name, "emulator", 16);
    else
        g_snprintf(name, 16, "vcpu%d", i - 1);
    return name;
}

/* ---- through the library ---- */

static CorralGroup *library_group;
static CorralGroup *library_children[MAX_VCPUS + 1];

static void
library_make(void)
{
    g_autofree char *path = g_strconcat(partition, "/g", NULL);
    GError *error = NULL;
    gsize l;
    int i;

    library_group = corral_group_make(host, path, GUEST, CORRAL_MAKE_NEW, &error);
    check(library_group != NULL, error);
    for (i = 0; i <= n_vcpus; i++) {
        char name[16];

        library_children[i] =
            corral_group_make_threaded(library_group, child_name(i, name), &error);
        check(library_children[i] != NULL, error);
    }
    for (l = 0; l < G_N_ELEMENTS(labels); l++)
        check(corral_group_set_label(library_group, labels[l][0], labels[l][1], &error), error);
    check(corral_group_set_cpu_shares(library_group, 500, &error), error);
    check(corral_group_set_cpu_ceiling(library_group, 50000, 100000, &error), error);
    check(corral_group_set_memory_limit(library_group, 1 << 30, &error), error);
}

static void
library_attach(void)
{
    GError *error = NULL;
    int i;

    check(corral_group_attach_process(library_group, process, &error), error);
    check(corral_group_attach_thread(library_children[0], process, &error), error);
    for (i = 0; i < n_vcpus; i++)
        check(corral_group_attach_thread(library_children[i + 1], threads[i], &error), error);
}

static void
library_remove(void)
{
    GError *error = NULL;
    int i;

    check(corral_group_remove(library_group, 10000, &error), error);
    for (i = 0; i <= n_vcpus; i++)
        g_clear_object(&library_children[i]);
    g_clear_object(&library_group);
}

/* ---- by hand ---- */

static int raw_dirs[N_HIERARCHIES];
static int raw_children[N_HIERARCHIES][MAX_VCPUS + 1];

static void
raw_write(int dir, const char *file, const char *text)
{
    int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        die(file);
    close(fd);
}

static void
raw_write_id(int dir, const char *file, pid_t id)
{
    char text[16];

    g_snprintf(text, sizeof(text), "%d", (int)id);
    raw_write(dir, file, text);
}

static void
raw_make(void)
{
    char path[256];
    char name[16];
    gsize h, l;
    int i;

    g_snprintf(path, sizeof(path), "%s/g", partition);
    for (h = 0; h < N_HIERARCHIES; h++) {
        int root = hierarchies[h].root;

        if (mkdirat(root, path, 0755) < 0)
            die(path);
        raw_dirs[h] = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (i = 0; hierarchies[h].threaded && i <= n_vcpus; i++) {
            if (mkdirat(raw_dirs[h], child_name(i, name), 0755) < 0)
                die(name);
            raw_children[h][i] = openat(raw_dirs[h], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
    }
    for (l = 0; l < G_N_ELEMENTS(labels); l++) {
        char attribute[64];

        g_snprintf(attribute, sizeof(attribute), "trusted.corral.%s", labels[l][0]);
        for (h = 0; h < N_HIERARCHIES; h++) {
            if (fsetxattr(raw_dirs[h], attribute, labels[l][1], strlen(labels[l][1]), 0) < 0)
                die(attribute);
        }
    }
    raw_write(raw_dirs[0], "cpu.shares", "500");
    raw_write(raw_dirs[0], "cpu.cfs_period_us", "100000");
    raw_write(raw_dirs[0], "cpu.cfs_quota_us", "50000");
    raw_write(raw_dirs[3], "memory.limit_in_bytes", "1073741824");
}

static void
raw_attach(void)
{
    gsize h;
    int i;

    for (h = 0; h < N_HIERARCHIES; h++)
        raw_write_id(raw_dirs[h], "cgroup.procs", process);
    for (h = 0; h < N_HIERARCHIES && hierarchies[h].threaded; h++) {
        raw_write_id(raw_children[h][0], "tasks", process);
        for (i = 0; i < n_vcpus; i++)
            raw_write_id(raw_children[h][i + 1], "tasks", threads[i]);
    }
}

static void
raw_remove(void)
{
    char path[256];
    char name[16];
    gsize h;
    int i;

    g_snprintf(path, sizeof(path), "%s/g", partition);
    for (h = 0; h < N_HIERARCHIES; h++) {
        for (i = 0; hierarchies[h].threaded && i <= n_vcpus; i++) {
            if (unlinkat(raw_dirs[h], child_name(i, name), AT_REMOVEDIR) < 0)
                die(name);
            close(raw_children[h][i]);
        }
        if (unlinkat(hierarchies[h].root, path, AT_REMOVEDIR) < 0)
            die(path);
        close(raw_dirs[h]);
    }
}

/* ---- the guest ---- */

static gpointer
be_a_thread(gpointer data)
{
    int report = GPOINTER_TO_INT(data);
    pid_t tid = syscall(SYS_gettid);

    if (write(report, &tid, sizeof(tid)) < 0)
        _exit(1);
    while (TRUE)
        pause();
    return NULL;
}

/* Ends when we do: nobody else holds the other end of the pipe. */
static void
start_process(void)
{
    int report[2];
    int leash[2];
    char byte;
    int i;

    if (pipe2(report, O_CLOEXEC) < 0 || pipe2(leash, O_CLOEXEC) < 0)
        die("pipe");
    process = fork();
    if (process == 0) {
        close(leash[1]);
        for (i = 0; i < MAX_VCPUS; i++)
            g_thread_unref(g_thread_new("vcpu", be_a_thread, GINT_TO_POINTER(report[1])));
        _exit(read(leash[0], &byte, 1) == 0 ? 0 : 1);
    }
    for (i = 0; i < MAX_VCPUS; i++) {
        if (read(report[0], &threads[i], sizeof(pid_t)) != sizeof(pid_t))
            die("threads");
    }
}

/* Back to where nobody is in the way, so that the group can go. */
static void
take_out(void)
{
    gsize h;

    for (h = 0; h < N_HIERARCHIES; h++)
        raw_write_id(hierarchies[h].root, "cgroup.procs", process);
}

/* ---- figures ---- */

typedef struct {
    const char *name;
    void (*make)(void);
    void (*attach)(void);
    void (*remove)(void);
    GArray *made;     /* of gint64: make and remove, in microseconds */
    GArray *attached; /* of gint64: attach */
} Way;

static Way ways[] = {
    {"library", library_make, library_attach, library_remove, NULL, NULL},
    {"raw", raw_make, raw_attach, raw_remove, NULL, NULL},
};

static gint
compare_times(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a;
    gint64 y = *(const gint64 *)b;

    return (x > y) - (x < y);
}

static gint64
median(GArray *times)
{
    g_array_sort(times, compare_times);
    return g_array_index(times, gint64, times->len / 2);
}

static void
one_round(Way *way, gboolean attach)
{
    gint64 start = g_get_monotonic_time();
    gint64 made, attached, elapsed;

    way->make();
    made = g_get_monotonic_time() - start;
    if (attach) {
        start = g_get_monotonic_time();
        way->attach();
        attached = g_get_monotonic_time() - start;
        g_array_append_val(way->attached, attached);
        take_out();
    }
    start = g_get_monotonic_time();
    way->remove();
    elapsed = made + g_get_monotonic_time() - start;
    g_array_append_val(way->made, elapsed);
}

static gboolean
compare(int vcpus, int rounds)
{
    gint64 made[2], attached[2];
    gsize w;
    int i;

    n_vcpus = vcpus;
    for (w = 0; w < G_N_ELEMENTS(ways); w++) {
        ways[w].made = g_array_new(FALSE, FALSE, sizeof(gint64));
        ways[w].attached = g_array_new(FALSE, FALSE, sizeof(gint64));
    }
    for (i = 0; i < rounds; i++) {
        for (w = 0; w < G_N_ELEMENTS(ways); w++)
            one_round(&ways[(i + w) % G_N_ELEMENTS(ways)], i % 5 == 0);
    }
    for (w = 0; w < G_N_ELEMENTS(ways); w++) {
        made[w] = median(ways[w].made);
        attached[w] = median(ways[w].attached);
        g_array_unref(ways[w].made);
        g_array_unref(ways[w].attached);
    }

    printf("%d vCPUs, make, label, limit and remove: library %" G_GINT64_FORMAT
           " us, raw %" G_GINT64_FORMAT " us, ratio %.2f (goal %.1f)\n",
           vcpus, made[0], made[1], (double)made[0] / made[1], GOAL);
    printf("%d vCPUs, enter:                         library %" G_GINT64_FORMAT
           " us, raw %" G_GINT64_FORMAT " us, ratio %.2f\n",
           vcpus, attached[0], attached[1], (double)attached[0] / attached[1]);
    return (double)made[0] / made[1] <= GOAL;
}

/* The roots, from the library: it knows where they are. */
static gboolean
open_roots(void)
{
    gsize h;

    for (h = 0; h < N_HIERARCHIES; h++) {
        CorralControllers one = CORRAL_CONTROLLER_BIT(hierarchies[h].controller);
        g_autoptr(CorralGroup) root = corral_group_open(host, "", one, NULL);
        g_auto(GStrv) entrances = root ? corral_group_list_entrances(root, NULL) : NULL;
        g_autofree char *dir = entrances ? g_path_get_dirname(entrances[0]) : NULL;

        if (!dir || !g_str_has_suffix(entrances[0], "/tasks")) {
            printf("SKIP: '%s' is not a legacy hierarchy here\n", hierarchies[h].name);
            return FALSE;
        }
        hierarchies[h].root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }

    return TRUE;
}

int
main(int argc, char **argv)
{
    int rounds = argc == 2 ? g_ascii_strtoll(argv[1], NULL, 10) : 500;
    gboolean once = argc == 4 && g_str_equal(argv[1], "--once");
    CorralGroup *group;
    GError *error = NULL;
    gboolean good = TRUE;

    host = corral_host_new(NULL, CORRAL_HOST_NONE, &error);
    if (!host || geteuid() != 0) {
        printf("SKIP: %s\n", error ? error->message : "needs root");
        return 77;
    }
    if (!open_roots())
        return 77;

    partition = g_strdup_printf("corral-bench.%d", (int)getpid());
    group = corral_group_make(host, partition, GUEST, CORRAL_MAKE_NEW, &error);
    check(group != NULL, error);
    if (once) {
        n_vcpus = CLAMP(g_ascii_strtoll(argv[3], NULL, 10), 0, MAX_VCPUS);
        ways[g_str_equal(argv[2], "raw")].make();
        ways[g_str_equal(argv[2], "raw")].remove();
    } else {
        start_process();
        good = compare(2, rounds);
        good &= compare(8, rounds);
    }
    check(corral_group_remove(group, 10000, &error), error);
    g_object_unref(group);
    g_object_unref(host);
    g_free(partition);
    return good ? 0 : 1;
}
