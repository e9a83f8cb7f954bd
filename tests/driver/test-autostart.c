/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who starts the guests at boot is decided by two files. */
#include <config.h>

#include <unistd.h>

#include <glib/gstdio.h>

#include "drv-autostart.h"

typedef struct {
    char *parent;
    char *dir; /* not made yet */
    char *stock;
    char *own;
} Bed;

static void
set_up(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    bed->parent = g_dir_make_tmp("corral-autostart-XXXXXX", NULL);
    g_assert_nonnull(bed->parent);
    bed->dir = g_build_filename(bed->parent, "qemu", NULL);
    bed->stock = g_build_filename(bed->dir, "autostarted", NULL);
    bed->own = g_build_filename(bed->dir, "corral-autostart", NULL);
}

static void
tear_down(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_unlink(bed->stock);
    g_unlink(bed->own);
    g_remove(bed->dir);
    g_rmdir(bed->parent);
    g_free(bed->parent);
    g_free(bed->dir);
    g_free(bed->stock);
    g_free(bed->own);
}

static gboolean
exists(const char *file)
{
    return g_file_test(file, G_FILE_TEST_EXISTS);
}

static void
make(Bed *bed, const char *file, const char *content)
{
    g_assert_cmpint(g_mkdir_with_parents(bed->dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, content, -1, NULL));
}

static void
test_first(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    drv_autostart_take_over(bed->dir);
    g_assert_true(exists(bed->stock));
    g_assert_true(exists(bed->own));
}

/* Stock has started them, or we have and are done. */
static void
test_later(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    make(bed, bed->stock, "");
    drv_autostart_take_over(bed->dir);
    g_assert_false(exists(bed->own));
}

/* Killed before stock's was made. */
static void
test_half(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    make(bed, bed->own, "");
    drv_autostart_take_over(bed->dir);
    g_assert_true(exists(bed->stock));
    g_assert_true(exists(bed->own));
}

/* Killed while guests were started: who had a turn is not forgotten. */
static void
test_between(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *turns = NULL;

    make(bed, bed->stock, "");
    make(bed, bed->own, "c7a5fdbd-edaf-9455-926a-d65c16db1809\n");
    drv_autostart_take_over(bed->dir);
    g_assert_true(g_file_get_contents(bed->own, &turns, NULL, NULL));
    g_assert_cmpstr(turns, ==, "c7a5fdbd-edaf-9455-926a-d65c16db1809\n");
}

/* Where we cannot keep stock from it, it is stock's. */
static void
test_impossible(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_true(g_file_set_contents(bed->dir, "a file", -1, NULL));
    drv_autostart_take_over(bed->dir);
    g_assert_false(exists(bed->own));
}

static void
test_half_possible(Bed *bed, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(g_mkdir_with_parents(bed->dir, 0700), ==, 0);
    /* A link to nowhere: it is not there, and cannot be made. */
    g_assert_cmpint(symlink("/nonexistent/autostarted", bed->stock), ==, 0);
    drv_autostart_take_over(bed->dir);
    g_assert_false(exists(bed->own));
}

static void
add(const char *path, void (*test)(Bed *bed, gconstpointer data))
{
    g_test_add(path, Bed, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    add("/first", test_first);
    add("/later", test_later);
    add("/half", test_half);
    add("/between", test_between);
    add("/impossible", test_impossible);
    add("/half-possible", test_half_possible);

    return g_test_run();
}
