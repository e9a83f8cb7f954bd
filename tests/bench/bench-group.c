/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library costs over the system calls it comes down to, and what others
 * cost.  A guest's group is made with a child for each vCPU, limited, looked at
 * and removed, in turn through the library and by all other ways.  Every round
 * has all ways, so what else the machine does meets them alike; ratios are taken
 * round by round.
 *
 *   bench-group [SECONDS]              SECONDS for each size of guest, 12 if not said
 *   bench-group --once WAY VCPUS       one round, e.g. to count calls with strace
 *
 * Moving tasks makes the kernel wait for a grace period, which takes longer than
 * all the rest together; so it is measured apart.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench-figures.h"
#include "bench-way.h"

#define N_WAYS 3
#define LIBRARY 0
#define RAW 1
#define LIBCGROUP 2

/* A median of less says nothing; more than so many say nothing more. */
#define MIN_ROUNDS 15
#define MAX_ROUNDS 400
#define MIN_ATTACH_ROUNDS 5
#define MAX_ATTACH_ROUNDS 30

#define GOAL_OVER_RAW 1.5
#define GOAL_OVER_LIBCGROUP 1.0

static const guint sizes[] = {1, 8, 64};

#define N_SIZES G_N_ELEMENTS(sizes)

enum {
    MAKE,
    READ,
    REMOVE,
    CPU,
    ALL,
    ATTACH,
    N_FIGURES
};

static BenchBed bed;
static const BenchWay *ways[N_WAYS];
static const char *why_not[N_WAYS]; /* NULL: it is ready */
static BenchFigures *figures[N_SIZES][N_WAYS][N_FIGURES];

static void
start_ways(void)
{
    guint w;

    ways[LIBRARY] = &way_library;
    ways[RAW] = bed.unified ? &way_raw_unified : &way_raw_legacy;
    ways[LIBCGROUP] = &way_libcgroup;
    for (w = 0; w < N_WAYS; w++)
        why_not[w] = ways[w]->start(&bed);
}

/* ---- the same work ---- */

/* The first line that only one of them has. */
static char *
find_difference(const char *a, const char *b)
{
    g_auto(GStrv) lines_a = g_strsplit(a, "\n", -1);
    g_auto(GStrv) lines_b = g_strsplit(b, "\n", -1);
    guint i;

    for (i = 0; lines_a[i] && lines_b[i]; i++) {
        if (!g_str_equal(lines_a[i], lines_b[i]))
            break;
    }
    return g_strdup_printf("'%s', not '%s'", lines_a[i] ? lines_a[i] : "",
                           lines_b[i] ? lines_b[i] : "");
}

static char *
describe_work(const BenchWay *way)
{
    char *state;

    way->make(&bed);
    way->attach(&bed);
    state = bed_describe_guest(&bed);
    bed_take_out(&bed);
    way->read(&bed);
    way->remove(&bed);

    return state;
}

/* Whether all ways leave the kernel with the same settings and members. */
static gboolean
check_same_work(void)
{
    g_autofree char *expected = describe_work(ways[RAW]);
    gboolean same = TRUE;
    guint w;

    for (w = 0; w < N_WAYS; w++) {
        g_autofree char *state = why_not[w] ? NULL : describe_work(ways[w]);

        if (state && !g_str_equal(state, expected)) {
            g_autofree char *difference = find_difference(state, expected);

            fprintf(stderr, "bench-group: the work of %s is another one: %s\n", ways[w]->name,
                    difference);
            same = FALSE;
        }
    }

    return same;
}

/* ---- measuring ---- */

static double
lap(gint64 *since)
{
    gint64 now = g_get_monotonic_time();
    double elapsed = now - *since;

    *since = now;
    return elapsed;
}

/* What we have run, which other work of the machine disturbs less. */
static double
get_cpu_time_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void
one_round(const BenchWay *way, BenchFigures **of_way)
{
    double cpu_start = get_cpu_time_us();
    gint64 start = g_get_monotonic_time();
    double made, read, removed;

    way->make(&bed);
    made = lap(&start);
    way->read(&bed);
    read = lap(&start);
    way->remove(&bed);
    removed = lap(&start);

    figures_add(of_way[CPU], get_cpu_time_us() - cpu_start);
    figures_add(of_way[MAKE], made);
    figures_add(of_way[READ], read);
    figures_add(of_way[REMOVE], removed);
    figures_add(of_way[ALL], made + read + removed);
}

static void
one_attach(const BenchWay *way, BenchFigures **of_way)
{
    gint64 start;

    way->make(&bed);
    start = g_get_monotonic_time();
    way->attach(&bed);
    figures_add(of_way[ATTACH], lap(&start));
    bed_take_out(&bed);
    way->remove(&bed);
}

static void
repeat(guint size, void (*one)(const BenchWay *way, BenchFigures **of_way), double seconds,
       guint min_rounds, guint max_rounds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    guint round, turn;

    for (round = 0; round < max_rounds; round++) {
        if (round >= min_rounds && g_get_monotonic_time() >= deadline)
            return;
        for (turn = 0; turn < N_WAYS; turn++) {
            guint w = (round + turn) % N_WAYS;

            if (!why_not[w])
                one(ways[w], figures[size][w]);
        }
    }
}

static gboolean
measure(double seconds)
{
    guint s, w, f;

    for (s = 0; s < N_SIZES; s++) {
        for (w = 0; w < N_WAYS; w++) {
            for (f = 0; f < N_FIGURES; f++)
                figures[s][w][f] = figures_new();
        }
        bed_start_process(&bed, sizes[s]);
        if (!check_same_work())
            return FALSE;
        repeat(s, one_round, seconds * 2 / 3, MIN_ROUNDS, MAX_ROUNDS);
        repeat(s, one_attach, seconds / 3, MIN_ATTACH_ROUNDS, MAX_ATTACH_ROUNDS);
        bed_end_process(&bed);
    }

    return TRUE;
}

/* ---- the tables ---- */

static void
print_row(guint s, guint w, const int *columns, guint n_columns)
{
    BenchFigures **of_way = figures[s][w];
    g_autoptr(BenchFigures) ratio = NULL;
    g_autofree char *over_raw = NULL;
    guint c;

    printf("%5u  %-9s", sizes[s], ways[w]->name);
    if (why_not[w]) {
        printf("  %s\n", why_not[w]);
        return;
    }
    for (c = 0; c < n_columns; c++) {
        g_autofree char *shown = figures_show(of_way[columns[c]], 0);

        printf("  %22s", shown);
    }
    ratio = figures_ratio(of_way[columns[n_columns - 1]], figures[s][RAW][columns[n_columns - 1]]);
    over_raw = w == RAW ? g_strdup("") : figures_show(ratio, 2);
    printf("  %18s  %4u\n", over_raw, of_way[columns[0]]->len);
}

static void
print_rows(const int *columns, guint n_columns)
{
    guint s, w;

    for (s = 0; s < N_SIZES; s++) {
        for (w = 0; w < N_WAYS; w++)
            print_row(s, w, columns, n_columns);
    }
}

static void
print_tables(void)
{
    static const int work[] = {MAKE, READ, REMOVE, CPU, ALL};
    static const int attach[] = {ATTACH};
    guint s;

    printf("A guest's group: made with a child for each vCPU and limited, read, removed.\n"
           "Microseconds, medians of n interleaved rounds (quartiles); %s interface\n\n",
           bed.unified ? "unified" : "legacy");
    printf("%5s  %-9s  %22s  %22s  %22s  %22s  %22s  %18s  %4s\n", "vCPUs", "", "make and limit",
           "read", "remove", "all, CPU time", "all", "all, over raw", "n");
    print_rows(work, G_N_ELEMENTS(work));

    printf("\nThe guest's process moved into it, and each thread to its vCPU's\n\n");
    printf("%5s  %-9s  %22s  %18s  %4s\n", "vCPUs", "", "attach", "over raw", "n");
    print_rows(attach, G_N_ELEMENTS(attach));

    printf("\n");
    for (s = 0; s < N_SIZES; s++) {
        g_autoptr(BenchFigures) over_raw =
            figures_ratio(figures[s][LIBRARY][ALL], figures[s][RAW][ALL]);
        g_autoptr(BenchFigures) cpu_over_raw =
            figures_ratio(figures[s][LIBRARY][CPU], figures[s][RAW][CPU]);
        g_autoptr(BenchFigures) over_libcgroup =
            figures_ratio(figures[s][LIBRARY][ALL], figures[s][LIBCGROUP][ALL]);
        g_autofree char *text = g_strdup_printf("%u vCPUs, library over", sizes[s]);
        g_autofree char *raw = g_strconcat(text, " raw", NULL);
        g_autofree char *cpu = g_strconcat(text, " raw, CPU time", NULL);
        g_autofree char *libcgroup = g_strconcat(text, " libcgroup", NULL);

        figures_judge(over_raw, raw, GOAL_OVER_RAW);
        figures_judge(cpu_over_raw, cpu, GOAL_OVER_RAW);
        if (!why_not[LIBCGROUP])
            figures_judge(over_libcgroup, libcgroup, GOAL_OVER_LIBCGROUP);
    }
    figures_print_load();
}

static int
once(const char *name, guint n_vcpus)
{
    guint w;

    bed.n_vcpus = CLAMP(n_vcpus, 1, BED_MAX_VCPUS);
    for (w = 0; w < N_WAYS; w++) {
        if (!g_str_equal(ways[w]->name, name))
            continue;
        if (why_not[w]) {
            printf("SKIP: %s\n", why_not[w]);
            return 77;
        }
        ways[w]->make(&bed);
        ways[w]->read(&bed);
        ways[w]->remove(&bed);
        return 0;
    }

    fprintf(stderr, "bench-group: there is no way '%s'\n", name);
    return 2;
}

int
main(int argc, char **argv)
{
    double seconds = argc == 2 ? g_ascii_strtod(argv[1], NULL) : 12;
    int status = bed_start(&bed, "corral-bench");

    if (status != 0)
        return status;

    start_ways();
    if (argc == 4 && g_str_equal(argv[1], "--once"))
        status = once(argv[2], g_ascii_strtoull(argv[3], NULL, 10));
    else if (measure(seconds))
        print_tables();
    else
        status = 1;
    bed_stop(&bed);

    return status;
}
