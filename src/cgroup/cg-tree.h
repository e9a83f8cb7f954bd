/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/types.h>

/*
 * The only place that touches cgroup files: everything is relative to a
 * directory's descriptor, and paths have passed cg_tree_check_path().
 *
 * Error messages name the file by what the kernel says the descriptor is, so
 * that success pays nothing for them.
 */

/* A descriptor: unset at -1, valid from 0. */
typedef int CgFd;

static inline void
cg_fd_close(CgFd *fd)
{
    if (*fd >= 0)
        g_close(*fd, NULL);
    *fd = -1;
}

#define CG_AUTO_FD __attribute__((cleanup(cg_fd_close))) CgFd

static inline int
cg_fd_steal(CgFd *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

/* Refuses absolute paths, empty components, "." and ".."; "" is the root itself. */
gboolean cg_tree_check_path(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Of two such paths. */
gboolean cg_tree_is_at_or_below(const char *path, const char *top);
gboolean cg_tree_check_name(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* -1 on failure. */
int cg_tree_open_dir(int dir, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A file that stays open; @flags as of open(2). */
int cg_tree_open_with(int dir, const char *file, int flags, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char *cg_tree_read(int dir, const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/*
 * The same in two steps, for a file that is read again and again: the descriptor,
 * -1 on failure, and its text from the beginning.
 */
int cg_tree_open_file(int dir, const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *cg_tree_read_open(int fd, int dir, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cg_tree_write(int dir, const char *file, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* Whether cg_tree_write() would get as far as writing; fails as it would. */
gboolean cg_tree_check_file(int dir, const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same to @fd, which is @file opened before. */
gboolean cg_tree_write_open(int fd, int dir, const char *file, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* @made tells whether the directory is new; one that exists is no error. */
gboolean cg_tree_mkdir(int dir, const char *path, gboolean *made, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* A directory that is gone already is no error. */
gboolean cg_tree_rmdir(int dir, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether @path below @parent is the directory that we hold as @dir, and not a later one. */
gboolean cg_tree_is_same(int dir, int parent, const char *path, gboolean *same, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
/* Whether the group was removed: it keeps its directory while we hold that, but has no files. */
gboolean cg_tree_is_gone(int dir);
/* The error that tells it, about something @file that we were @doing. */
void cg_tree_set_gone_error(GError **error, int dir, const char *file, const char *doing);
gboolean cg_tree_has_file(int dir, const char *file);
/* What tells the directory @name below @dir from a later one of the same name; 0 if it is gone. */
guint64 cg_tree_get_id(int dir, const char *name);
/* Names of the directories right below @dir, sorted; none if @dir was removed. */
char **cg_tree_list_dirs(int dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean cg_tree_set_label(int dir, const char *name, const char *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
char *cg_tree_get_label(int dir, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One that is not there is no error. */
gboolean cg_tree_drop_label(int dir, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The longest value of a label, in bytes. */
#define CG_TREE_LABEL_MAX 4096

/* "/sys/fs/cgroup/cpu/production/cpu.shares": the culprit of a message. */
char *cg_tree_name(int dir, const char *file);

/* Sets @error from @errnum, which happened while @doing to @file below @dir. */
void cg_tree_set_error(GError **error, int errnum, int dir, const char *file, const char *doing);

/*
 * What only a cgroup file system does: a directory comes with its files and
 * goes with them, a write to a file is an order, and directories carry trusted
 * attributes.  Tests that run unprivileged on a plain file system put a table
 * here that does the same.  All return -1 and set errno on failure, as the
 * system calls of these names.
 */
typedef struct {
    int (*mkdir)(int dir, const char *path);
    int (*rmdir)(int dir, const char *path);
    /* @fd is @file of @dir, open for writing. */
    ssize_t (*write)(int dir, const char *file, int fd, const char *text, size_t len);
    int (*setxattr)(int dir, const char *name, const char *value, size_t len);
    ssize_t (*getxattr)(int dir, const char *name, char *value, size_t size);
    int (*removexattr)(int dir, const char *name);
} CgTreeKernel;

void cg_tree_set_kernel_for_testing(const CgTreeKernel *kernel);
