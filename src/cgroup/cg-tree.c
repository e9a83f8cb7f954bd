/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and directories of cgroup file systems, beneath a descriptor. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "cg-tree.h"
#include "corral-error.h"

#define LABEL_PREFIX "trusted.corral."

static int
kernel_mkdir(int dir, const char *path)
{
    return mkdirat(dir, path, 0755);
}

static int
kernel_rmdir(int dir, const char *path)
{
    return unlinkat(dir, path, AT_REMOVEDIR);
}

static ssize_t
kernel_write(int dir G_GNUC_UNUSED, const char *file G_GNUC_UNUSED, int fd, const char *text,
             size_t len)
{
    return write(fd, text, len);
}

static int
kernel_setxattr(int dir, const char *name, const char *value, size_t len)
{
    return fsetxattr(dir, name, value, len, 0);
}

static ssize_t
kernel_getxattr(int dir, const char *name, char *value, size_t size)
{
    return fgetxattr(dir, name, value, size);
}

static int
kernel_removexattr(int dir, const char *name)
{
    return fremovexattr(dir, name);
}

static const CgTreeKernel real_kernel = {
    .mkdir = kernel_mkdir,
    .rmdir = kernel_rmdir,
    .write = kernel_write,
    .setxattr = kernel_setxattr,
    .getxattr = kernel_getxattr,
    .removexattr = kernel_removexattr,
};
static const CgTreeKernel *kernel = &real_kernel;

void
cg_tree_set_kernel_for_testing(const CgTreeKernel *testing)
{
    kernel = testing ? testing : &real_kernel;
}

char *
cg_tree_name(int dir, const char *file)
{
    char link[64];
    char target[PATH_MAX];
    ssize_t len;

    g_snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
    len = readlink(link, target, sizeof(target) - 1);
    if (len < 0)
        return g_strdup(file);

    target[len] = '\0';
    /* The kernel's way to say that the directory was removed; the message says so itself. */
    if (g_str_has_suffix(target, " (deleted)"))
        target[len - strlen(" (deleted)")] = '\0';
    return file[0] ? g_build_filename(target, file, NULL) : g_strdup(target);
}

gboolean
cg_tree_is_gone(int dir)
{
    return faccessat(dir, "cgroup.procs", F_OK, 0) < 0 && errno != EACCES;
}

static CorralError
code_for(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ESRCH:
    case ENODATA:
        return CORRAL_ERROR_NOT_FOUND;
    case ENODEV:
        return CORRAL_ERROR_GONE;
    case EEXIST:
        return CORRAL_ERROR_EXISTS;
    case EBUSY:
    case ENOTEMPTY:
        return CORRAL_ERROR_BUSY;
    case EACCES:
    case EPERM:
    case EROFS:
        return CORRAL_ERROR_PERMISSION;
    case EINVAL:
    case ERANGE:
    case ENOSPC:
    case EAGAIN: /* cgroup.max.descendants, cgroup.max.depth */
        return CORRAL_ERROR_REFUSED;
    case EOPNOTSUPP:
        return CORRAL_ERROR_UNSUPPORTED;
    case ENAMETOOLONG:
    case ENOTDIR: /* the name of a control file */
        return CORRAL_ERROR_NAME;
    default:
        return CORRAL_ERROR_FAILED;
    }
}

void
cg_tree_set_error(GError **error, int errnum, int dir, const char *file, const char *doing)
{
    g_autofree char *name = NULL;

    /* The name costs a system call, and there are failures that nobody asks about. */
    if (!error)
        return;

    name = cg_tree_name(dir, file);
    g_set_error(error, CORRAL_ERROR, code_for(errnum), "cannot %s '%s': %s", doing, name,
                g_strerror(errnum));
}

void
cg_tree_set_gone_error(GError **error, int dir, const char *file, const char *doing)
{
    g_autofree char *name = cg_tree_name(dir, file);

    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_GONE, "cannot %s '%s': the group was removed",
                doing, name);
}

/* A control file that is missing means a removed group or an old kernel. */
static void
set_open_error(GError **error, int errnum, int dir, const char *file, const char *doing)
{
    g_autofree char *name = NULL;

    if (errnum != ENOENT) {
        cg_tree_set_error(error, errnum, dir, file, doing);
        return;
    }

    if (cg_tree_is_gone(dir)) {
        cg_tree_set_gone_error(error, dir, file, doing);
        return;
    }

    name = cg_tree_name(dir, file);
    g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_UNSUPPORTED,
                "cannot %s '%s': this kernel has no such control", doing, name);
}

gboolean
cg_tree_check_name(const char *name, GError **error)
{
    if (name[0] == '\0' || g_str_equal(name, ".") || g_str_equal(name, "..") ||
        strpbrk(name, "/\n") || strlen(name) > NAME_MAX) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME, "'%s' is not a name for a group", name);
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_tree_check_path(const char *path, GError **error)
{
    g_auto(GStrv) components = NULL;
    gsize i;

    if (path[0] == '\0')
        return TRUE;

    components = g_strsplit(path, "/", -1);
    for (i = 0; components[i]; i++) {
        if (!cg_tree_check_name(components[i], NULL)) {
            g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_NAME,
                        "'%s' is not a path for a group: bad component '%s'", path, components[i]);
            return FALSE;
        }
    }

    return TRUE;
}

gboolean
cg_tree_is_at_or_below(const char *path, const char *top)
{
    gsize length = strlen(top);

    return length == 0 ||
           (strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

int
cg_tree_open_dir(int dir, const char *path, GError **error)
{
    int fd = openat(dir, path[0] ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        cg_tree_set_error(error, errno, dir, path, "open group");

    return fd;
}

int
cg_tree_open_file(int dir, const char *file, GError **error)
{
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        set_open_error(error, errno, dir, file, "read");

    return fd;
}

int
cg_tree_open_with(int dir, const char *file, int flags, GError **error)
{
    int fd = openat(dir, file, flags | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        set_open_error(error, errno, dir, file, "open");

    return fd;
}

char *
cg_tree_read(int dir, const char *file, GError **error)
{
    CG_AUTO_FD fd = cg_tree_open_file(dir, file, error);
    g_autoptr(GString) text = NULL;
    char chunk[4096];

    if (fd < 0)
        return NULL;

    text = g_string_new(NULL);
    while (TRUE) {
        ssize_t got = read(fd, chunk, sizeof(chunk));

        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            cg_tree_set_error(error, errno, dir, file, "read");
            return NULL;
        }
        g_string_append_len(text, chunk, got);
    }

    return g_string_free(g_steal_pointer(&text), FALSE);
}

/*
 * The kernel makes the whole text of most control files at the read of their
 * first byte and hands out as much as there is room for, so a read that leaves
 * room has got all of it, and no second one has to ask whether there is more.
 *
 * A list of ids is made one by one, in a buffer of a page (seq_read_iter() in
 * fs/seq_file.c): a read ends when that is full, whatever room there is.  What is
 * shorter than half of the smallest page did not fill it.
 */
#define SURELY_ALL 2048

char *
cg_tree_read_open(int fd, int dir, const char *file, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char chunk[16384];
    ssize_t got;

    do {
        got = pread(fd, chunk, sizeof(chunk), text->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            cg_tree_set_error(error, errno, dir, file, "read");
            return NULL;
        }
        g_string_append_len(text, chunk, got);
    } while (got < 0 || got >= SURELY_ALL);

    return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean
cg_tree_check_file(int dir, const char *file, GError **error)
{
    if (faccessat(dir, file, W_OK, AT_EACCESS) < 0) {
        set_open_error(error, errno, dir, file, "write");
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_tree_write_open(int fd, int dir, const char *file, const char *text, GError **error)
{
    gsize len = strlen(text);
    ssize_t put;

    /* A control file takes its value in one write or not at all. */
    do
        put = kernel->write(dir, file, fd, text, len);
    while (put < 0 && errno == EINTR);

    if (put < 0) {
        int errnum = errno;
        g_autofree char *name = cg_tree_name(dir, file);

        g_set_error(error, CORRAL_ERROR, code_for(errnum), "cannot write '%s' to '%s': %s", text,
                    name, g_strerror(errnum));
        return FALSE;
    }
    if ((gsize)put != len) {
        cg_tree_set_error(error, EIO, dir, file, "write all of a value to");
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_tree_write(int dir, const char *file, const char *text, GError **error)
{
    CG_AUTO_FD fd = openat(dir, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        set_open_error(error, errno, dir, file, "write");
        return FALSE;
    }

    return cg_tree_write_open(fd, dir, file, text, error);
}

gboolean
cg_tree_mkdir(int dir, const char *path, gboolean *made, GError **error)
{
    if (kernel->mkdir(dir, path) < 0) {
        int errnum = errno;

        if (errnum == ENOENT && cg_tree_is_gone(dir)) {
            cg_tree_set_gone_error(error, dir, path, "make group");
            return FALSE;
        }
        if (errnum != EEXIST) {
            cg_tree_set_error(error, errnum, dir, path, "make group");
            return FALSE;
        }
        *made = FALSE;
        return TRUE;
    }

    *made = TRUE;
    return TRUE;
}

gboolean
cg_tree_rmdir(int dir, const char *path, GError **error)
{
    if (kernel->rmdir(dir, path) < 0 && errno != ENOENT && errno != ENODEV) {
        cg_tree_set_error(error, errno, dir, path, "remove group");
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_tree_is_same(int dir, int parent, const char *path, gboolean *same, GError **error)
{
    struct stat held;
    struct stat found;

    if (fstat(dir, &held) < 0) {
        cg_tree_set_error(error, errno, dir, "", "look at group");
        return FALSE;
    }
    if (fstatat(parent, path, &found, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            cg_tree_set_error(error, errno, parent, path, "look at group");
            return FALSE;
        }
        *same = FALSE;
        return TRUE;
    }

    /* As long as it is held its number is not given to another. */
    *same = held.st_dev == found.st_dev && held.st_ino == found.st_ino;
    return TRUE;
}

gboolean
cg_tree_has_file(int dir, const char *file)
{
    return faccessat(dir, file, F_OK, 0) == 0;
}

guint64
cg_tree_get_id(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
cg_tree_list_dirs(int dir, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    CG_AUTO_FD fd = -1;
    struct dirent *entry;
    struct stat own;
    DIR *stream;

    /* The kernel counts a group's links: its name, ".", and the ".." of each below it.  Where a
     * file system does not, it is 1.  Most have none, and a dozen or more files to list. */
    if (fstat(dir, &own) == 0 && own.st_nlink == 2)
        return g_new0(char *, 1);

    /* A descriptor of its own: a shared one would share its position, too. */
    fd = cg_tree_open_dir(dir, "", error);
    if (fd < 0)
        return NULL;

    stream = fdopendir(fd);
    if (!stream) {
        cg_tree_set_error(error, errno, dir, "", "list");
        return NULL;
    }
    cg_fd_steal(&fd);

    while ((errno = 0, entry = readdir(stream))) {
        struct stat st;
        gboolean is_dir = entry->d_type == DT_DIR;

        if (entry->d_type == DT_UNKNOWN)
            is_dir =
                fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
        if (is_dir && !g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    if (errno != 0) {
        int errnum = errno;

        closedir(stream);
        cg_tree_set_error(error, errnum, dir, "", "list");
        return NULL;
    }
    closedir(stream);

    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

gboolean
cg_tree_set_label(int dir, const char *name, const char *value, GError **error)
{
    g_autofree char *attribute = g_strconcat(LABEL_PREFIX, name, NULL);
    gsize len = strlen(value);

    if (len > CG_TREE_LABEL_MAX) {
        g_set_error(error, CORRAL_ERROR, CORRAL_ERROR_RANGE,
                    "label '%s' of %" G_GSIZE_FORMAT " bytes is too long: %d is the most", name,
                    len, CG_TREE_LABEL_MAX);
        return FALSE;
    }

    if (kernel->setxattr(dir, attribute, value, len) < 0) {
        cg_tree_set_error(error, errno, dir, attribute, "label");
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_tree_drop_label(int dir, const char *name, GError **error)
{
    g_autofree char *attribute = g_strconcat(LABEL_PREFIX, name, NULL);

    if (kernel->removexattr(dir, attribute) < 0 && errno != ENODATA) {
        cg_tree_set_error(error, errno, dir, attribute, "take label off");
        return FALSE;
    }

    return TRUE;
}

char *
cg_tree_get_label(int dir, const char *name, GError **error)
{
    g_autofree char *attribute = g_strconcat(LABEL_PREFIX, name, NULL);
    char value[CG_TREE_LABEL_MAX];
    ssize_t len = kernel->getxattr(dir, attribute, value, sizeof(value));

    if (len < 0) {
        cg_tree_set_error(error, errno, dir, attribute, "read label");
        return NULL;
    }

    return g_strndup(value, len);
}
