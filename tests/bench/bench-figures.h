/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What was measured of one thing, round after round.  A machine with other work
 * makes single figures worthless, so only medians are printed, and with them
 * the quartiles and how many rounds there were.
 */
typedef GArray BenchFigures; /* of double */

BenchFigures *figures_new(void);
void figures_free(BenchFigures *self);
void figures_add(BenchFigures *self, double value);
double figures_median(BenchFigures *self);

/* "123 (110-140)": the median, and between which values half of all lie. */
char *figures_show(BenchFigures *self, int decimals);

/* Round by round; both were measured in the same rounds. */
BenchFigures *figures_ratio(BenchFigures *self, BenchFigures *other);

/*
 * "TEXT 1.30 (1.22-1.41), n = 300; goal: at most 1.50: holds".  The median is what
 * counts; where the quartiles are on both sides of the goal, that is said.
 */
void figures_judge(BenchFigures *self, const char *text, double goal);
/* Load averages: how much other work there was. */
void figures_print_load(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BenchFigures, figures_free)
