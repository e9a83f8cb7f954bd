/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it costs to watch 500 groups: how long their ceilings have held them back,
 * and the memory they use, read
 *
 *   by path     each file opened by its name, read, and its numbers found;
 *   python      the same in plain Python (read-groups.py);
 *   getters     the library's functions on groups that are held open;
 *   sampler     the library's samplers, which keep the files open, too.
 *
 * In every round all take their turn.  The sums of what they read are compared.
 *
 *   bench-reads READ-GROUPS.PY [SECONDS]
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench-bed.h"
#include "bench-figures.h"

#define N_GROUPS 500
#define MIN_ROUNDS 15
#define MAX_ROUNDS 300
#define GOAL 0.5

#define PARTS (CORRAL_SAMPLE_CPU_THROTTLING | CORRAL_SAMPLE_MEMORY_USAGE)

static BenchBed bed;
static CorralGroup *groups[N_GROUPS];
static CorralSampler *samplers[N_GROUPS];
static char *cpu_files[N_GROUPS];
static char *memory_files[N_GROUPS];

/* ---- by path ---- */

static void
read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;

    if (got < 0)
        bed_die(path);
    text[got] = '\0';
    close(fd);
}

static guint64
find_number(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

static guint64
read_by_path(double *elapsed_us G_GNUC_UNUSED)
{
    guint64 sum = 0;
    char text[4096];
    guint i;

    for (i = 0; i < N_GROUPS; i++) {
        read_file(cpu_files[i], text, sizeof(text));
        sum += find_number(text, "nr_periods ") + find_number(text, "nr_throttled ");
        sum += bed.unified ? find_number(text, "throttled_usec ")
                           : find_number(text, "throttled_time ") / 1000;
        read_file(memory_files[i], text, sizeof(text));
        sum += strtoull(text, NULL, 10);
    }

    return sum;
}

/* ---- the library ---- */

static guint64
sum_of(const CorralCpuThrottling *throttling, guint64 memory_usage)
{
    return throttling->periods + throttling->throttled_periods + throttling->throttled_us +
           memory_usage;
}

static guint64
read_by_getters(double *elapsed_us G_GNUC_UNUSED)
{
    GError *error = NULL;
    guint64 sum = 0;
    guint i;

    for (i = 0; i < N_GROUPS; i++) {
        CorralCpuThrottling throttling;
        guint64 bytes;

        bed_check(corral_group_get_cpu_throttling(groups[i], &throttling, &error), error);
        bed_check(corral_group_get_memory_usage(groups[i], &bytes, &error), error);
        sum += sum_of(&throttling, bytes);
    }

    return sum;
}

static guint64
read_by_samplers(double *elapsed_us G_GNUC_UNUSED)
{
    GError *error = NULL;
    guint64 sum = 0;
    guint i;

    for (i = 0; i < N_GROUPS; i++) {
        CorralSample sample;

        bed_check(corral_sampler_read(samplers[i], &sample, &error), error);
        sum += sum_of(&sample.cpu_throttling, sample.memory_usage);
    }

    return sum;
}

/* ---- Python ---- */

static struct {
    GPid pid;
    FILE *in;
    FILE *out;
    char *names;
} python;

static gboolean
start_python(const char *script)
{
    char *argv[] = {(char *)"python3", (char *)script, NULL, NULL};
    GString *lines = g_string_new(NULL);
    GError *error = NULL;
    int in, out;
    guint i;

    for (i = 0; i < N_GROUPS; i++)
        g_string_append_printf(lines, "%s\n%s\n", cpu_files[i], memory_files[i]);
    close(g_file_open_tmp("bench-reads-XXXXXX", &python.names, NULL));
    bed_check(g_file_set_contents(python.names, lines->str, lines->len, &error), error);
    g_string_free(lines, TRUE);

    argv[2] = python.names;
    if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                  NULL, NULL, &python.pid, &in, &out, NULL, NULL))
        return FALSE;
    python.in = fdopen(in, "w");
    python.out = fdopen(out, "r");
    return TRUE;
}

static void
stop_python(void)
{
    if (python.in) {
        fclose(python.in);
        fclose(python.out);
        waitpid(python.pid, NULL, 0);
    }
    unlink(python.names);
    g_free(python.names);
}

/* It takes its own time, so that nobody can blame the pipes. */
static guint64
read_by_python(double *elapsed_us)
{
    guint64 sum;

    fputs("\n", python.in);
    fflush(python.in);
    if (fscanf(python.out, "%lf %" G_GUINT64_FORMAT, elapsed_us, &sum) != 2)
        bed_die("python");
    return sum;
}

/* ---- the groups ---- */

/* A descriptor for each group in each hierarchy, and one for each file. */
static gboolean
raise_limit(void)
{
    const rlim_t wanted = N_GROUPS * 8 + 100;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        bed_die("getrlimit");
    if (limit.rlim_max < wanted) {
        printf("SKIP: %d groups take %d descriptors, more than a process may have here\n", N_GROUPS,
               (int)wanted);
        return FALSE;
    }
    limit.rlim_cur = MAX(limit.rlim_cur, wanted);
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        bed_die("setrlimit");
    return TRUE;
}

static char *
name_file(guint group, CorralController controller, const char *legacy, const char *unified)
{
    const BedHierarchy *hierarchy = &bed.hierarchies[bed_find_hierarchy(&bed, controller)];

    return g_strdup_printf("%s/%s/%u/%s", hierarchy->path, bed.partition, group,
                           bed.unified ? unified : legacy);
}

static void
make_groups(void)
{
    GError *error = NULL;
    guint i;

    for (i = 0; i < N_GROUPS; i++) {
        g_autofree char *path = g_strdup_printf("%s/%u", bed.partition, i);

        groups[i] = corral_group_make(bed.host, path, BED_BIT(CPU) | BED_BIT(MEMORY),
                                      CORRAL_MAKE_NEW, &error);
        bed_check(groups[i] != NULL, error);
        samplers[i] = corral_sampler_new(groups[i], PARTS);
        cpu_files[i] = name_file(i, CORRAL_CONTROLLER_CPU, "cpu.stat", "cpu.stat");
        memory_files[i] =
            name_file(i, CORRAL_CONTROLLER_MEMORY, "memory.usage_in_bytes", "memory.current");
    }
}

static void
drop_groups(void)
{
    guint i;

    for (i = 0; i < N_GROUPS; i++) {
        g_clear_object(&samplers[i]);
        g_clear_object(&groups[i]);
        g_free(cpu_files[i]);
        g_free(memory_files[i]);
    }
}

/* Something to read: a process that is held back, in the first group. */
static void
leave_traces(void)
{
    GError *error = NULL;
    char byte = 0;
    int go[2];
    pid_t pid;

    bed_check(corral_group_set_cpu_ceiling(groups[0], 10000, 100000, &error), error);
    if (pipe2(go, O_CLOEXEC) < 0)
        bed_die("pipe");
    pid = fork();
    if (pid == 0) {
        if (read(go[0], &byte, 1) != 1)
            _exit(1);
        while (clock() < CLOCKS_PER_SEC * 3 / 100)
            continue;
        _exit(0);
    }
    bed_check(corral_group_attach_process(groups[0], pid, &error), error);
    if (write(go[1], &byte, 1) != 1)
        bed_die("pipe");
    waitpid(pid, NULL, 0);
    close(go[0]);
    close(go[1]);
    /* Or empty periods would be counted for a while yet. */
    bed_check(corral_group_set_cpu_ceiling(groups[0], CORRAL_CPU_UNLIMITED, 100000, &error), error);
}

/* ---- measuring ---- */

typedef struct {
    const char *name;
    guint64 (*read)(double *elapsed_us);
    const char *why_not;
    BenchFigures *figures;
} Reader;

static Reader readers[] = {
    {"by path", read_by_path, NULL, NULL},
    {"python", read_by_python, NULL, NULL},
    {"getters", read_by_getters, NULL, NULL},
    {"sampler", read_by_samplers, NULL, NULL},
};

#define N_READERS G_N_ELEMENTS(readers)
#define BY_PATH 0
#define PYTHON 1
#define SAMPLER 3

static gboolean
check_same_sums(void)
{
    guint64 expected = 0;
    gboolean same = TRUE;
    guint r;

    for (r = 0; r < N_READERS; r++) {
        double elapsed_us;
        guint64 sum;

        if (readers[r].why_not)
            continue;
        sum = readers[r].read(&elapsed_us);
        if (r == BY_PATH)
            expected = sum;
        if (sum != expected || sum == 0) {
            fprintf(stderr,
                    "bench-reads: %s has read %" G_GUINT64_FORMAT ", not %" G_GUINT64_FORMAT "\n",
                    readers[r].name, sum, expected);
            same = FALSE;
        }
    }

    return same;
}

static void
measure(double seconds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    guint round, turn;

    for (round = 0; round < MAX_ROUNDS; round++) {
        if (round >= MIN_ROUNDS && g_get_monotonic_time() >= deadline)
            return;
        for (turn = 0; turn < N_READERS; turn++) {
            Reader *reader = &readers[(round + turn) % N_READERS];
            gint64 start = g_get_monotonic_time();
            double elapsed_us = -1;

            if (reader->why_not)
                continue;
            reader->read(&elapsed_us);
            if (elapsed_us < 0)
                elapsed_us = g_get_monotonic_time() - start;
            figures_add(reader->figures, elapsed_us);
        }
    }
}

static void
print_table(void)
{
    g_autoptr(BenchFigures) judged = NULL;
    guint r;

    printf("Throttling and memory in use of %d groups, 2 files each.  Microseconds for all\n"
           "of them, medians of n interleaved rounds (quartiles); %s interface\n\n",
           N_GROUPS, bed.unified ? "unified" : "legacy");
    printf("%-8s  %22s  %18s  %4s\n", "", "reading", "over by path", "n");
    for (r = 0; r < N_READERS; r++) {
        g_autoptr(BenchFigures) ratio = NULL;
        g_autofree char *time = NULL;
        g_autofree char *over = NULL;

        if (readers[r].why_not) {
            printf("%-8s  %s\n", readers[r].name, readers[r].why_not);
            continue;
        }
        ratio = figures_ratio(readers[r].figures, readers[BY_PATH].figures);
        time = figures_show(readers[r].figures, 0);
        over = r == BY_PATH ? g_strdup("") : figures_show(ratio, 2);
        printf("%-8s  %22s  %18s  %4u\n", readers[r].name, time, over, readers[r].figures->len);
    }

    printf("\n");
    judged = figures_ratio(readers[SAMPLER].figures, readers[BY_PATH].figures);
    figures_judge(judged, "sampler over by path", GOAL);
    figures_print_load();
}

int
main(int argc, char **argv)
{
    double seconds = argc > 2 ? g_ascii_strtod(argv[2], NULL) : 10;
    gboolean same;
    int status;
    guint r;

    if (argc < 2) {
        fprintf(stderr, "Usage: bench-reads READ-GROUPS.PY [SECONDS]\n");
        return 2;
    }
    if (!raise_limit())
        return 77;
    status = bed_start(&bed, "corral-bench");
    if (status != 0)
        return status;

    make_groups();
    leave_traces();
    if (!start_python(argv[1]))
        readers[PYTHON].why_not = "python3 is not installed";
    for (r = 0; r < N_READERS; r++)
        readers[r].figures = figures_new();
    same = check_same_sums();
    if (same) {
        measure(seconds);
        print_table();
    }
    stop_python();
    drop_groups();
    bed_stop(&bed);

    return same ? 0 : 1;
}
