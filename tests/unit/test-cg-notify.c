/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being woken, by whom it concerns and by nobody else. */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include <glib/gstdio.h>
#include "cg-notify.h"

typedef struct {
    char *path;
    CgFd dir;
} Place;

static void
place_init(Place *self)
{
    g_autoptr(GError) error = NULL;

    self->path = g_dir_make_tmp("corral-notify-XXXXXX", &error);
    g_assert_no_error(error);
    self->dir = cg_tree_open_dir(AT_FDCWD, self->path, &error);
    g_assert_no_error(error);
}

static void
make(Place *self, const char *name)
{
    g_autofree char *path = g_build_filename(self->path, name, NULL);

    g_assert_cmpint(g_mkdir(path, 0755), ==, 0);
}

static void
put(Place *self, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(self->path, name, NULL);

    /* Not g_file_set_contents(), which makes another file. */
    FILE *stream = g_fopen(path, "ae");

    g_assert_nonnull(stream);
    fputs(text, stream);
    g_assert_cmpint(fclose(stream), ==, 0);
}

static void
drop(Place *self, const char *name)
{
    g_autofree char *path = g_build_filename(self->path, name, NULL);

    g_assert_cmpint(g_remove(path), ==, 0);
}

static void
place_clear(Place *self)
{
    cg_fd_close(&self->dir);
    g_assert_cmpint(g_rmdir(self->path), ==, 0);
    g_free(self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static gboolean
is_readable(int fd)
{
    struct pollfd one = {fd, POLLIN, 0};

    return poll(&one, 1, 0) == 1;
}

/* Whether it has been woken; its descriptor says the same, and both forget. */
static gboolean
takes(CgNotify *notify)
{
    static gint64 turn;
    gboolean woken;

    cg_notify_pump(++turn);
    woken = cg_notify_is_woken(notify);
    g_assert_cmpint(is_readable(cg_notify_get_fd(notify)), ==, woken);
    g_assert_cmpint(cg_notify_take(notify), ==, woken);
    g_assert_false(is_readable(cg_notify_get_fd(notify)));
    g_assert_false(cg_notify_is_woken(notify));
    return woken;
}

static void
test_dirs(void)
{
    g_auto(Place) place = {0};
    g_autoptr(CgNotify) all = NULL;
    g_autoptr(CgNotify) one = NULL;
    g_autoptr(GError) error = NULL;

    place_init(&place);
    all = cg_notify_new(&error);
    g_assert_no_error(error);
    one = cg_notify_new(&error);
    g_assert_no_error(error);
    g_assert_true(cg_notify_add_dir(all, place.dir, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(cg_notify_add_dir(one, place.dir, "one", &error));
    g_assert_no_error(error);
    g_assert_false(takes(all));

    make(&place, "one");
    g_assert_true(is_readable(cg_notify_get_hub_fd()));
    g_assert_true(takes(all));
    g_assert_true(takes(one));
    g_assert_false(is_readable(cg_notify_get_hub_fd()));
    make(&place, "other");
    g_assert_true(takes(all));
    g_assert_false(takes(one));
    put(&place, "file", "");
    g_assert_false(takes(all));
    drop(&place, "file");
    g_assert_false(takes(all));

    /* Who stays is not harmed by who leaves. */
    g_clear_pointer(&all, cg_notify_free);
    drop(&place, "other");
    g_assert_false(takes(one));
    drop(&place, "one");
    g_assert_true(takes(one));
}

static void
test_files(void)
{
    g_auto(Place) place = {0};
    g_autoptr(CgNotify) notify = NULL;
    g_autoptr(GError) error = NULL;

    place_init(&place);
    put(&place, "cgroup.procs", "");
    put(&place, "file", "");
    notify = cg_notify_new(&error);
    g_assert_no_error(error);
    g_assert_true(cg_notify_add_file(notify, place.dir, "file", &error));
    g_assert_no_error(error);
    g_assert_false(takes(notify));
    put(&place, "file", "text");
    g_assert_true(takes(notify));
    put(&place, "cgroup.procs", "text");
    g_assert_false(takes(notify));
    g_assert_false(cg_notify_add_file(notify, place.dir, "absent", &error));
    g_assert_nonnull(error);
    drop(&place, "file");
    drop(&place, "cgroup.procs");
}

/* The kernel is not left with what nobody wants to know any more. */
static void
test_nothing_left(void)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    int i;

    place_init(&place);
    for (i = 0; i < 3; i++) {
        g_autoptr(CgNotify) one = cg_notify_new(NULL);
        g_autoptr(CgNotify) other = cg_notify_new(NULL);
        g_autofree char *info = NULL;

        g_assert_true(cg_notify_add_dir(one, place.dir, NULL, NULL));
        g_assert_true(cg_notify_add_dir(other, place.dir, "name", NULL));
        name = name ? name : g_strdup_printf("/proc/self/fdinfo/%d", cg_notify_get_hub_fd());
        g_assert_true(g_file_get_contents(name, &info, NULL, NULL));
        g_assert_nonnull(strstr(info, "inotify wd:"));
        g_clear_pointer(&one, cg_notify_free);
        g_clear_pointer(&other, cg_notify_free);
        g_clear_pointer(&info, g_free);
        g_assert_true(g_file_get_contents(name, &info, NULL, NULL));
        g_assert_null(strstr(info, "inotify wd:"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/notify/dirs", test_dirs);
    g_test_add_func("/notify/files", test_files);
    g_test_add_func("/notify/nothing-left", test_nothing_left);

    return g_test_run();
}
