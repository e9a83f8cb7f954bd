/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing files so that nothing is left half done. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "cli-change.h"
#include "cli.h"

/* What was at @path before a step. */
typedef struct {
    char *path;
    struct stat st; /* st_mode is 0 if nothing was there */
    char *content;  /* of a file; the target of a symbolic link */
    gsize length;
} Step;

struct _CliChange {
    char *root; /* without a trailing slash: "" is the real root */
    CliChangeKind kind;
    GPtrArray *steps; /* owned Step, oldest first */
    int lock;
    gboolean undisturbed; /* signals wait until it is freed; @usual is what did before */
    sigset_t usual;
};

static gboolean
fail(GError **error, int saved_errno, const char *doing, const char *path)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved_errno),
                "cannot %s '%s': %s", doing, path, g_strerror(saved_errno));
    return FALSE;
}

static void
step_free(gpointer data)
{
    Step *step = data;

    g_free(step->content);
    g_free(step->path);
    g_free(step);
}

CliChange *
cli_change_new(const char *root, CliChangeKind kind, GError **error)
{
    g_autofree char *real = realpath(root, NULL);
    CliChange *self;

    if (!real) {
        fail(error, errno, "use", root);
        return NULL;
    }
    if (!g_file_test(real, G_FILE_TEST_IS_DIR)) {
        fail(error, ENOTDIR, "use", root);
        return NULL;
    }

    self = g_new0(CliChange, 1);
    self->root = g_str_equal(real, "/") ? g_strdup("") : g_steal_pointer(&real);
    self->kind = kind;
    self->steps = g_ptr_array_new_with_free_func(step_free);
    self->lock = -1;
    return self;
}

void
cli_change_free(CliChange *self)
{
    if (self->lock >= 0)
        close(self->lock);
    if (self->undisturbed)
        sigprocmask(SIG_SETMASK, &self->usual, NULL);
    g_ptr_array_unref(self->steps);
    g_free(self->root);
    g_free(self);
}

const char *
cli_change_get_root(CliChange *self)
{
    return self->root;
}

guint
cli_change_get_n_steps(CliChange *self)
{
    return self->steps->len;
}

/* Whoever interrupts does not want half of it. */
static void
hold_signals(CliChange *self)
{
    sigset_t interruptions;

    sigemptyset(&interruptions);
    sigaddset(&interruptions, SIGHUP);
    sigaddset(&interruptions, SIGINT);
    sigaddset(&interruptions, SIGQUIT);
    sigaddset(&interruptions, SIGTERM);
    self->undisturbed = sigprocmask(SIG_BLOCK, &interruptions, &self->usual) == 0;
}

gboolean
cli_change_lock(CliChange *self, const char *dir, GError **error)
{
    self->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->lock >= 0 && flock(self->lock, LOCK_EX) < 0)
        return fail(error, errno, "lock", dir);

    hold_signals(self);
    return TRUE;
}

/* ---- paths ---- */

static gboolean
is_below(const char *path, const char *root)
{
    const gsize length = strlen(root);

    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

char *
cli_change_resolve(CliChange *self, const char *path, GError **error)
{
    g_autofree char *full = g_strconcat(self->root, path, NULL);
    g_autofree char *there = g_strdup(full);
    g_autofree char *real = NULL;
    struct stat st;

    /* The longest part that exists; what is below it is taken as it is. */
    while (!(real = realpath(there, NULL))) {
        const int saved_errno = errno;
        char *slash = strrchr(there, '/');

        if (saved_errno != ENOENT || lstat(there, &st) == 0) {
            fail(error, saved_errno, "follow", there);
            return NULL;
        }
        *slash = '\0';
        if (slash == there)
            return g_steal_pointer(&full);
    }
    if (!is_below(real, self->root)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_REFUSED, "'%s' leads out of '%s', to '%s'", there,
                    self->root, real);
        return NULL;
    }

    return g_strconcat(real, full + strlen(there), NULL);
}

/* ---- writing ---- */

static gboolean
write_all(int fd, const char *content, gsize length)
{
    while (length > 0) {
        const gssize n = write(fd, content, length);

        if (n < 0 && errno != EINTR)
            return FALSE;
        if (n > 0) {
            content += n;
            length -= (gsize)n;
        }
    }

    return TRUE;
}

/* Access control lists and security labels are attributes, too. */
static gboolean
copy_attributes(const char *from, int to)
{
    char names[4096];
    const gssize length = listxattr(from, names, sizeof(names));
    const char *name;

    if (length < 0)
        return errno == ENOTSUP || errno == ENOENT;

    for (name = names; name < names + length; name += strlen(name) + 1) {
        g_autofree char *value = NULL;
        gssize size = getxattr(from, name, NULL, 0);

        if (size < 0)
            return FALSE;
        value = g_malloc((gsize)size + 1);
        size = getxattr(from, name, value, (gsize)size);
        if (size < 0 || fsetxattr(to, name, value, (gsize)size, 0) < 0)
            return FALSE;
    }

    return TRUE;
}

/* Best effort: whatever becomes of the name, both files are whole on the disk. */
static void
sync_dir(const char *dir)
{
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fsync(fd) < 0)
        g_debug("cannot sync '%s': %s", dir, g_strerror(errno));
    close(fd);
}

/* The owner is set before the mode, because changing it may clear mode bits. */
static gboolean
fill(int fd, const char *path, const char *content, gsize length, const struct stat *st)
{
    return write_all(fd, content, length) && fchown(fd, st->st_uid, st->st_gid) == 0 &&
           fchmod(fd, st->st_mode & 07777) == 0 && copy_attributes(path, fd) && fsync(fd) == 0;
}

/*
 * Whoever reads @path sees the old file or the new one, whole; also if the
 * machine loses power in between.
 */
static gboolean
replace_file(const char *path, const char *content, gsize length, const struct stat *st,
             GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *temporary = g_strdup_printf("%s/.%s.corral-XXXXXX", dir, base);
    const int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
    gboolean filled;
    int saved_errno;

    if (fd < 0)
        return fail(error, errno, "write in", dir);

    filled = fill(fd, path, content, length, st);
    saved_errno = errno;
    if (close(fd) < 0 && filled) {
        filled = FALSE;
        saved_errno = errno;
    }
    if (filled && rename(temporary, path) < 0) {
        filled = FALSE;
        saved_errno = errno;
    }
    if (!filled) {
        unlink(temporary);
        return fail(error, saved_errno, "write", path);
    }

    sync_dir(dir);
    return TRUE;
}

/* ---- steps ---- */

static char *
read_link(const char *path)
{
    char target[PATH_MAX];
    const gssize length = readlink(path, target, sizeof(target));

    return length < 0 ? NULL : g_strndup(target, (gsize)length);
}

/* Adds what is at @path now to the steps, for undo() to restore. */
static gboolean
remember(CliChange *self, const char *path, GError **error)
{
    Step *step = g_new0(Step, 1);
    gboolean known = TRUE;

    step->path = g_strdup(path);
    if (lstat(path, &step->st) < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            known = fail(error, errno, "look at", path);
        step->st.st_mode = 0;
    } else if (S_ISREG(step->st.st_mode)) {
        known = g_file_get_contents(path, &step->content, &step->length, error);
    } else if (S_ISLNK(step->st.st_mode)) {
        step->content = read_link(path);
        if (!step->content)
            known = fail(error, errno, "read", path);
    }

    if (known)
        g_ptr_array_add(self->steps, step);
    else
        step_free(step);
    return known;
}

static gboolean
take_away(const char *path, GError **error)
{
    if (remove(path) < 0 && errno != ENOENT)
        return fail(error, errno, "remove", path);

    return TRUE;
}

static gboolean
restore(const Step *step, GError **error)
{
    const char *path = step->path;

    if (S_ISREG(step->st.st_mode))
        return replace_file(path, step->content, step->length, &step->st, error);
    if (S_ISDIR(step->st.st_mode)) {
        if (mkdir(path, step->st.st_mode & 07777) < 0 ||
            chown(path, step->st.st_uid, step->st.st_gid) < 0 ||
            chmod(path, step->st.st_mode & 07777) < 0)
            return fail(error, errno, "make", path);
        return TRUE;
    }

    if (!take_away(path, error))
        return FALSE;
    if (S_ISLNK(step->st.st_mode) && symlink(step->content, path) < 0)
        return fail(error, errno, "make", path);
    return TRUE;
}

/* Whether the step that was just remembered is only to be rehearsed. */
static gboolean
is_rehearsal(CliChange *self)
{
    return self->kind == CLI_CHANGE_REHEARSAL;
}

/* A step that failed did nothing, so there is nothing to restore. */
static gboolean
forget(CliChange *self)
{
    g_ptr_array_remove_index(self->steps, self->steps->len - 1);
    return FALSE;
}

gboolean
cli_change_write(CliChange *self, const char *path, const char *content, gsize length,
                 mode_t mode_if_new, GError **error)
{
    struct stat st = {.st_uid = geteuid(), .st_gid = getegid(), .st_mode = mode_if_new};
    const Step *step;

    if (!remember(self, path, error))
        return FALSE;
    step = g_ptr_array_index(self->steps, self->steps->len - 1);
    if (step->st.st_mode != 0)
        st = step->st;

    if (!is_rehearsal(self) && !replace_file(path, content, length, &st, error))
        return forget(self);
    return TRUE;
}

gboolean
cli_change_unlink(CliChange *self, const char *path, GError **error)
{
    if (!remember(self, path, error))
        return FALSE;
    if (!is_rehearsal(self) && unlink(path) < 0) {
        fail(error, errno, "remove", path);
        return forget(self);
    }

    return TRUE;
}

gboolean
cli_change_symlink(CliChange *self, const char *target, const char *path, GError **error)
{
    if (!remember(self, path, error))
        return FALSE;
    if (!is_rehearsal(self) && symlink(target, path) < 0) {
        fail(error, errno, "make", path);
        return forget(self);
    }

    return TRUE;
}

static gboolean
make_dir(CliChange *self, const char *path, guint *n_made, GError **error)
{
    g_autofree char *above = NULL;

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return TRUE;

    above = g_path_get_dirname(path);
    if (!make_dir(self, above, n_made, error) || !remember(self, path, error))
        return FALSE;
    if (!is_rehearsal(self) && mkdir(path, 0755) < 0) {
        fail(error, errno, "make", path);
        return forget(self);
    }
    (*n_made)++;

    return TRUE;
}

gboolean
cli_change_make_parents(CliChange *self, const char *path, guint *n_made, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);
    guint n = 0;

    if (!make_dir(self, dir, &n, error))
        return FALSE;

    *n_made = n;
    return TRUE;
}

gboolean
cli_change_remove_parents(CliChange *self, const char *path, guint n, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);

    /* The number comes from a file that anybody may have edited: never above the root. */
    while (n-- > 0 && strlen(dir) > strlen(self->root)) {
        char *slash = strrchr(dir, '/');

        if (!remember(self, dir, error))
            return FALSE;
        if (!is_rehearsal(self) && rmdir(dir) < 0) {
            const int saved_errno = errno;

            forget(self);
            if (saved_errno == ENOTEMPTY || saved_errno == EEXIST || saved_errno == ENOENT)
                return TRUE;
            return fail(error, saved_errno, "remove", dir);
        }
        *slash = '\0';
    }

    return TRUE;
}

gboolean
cli_change_undo(CliChange *self, GError **error)
{
    g_autoptr(GError) failure = NULL;

    while (self->steps->len > 0) {
        g_autoptr(GError) here = NULL;

        /* One thing that cannot be restored is no reason to leave the others. */
        if (!is_rehearsal(self) &&
            !restore(g_ptr_array_index(self->steps, self->steps->len - 1), &here) && !failure)
            failure = g_steal_pointer(&here);
        g_ptr_array_remove_index(self->steps, self->steps->len - 1);
    }

    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}
