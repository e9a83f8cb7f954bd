/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Medians, quartiles and goals. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "bench-figures.h"

BenchFigures *
figures_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(double));
}

void
figures_free(BenchFigures *self)
{
    g_array_unref(self);
}

void
figures_add(BenchFigures *self, double value)
{
    g_array_append_val(self, value);
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value that @quarters of four are not above. */
static double
quartile(BenchFigures *self, guint quarters)
{
    g_autoptr(GArray) sorted = g_array_copy(self);

    if (sorted->len == 0)
        return 0;
    g_array_sort(sorted, compare);
    return g_array_index(sorted, double, (sorted->len - 1) * quarters / 4);
}

double
figures_median(BenchFigures *self)
{
    return quartile(self, 2);
}

char *
figures_show(BenchFigures *self, int decimals)
{
    return g_strdup_printf("%.*f (%.*f-%.*f)", decimals, quartile(self, 2), decimals,
                           quartile(self, 1), decimals, quartile(self, 3));
}

BenchFigures *
figures_ratio(BenchFigures *self, BenchFigures *other)
{
    BenchFigures *ratio = figures_new();
    guint i;

    for (i = 0; i < MIN(self->len, other->len); i++)
        figures_add(ratio, g_array_index(self, double, i) / g_array_index(other, double, i));

    return ratio;
}

void
figures_judge(BenchFigures *self, const char *text, double goal)
{
    g_autofree char *shown = figures_show(self, 2);
    gboolean unsure = quartile(self, 1) <= goal && quartile(self, 3) > goal;

    printf("%s: %s, n = %u; goal: at most %.2f: %s%s\n", text, shown, self->len, goal,
           figures_median(self) <= goal ? "holds" : "MISSED", unsure ? ", not in every round" : "");
}

void
figures_print_load(void)
{
    double load[3] = {0, 0, 0};

    if (getloadavg(load, 3) == 3)
        printf("load of this machine's %u CPUs: %.1f (1 minute), %.1f (5 minutes)\n",
               g_get_num_processors(), load[0], load[1]);
}
