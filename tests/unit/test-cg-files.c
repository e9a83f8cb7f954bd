/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files kept open: read once a round, looked for once, and given back. */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "cg-files.h"
#include "cg-tree.h"
#include "corral-error.h"

/* How much one pread() yields: a list of ids comes page by page (--wrap in tests/local.mk). */
static gsize most = G_MAXSIZE;

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at);

ssize_t
__wrap_pread(int fd, void *buffer, size_t size, off_t at)
{
    return __real_pread(fd, buffer, MIN(size, most), at);
}

typedef struct {
    char *path;
    CgFd dir;
    CgFiles *files;
} Fixture;

static void
put(Fixture *self, const char *file, const char *text)
{
    g_autofree char *name = g_build_filename(self->path, file, NULL);
    CG_AUTO_FD fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
}

static void
set_up(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    self->path = g_dir_make_tmp("corral-files-XXXXXX", &error);
    g_assert_no_error(error);
    self->dir = cg_tree_open_dir(AT_FDCWD, self->path, &error);
    g_assert_no_error(error);
    self->files = cg_files_new();

    /* By this a directory is known to be a group's. */
    put(self, "cgroup.procs", "");
}

static void
tear_down(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    g_auto(GStrv) names = g_strsplit("cgroup.procs a b big late", " ", -1);
    gsize i;

    cg_files_free(self->files);
    cg_fd_close(&self->dir);
    for (i = 0; names[i]; i++) {
        g_autofree char *name = g_build_filename(self->path, names[i], NULL);

        g_unlink(name);
    }
    g_assert_cmpint(g_rmdir(self->path), ==, 0);
    g_free(self->path);
}

static void
assert_reads(Fixture *self, const char *file, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = cg_files_read(self->files, self->dir, file, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, wanted);
}

static void
assert_missing(Fixture *self, const char *file)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(cg_files_read(self->files, self->dir, file, &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, file));
}

static void
test_rounds(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    put(self, "a", "1\n");
    put(self, "b", "2\n");
    assert_reads(self, "a", "1\n");
    assert_reads(self, "b", "2\n");
    g_assert_cmpuint(cg_files_get_n_open(self->files), ==, 2);

    /* One moment, whatever happens meanwhile. */
    put(self, "a", "longer\n");
    assert_reads(self, "a", "1\n");

    cg_files_begin(self->files);
    assert_reads(self, "a", "longer\n");
    put(self, "a", "");
    cg_files_begin(self->files);
    assert_reads(self, "a", "");
    g_assert_cmpuint(cg_files_get_n_open(self->files), ==, 2);
}

static void
test_missing(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    assert_missing(self, "late");
    put(self, "late", "1\n");
    cg_files_begin(self->files);
    assert_missing(self, "late");
    g_assert_cmpuint(cg_files_get_n_open(self->files), ==, 0);
}

/* One that is gone may be told apart from one that never was. */
static void
test_gone(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    g_autofree char *procs = g_build_filename(self->path, "cgroup.procs", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_unlink(procs), ==, 0);
    g_assert_null(cg_files_read(self->files, self->dir, "a", &error));
    g_assert_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE);
}

/* Text longer than what is read at once. */
static void
test_big(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    static const gsize lengths[] = {16383, 16384, 16385, 100000};
    gsize i;

    for (i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *text = g_strnfill(lengths[i], 'x');

        put(self, "big", text);
        cg_files_begin(self->files);
        assert_reads(self, "big", text);
    }
}

static void
test_ids(Fixture *self, gconstpointer unused G_GNUC_UNUSED)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint id;

    for (id = 1000; id < 3000; id++)
        g_string_append_printf(text, "%u\n", id);

    put(self, "big", text->str);
    most = 4090;
    assert_reads(self, "big", text->str);
    most = G_MAXSIZE;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add("/files/rounds", Fixture, NULL, set_up, test_rounds, tear_down);
    g_test_add("/files/missing", Fixture, NULL, set_up, test_missing, tear_down);
    g_test_add("/files/gone", Fixture, NULL, set_up, test_gone, tear_down);
    g_test_add("/files/big", Fixture, NULL, set_up, test_big, tear_down);
    g_test_add("/files/ids", Fixture, NULL, set_up, test_ids, tear_down);

    return g_test_run();
}
