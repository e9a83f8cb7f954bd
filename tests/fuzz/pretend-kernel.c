/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine without a file system.  The linker gives us the system calls of the
 * library (--wrap in tests/local.mk): every directory opens, every file opens and
 * has the text that comes next, and every descriptor is a real one that leads
 * nowhere, so that closing it is no lie.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "pretend-kernel.h"

#define MAX_FD 256
#define MAX_TEXTS 16

static struct {
    const char *data;
    gsize length;
} texts[MAX_TEXTS];
static guint n_texts;
static guint n_opened;   /* files, since the texts were given */
static gsize step;       /* how much one read() yields */
static int nowhere = -1; /* what every descriptor is a copy of */

static struct {
    guint text; /* of those above; of a kept descriptor, of later ones, too */
    gsize at;
} files[MAX_FD];

void
pretend_kernel_give(const char *data, gsize size)
{
    const char *end = data + size;

    n_texts = 0;
    n_opened = 0;
    step = 1 + size % 61;
    while (n_texts < MAX_TEXTS) {
        const char *bar = data < end ? memchr(data, PRETEND_KERNEL_BAR, end - data) : NULL;

        texts[n_texts].data = data;
        texts[n_texts].length = (bar ? bar : end) - data;
        n_texts++;
        if (!bar)
            break;
        data = bar + 1;
    }
}

char *
pretend_kernel_dup_text(guint i)
{
    const guint last = MIN(i, n_texts - 1);

    return g_strndup(texts[last].data, texts[last].length);
}

int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatat(int dir, const char *path, struct stat *st, int flags);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap___openat_2(int dir, const char *path, int flags);
int __wrap_faccessat(int dir, const char *path, int mode, int flags);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_readlink(const char *path, char *buffer, size_t size);
ssize_t __wrap_fgetxattr(int fd, const char *name, void *value, size_t size);

int
__wrap_openat(int dir G_GNUC_UNUSED, const char *path G_GNUC_UNUSED, int flags, ...)
{
    int fd;

    if (nowhere < 0)
        nowhere = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fd = fcntl(nowhere, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -1;

    g_assert_cmpint(fd, <, MAX_FD);
    if (!(flags & O_DIRECTORY)) {
        files[fd].text = n_opened++;
        files[fd].at = 0;
    }
    return fd;
}

/* What openat() is where the compiler does not know the flags. */
int
__wrap___openat_2(int dir, const char *path, int flags)
{
    return __wrap_openat(dir, path, flags);
}

int
__wrap_faccessat(int dir G_GNUC_UNUSED, const char *path G_GNUC_UNUSED, int mode G_GNUC_UNUSED,
                 int flags G_GNUC_UNUSED)
{
    return 0;
}

/* There is one directory, so a group is the top of its hierarchy. */
int
__wrap_fstat(int fd G_GNUC_UNUSED, struct stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_mode = S_IFDIR | 0755;
    return 0;
}

int
__wrap_fstatat(int dir, const char *path G_GNUC_UNUSED, struct stat *st, int flags G_GNUC_UNUSED)
{
    return __wrap_fstat(dir, st);
}

/* The last text is that of all further files. */
static ssize_t
read_at(guint text, gsize at, void *buffer, gsize size)
{
    guint i = MIN(text, n_texts - 1);

    if (at >= texts[i].length)
        return 0;
    size = MIN(size, texts[i].length - at);
    memcpy(buffer, texts[i].data + at, size);
    return size;
}

ssize_t
__wrap_read(int fd, void *buffer, size_t size)
{
    ssize_t got;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fd, <, MAX_FD);
    got = read_at(files[fd].text, files[fd].at, buffer, MIN(size, step));
    files[fd].at += got;
    return got;
}

ssize_t
__wrap_pread(int fd, void *buffer, size_t size, off_t at)
{
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fd, <, MAX_FD);
    return read_at(files[fd].text, at, buffer, size);
}

ssize_t
__wrap_readlink(const char *path G_GNUC_UNUSED, char *buffer, size_t size)
{
    const gsize length = strlen(PRETEND_KERNEL_DIR);

    g_assert_cmpuint(length, <, size);
    memcpy(buffer, PRETEND_KERNEL_DIR, length);
    return length;
}

ssize_t
__wrap_fgetxattr(int fd G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void *value, size_t size)
{
    guint i = MIN(n_opened, n_texts - 1);

    if (texts[i].length > size) {
        errno = ERANGE;
        return -1;
    }
    return read_at(i, 0, value, size);
}
