/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long commands take, from before their fork to after their end, in turn.
 * bench-crun.sh says which, in pairs: crun's and ours.
 *
 *   time-commands SECONDS GROUP PLAIN UPDATE  GROUP PLAIN UPDATE
 *
 * GROUP makes a group with limits, runs something in it and removes it; PLAIN
 * runs the same without a group; UPDATE sets other limits for a group that is
 * there.  What GROUP takes longer than PLAIN is the price of the group.
 */
#include <config.h>

#include <stdio.h>
#include <sys/wait.h>

#include "bench-bed.h"
#include "bench-figures.h"

#define MIN_ROUNDS 15
#define MAX_ROUNDS 200

static const char *const whose[] = {"crun", "library"};
static const char *const what[] = {"with group", "without group", "its group", "update"};

#define N_WHOSE 2
#define N_COMMANDS 3

enum {
    GROUP,
    PLAIN,
    PRICE,
    UPDATE,
    N_FIGURES
};

static char **commands[N_WHOSE][N_COMMANDS];
static BenchFigures *figures[N_WHOSE][N_FIGURES];

static double
time_command(char **argv)
{
    gint64 start = g_get_monotonic_time();
    GError *error = NULL;
    int status = 0;

    bed_check(g_spawn_sync(NULL, argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL,
                           &status, &error),
              error);
    if (status != 0) {
        fprintf(stderr, "time-commands: '%s' has failed\n", argv[0]);
        exit(1);
    }

    return g_get_monotonic_time() - start;
}

static void
one_round(guint w)
{
    double with = time_command(commands[w][0]);
    double without = time_command(commands[w][1]);

    figures_add(figures[w][GROUP], with);
    figures_add(figures[w][PLAIN], without);
    figures_add(figures[w][PRICE], with - without);
    figures_add(figures[w][UPDATE], time_command(commands[w][2]));
}

static void
measure(double seconds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    guint round, turn;

    for (round = 0; round < MAX_ROUNDS; round++) {
        if (round >= MIN_ROUNDS && g_get_monotonic_time() >= deadline)
            return;
        for (turn = 0; turn < N_WHOSE; turn++)
            one_round((round + turn) % N_WHOSE);
    }
}

static void
print_table(void)
{
    guint w, f;

    printf("%-8s", "");
    for (f = 0; f < N_FIGURES; f++)
        printf("  %22s", what[f]);
    printf("  %4s\n", "n");
    for (w = 0; w < N_WHOSE; w++) {
        printf("%-8s", whose[w]);
        for (f = 0; f < N_FIGURES; f++) {
            g_autofree char *shown = figures_show(figures[w][f], 0);

            printf("  %22s", shown);
        }
        printf("  %4u\n", figures[w][GROUP]->len);
    }
}

/* Differences may come near to nothing, so it is their medians that are divided. */
static void
judge(guint figure, const char *text)
{
    double crun = figures_median(figures[0][figure]);
    double library = figures_median(figures[1][figure]);

    printf("%s, library over crun: %.2f, n = %u; goal: less than 1: %s\n", text, library / crun,
           figures[0][figure]->len, library < crun ? "holds" : "MISSED");
}

int
main(int argc, char **argv)
{
    GError *error = NULL;
    guint w, f;

    if (argc != 2 + N_WHOSE * N_COMMANDS) {
        fprintf(stderr, "Usage: time-commands SECONDS COMMAND...\n");
        return 2;
    }
    for (w = 0; w < N_WHOSE; w++) {
        for (f = 0; f < N_FIGURES; f++)
            figures[w][f] = figures_new();
        for (f = 0; f < N_COMMANDS; f++)
            bed_check(
                g_shell_parse_argv(argv[2 + w * N_COMMANDS + f], NULL, &commands[w][f], &error),
                error);
    }

    measure(g_ascii_strtod(argv[1], NULL));
    print_table();
    printf("\n");
    judge(PRICE, "the group");
    judge(GROUP, "all");
    judge(UPDATE, "update");
    figures_print_load();

    return 0;
}
