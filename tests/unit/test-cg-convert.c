/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares and weight, held to the vectors of docs/units.md. */
#include <config.h>

#include <string.h>

#include "cg-convert.h"
#include "corral-types.h"

typedef void (*CheckRow)(guint64 from, guint64 to);

/* "| 500 | 49 |": the two numbers of a table's row; FALSE for any other line. */
static gboolean
parse_row(const char *line, guint64 *from, guint64 *to)
{
    g_auto(GStrv) cells = g_strsplit(line, "|", -1);

    return g_strv_length(cells) == 4 &&
           g_ascii_string_to_unsigned(g_strstrip(cells[1]), 10, 0, G_MAXUINT64, from, NULL) &&
           g_ascii_string_to_unsigned(g_strstrip(cells[2]), 10, 0, G_MAXUINT64, to, NULL);
}

/* Hands every row below @heading to @check; returns how many there were. */
static guint
for_each_vector(const char *heading, CheckRow check)
{
    g_autofree char *name = g_test_build_filename(G_TEST_DIST, "..", "docs", "units.md", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) lines = NULL;
    gboolean inside = FALSE;
    guint rows = 0;
    gsize i;

    g_file_get_contents(name, &text, NULL, &error);
    g_assert_no_error(error);

    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i]; i++) {
        guint64 from, to;

        if (lines[i][0] == '#')
            inside = g_str_equal(lines[i], heading);
        if (inside && parse_row(lines[i], &from, &to)) {
            check(from, to);
            rows++;
        }
    }

    return rows;
}

static void
check_to_weight(guint64 shares, guint64 weight)
{
    g_test_message("%" G_GUINT64_FORMAT " shares", shares);
    g_assert_cmpuint(cg_convert_shares_to_weight(shares), ==, weight);
}

static void
check_to_shares(guint64 weight, guint64 shares)
{
    g_test_message("weight %" G_GUINT64_FORMAT, weight);
    g_assert_cmpuint(cg_convert_weight_to_shares(weight), ==, shares);
}

static void
test_shares_to_weight(void)
{
    g_assert_cmpuint(for_each_vector("### Shares to weight (vectors)", check_to_weight), ==, 22);
}

static void
test_weight_to_shares(void)
{
    g_assert_cmpuint(for_each_vector("### Weight to shares (vectors)", check_to_shares), ==, 13);
}

static void
check_to_bfq(guint64 weight, guint64 bfq)
{
    g_assert_cmpuint(cg_convert_io_weight_to_bfq(weight), ==, bfq);
    if (weight <= 1000)
        g_assert_cmpuint(cg_convert_bfq_to_io_weight(bfq), ==, weight);
}

static void
check_to_cfq(guint64 weight, guint64 cfq)
{
    g_assert_cmpuint(cg_convert_io_weight_to_cfq(weight), ==, cfq);
}

static void
check_from_cfq(guint64 cfq, guint64 weight)
{
    g_assert_cmpuint(cg_convert_cfq_to_io_weight(cfq), ==, weight);
}

static void
test_io_weight(void)
{
    g_assert_cmpuint(for_each_vector("#### Weight to bfq (vectors)", check_to_bfq), ==, 7);
    g_assert_cmpuint(for_each_vector("#### Weight to cfq (vectors)", check_to_cfq), ==, 8);
    g_assert_cmpuint(for_each_vector("#### cfq to weight (vectors)", check_from_cfq), ==, 6);
}

/* What the page promises in words, for all of both ranges. */
static void
test_shape(void)
{
    guint64 shares;
    guint weight;
    guint last = 0;

    for (shares = CORRAL_CPU_SHARES_MIN; shares <= CORRAL_CPU_SHARES_MAX; shares++) {
        guint now = cg_convert_shares_to_weight(shares);
        double exact = (double)shares * 100 / 1024;

        g_assert_cmpuint(now, >=, MAX(last, CORRAL_CPU_WEIGHT_MIN));
        g_assert_cmpuint(now, <=, CORRAL_CPU_WEIGHT_MAX);
        if (exact >= CORRAL_CPU_WEIGHT_MIN && exact <= CORRAL_CPU_WEIGHT_MAX)
            g_assert_cmpfloat(ABS(now - exact), <=, 0.5);
        last = now;
    }

    /* A weight survives the way there and back. */
    for (weight = CORRAL_CPU_WEIGHT_MIN; weight <= CORRAL_CPU_WEIGHT_MAX; weight++)
        g_assert_cmpuint(cg_convert_shares_to_weight(cg_convert_weight_to_shares(weight)), ==,
                         weight);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/convert/shares-to-weight", test_shares_to_weight);
    g_test_add_func("/convert/weight-to-shares", test_weight_to_shares);
    g_test_add_func("/convert/io-weight", test_io_weight);
    g_test_add_func("/convert/shape", test_shape);

    return g_test_run();
}
