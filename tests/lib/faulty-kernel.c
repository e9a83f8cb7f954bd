/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that fail on demand. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "faulty-kernel.h"

typedef enum {
    PASSES,
    FAILS,
    IS_SHORT,
} Fate;

static gboolean armed;
static guint n_calls;
static guint first_fault;
static guint n_faults;
static int fault;
static const char *victim;
static const CgTreeKernel *below;

void
faulty_kernel_arm(guint first, guint n, int errnum)
{
    first_fault = first;
    n_faults = n;
    fault = errnum;
    n_calls = 0;
    victim = NULL;
    armed = TRUE;
}

guint
faulty_kernel_disarm(void)
{
    armed = FALSE;
    return n_calls;
}

const char *
faulty_kernel_get_victim(void)
{
    return victim;
}

static Fate
fate_of(const char *call, gboolean may_be_short)
{
    guint i;

    if (!armed)
        return PASSES;
    i = n_calls++;
    if (i < first_fault || i - first_fault >= n_faults)
        return PASSES;
    if (fault == FAULTY_KERNEL_SHORT && !may_be_short)
        return PASSES;

    if (!victim)
        victim = call;
    if (fault == FAULTY_KERNEL_SHORT)
        return IS_SHORT;
    errno = fault;
    return FAILS;
}

static gboolean
fails(const char *call)
{
    return fate_of(call, FALSE) == FAILS;
}

/* ---- through the library's table; what the fake machine does meanwhile is not counted ---- */

static int
faulty_mkdir(int dir, const char *path)
{
    gboolean was_armed = armed;
    int result;

    if (fails("mkdir"))
        return -1;

    armed = FALSE;
    result = below->mkdir(dir, path);
    armed = was_armed;
    return result;
}

static int
faulty_rmdir(int dir, const char *path)
{
    gboolean was_armed = armed;
    int result;

    if (fails("rmdir"))
        return -1;

    armed = FALSE;
    result = below->rmdir(dir, path);
    armed = was_armed;
    return result;
}

static ssize_t
faulty_write(int dir, const char *file, int fd, const char *text, size_t len)
{
    gboolean was_armed = armed;
    Fate fate = fate_of("write", TRUE);
    ssize_t result;

    if (fate == FAILS)
        return -1;
    /* A kernel that takes a part of a value has not taken it. */
    if (fate == IS_SHORT)
        return len - 1;

    armed = FALSE;
    result = below->write(dir, file, fd, text, len);
    armed = was_armed;
    return result;
}

static int
faulty_setxattr(int dir, const char *name, const char *value, size_t len)
{
    gboolean was_armed = armed;
    int result;

    if (fails("setxattr"))
        return -1;

    armed = FALSE;
    result = below->setxattr(dir, name, value, len);
    armed = was_armed;
    return result;
}

static ssize_t
faulty_getxattr(int dir, const char *name, char *value, size_t size)
{
    gboolean was_armed = armed;
    ssize_t result;

    if (fails("getxattr"))
        return -1;

    armed = FALSE;
    result = below->getxattr(dir, name, value, size);
    armed = was_armed;
    return result;
}

static int
faulty_removexattr(int dir, const char *name)
{
    gboolean was_armed = armed;
    int result;

    if (fails("removexattr"))
        return -1;

    armed = FALSE;
    result = below->removexattr(dir, name);
    armed = was_armed;
    return result;
}

static const CgTreeKernel faulty_kernel = {
    .mkdir = faulty_mkdir,
    .rmdir = faulty_rmdir,
    .write = faulty_write,
    .setxattr = faulty_setxattr,
    .getxattr = faulty_getxattr,
    .removexattr = faulty_removexattr,
};

void
faulty_kernel_install(const CgTreeKernel *kernel)
{
    below = kernel;
    cg_tree_set_kernel_for_testing(&faulty_kernel);
}

/*
 * ---- from the linker ----
 *
 * Not readlink(2), by which a message finds the name of what failed.
 */

int __real_faccessat(int dir, const char *path, int mode, int flags);
DIR *__real_fdopendir(int fd);
int __real_fstat(int fd, struct stat *st);
int __real_fstatat(int dir, const char *path, struct stat *st, int flags);
int __real_lstat(const char *path, struct stat *st);
int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __real_read(int fd, void *buffer, size_t size);
struct dirent *__real_readdir(DIR *stream);
int __real_stat(const char *path, struct stat *st);
long __real_syscall(long number, ...);

int __wrap___openat_2(int dir, const char *path, int flags);
int __wrap_faccessat(int dir, const char *path, int mode, int flags);
DIR *__wrap_fdopendir(int fd);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatat(int dir, const char *path, struct stat *st, int flags);
int __wrap_lstat(const char *path, struct stat *st);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
struct dirent *__wrap_readdir(DIR *stream);
int __wrap_stat(const char *path, struct stat *st);
long __wrap_syscall(long number, ...);

int
__wrap_faccessat(int dir, const char *path, int mode, int flags)
{
    return fails("faccessat") ? -1 : __real_faccessat(dir, path, mode, flags);
}

DIR *
__wrap_fdopendir(int fd)
{
    return fails("fdopendir") ? NULL : __real_fdopendir(fd);
}

int
__wrap_fstat(int fd, struct stat *st)
{
    return fails("fstat") ? -1 : __real_fstat(fd, st);
}

int
__wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
    return fails("fstatat") ? -1 : __real_fstatat(dir, path, st, flags);
}

int
__wrap_lstat(const char *path, struct stat *st)
{
    return fails("lstat") ? -1 : __real_lstat(path, st);
}

/* The library makes no files, so there is no mode. */
int
__wrap_openat(int dir, const char *path, int flags, ...)
{
    return fails("openat") ? -1 : __real_openat(dir, path, flags);
}

/* No less than what a file that is kept open can rely on: see cg_tree_read_open(). */
ssize_t
__wrap_pread(int fd, void *buffer, size_t size, off_t at)
{
    Fate fate = fate_of("pread", TRUE);

    if (fate == FAILS)
        return -1;

    return __real_pread(fd, buffer, fate == IS_SHORT ? MIN(size, 4085) : size, at);
}

/* What openat() is where the compiler does not know the flags. */
int
__wrap___openat_2(int dir, const char *path, int flags)
{
    return __wrap_openat(dir, path, flags);
}

ssize_t
__wrap_read(int fd, void *buffer, size_t size)
{
    Fate fate = fate_of("read", TRUE);

    if (fate == FAILS)
        return -1;

    return __real_read(fd, buffer, fate == IS_SHORT ? MIN(size, 1) : size);
}

struct dirent *
__wrap_readdir(DIR *stream)
{
    return fails("readdir") ? NULL : __real_readdir(stream);
}

int
__wrap_stat(const char *path, struct stat *st)
{
    return fails("stat") ? -1 : __real_stat(path, st);
}

long
__wrap_syscall(long number, ...)
{
    long argument[4];
    va_list arguments;
    guint i;

    if (fails("syscall"))
        return -1;

    va_start(arguments, number);
    for (i = 0; i < G_N_ELEMENTS(argument); i++)
        argument[i] = va_arg(arguments, long);
    va_end(arguments);
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3]);
}
