/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes inside a container.
 *
 * Between fork and exit a child of the daemon may do nothing but system calls.
 * What is there is the container's, and it may change it while we look: so what
 * we make is changed by its descriptor alone.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "drv-error.h"
#include "drv-inside.h"

#define LABEL "security.selinux"
#define LABEL_SIZE 1024

/* Its owner alone, as with stock. */
#define MODE 0700

typedef struct {
    int *fds; /* of the container's namespaces, one of which is that of mounts */
    int nfds;
    const char *path;
    const char *fresh; /* beside it, for what will be there */
} Inside;

/* ---- in the child; 0, or what errno says ---- */

static int
enter(const Inside *inside)
{
    int i;

    for (i = 0; i < inside->nfds; i++) {
        if (setns(inside->fds[i], CLONE_NEWNS) == 0)
            return 0;
    }

    return errno ? errno : ENOENT;
}

static int
look(pid_t parent G_GNUC_UNUSED, void *opaque)
{
    const Inside *inside = opaque;
    const int errnum = enter(inside);
    struct stat st;

    /* Where one cannot even enter there is nothing in the way. */
    return errnum == 0 && lstat(inside->path, &st) == 0 ? EEXIST : 0;
}

/* Where there are labels. */
static int
copy_label(const char *from, const char *to)
{
    char label[LABEL_SIZE];
    const ssize_t size = lgetxattr(from, LABEL, label, sizeof(label));

    return size > 0 && lsetxattr(to, LABEL, label, size, 0) < 0 ? errno : 0;
}

static int
make_fresh(const Inside *inside, const struct stat *old)
{
    struct stat made;
    int errnum = 0;
    int fd;

    unlink(inside->fresh);
    if (mknod(inside->fresh, MODE | S_IFCHR, old->st_rdev) < 0)
        return errno;
    fd = open(inside->fresh, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno;
    if (fstat(fd, &made) < 0)
        errnum = errno;
    else if (!S_ISCHR(made.st_mode) || made.st_rdev != old->st_rdev)
        errnum = EBUSY;
    else if (fchownat(fd, "", old->st_uid, old->st_gid, AT_EMPTY_PATH) < 0)
        errnum = errno;
    close(fd);
    return errnum;
}

static int
make_character(pid_t parent G_GNUC_UNUSED, void *opaque)
{
    const Inside *inside = opaque;
    int errnum = enter(inside);
    struct stat old;

    if (errnum != 0)
        return errnum;
    if (lstat(inside->path, &old) < 0)
        return errno;
    if (!S_ISBLK(old.st_mode))
        return 0;

    errnum = make_fresh(inside, &old);
    if (errnum == 0)
        errnum = copy_label(inside->path, inside->fresh);
    if (errnum == 0 && rename(inside->fresh, inside->path) < 0)
        errnum = errno;
    if (errnum != 0)
        unlink(inside->fresh);
    return errnum;
}

/* ---- in the daemon ---- */

static int
open_namespaces(DrvStack *stack, DrvSubject *subject, int **fds)
{
    DRV_ELEVATED virIdentity *caller = drv_access_elevate();

    (void)caller;
    return stack->next->domainLxcOpenNamespace(subject->dom, fds, 0);
}

/* 0, or what errno says, or -1 with libvirt's error raised. */
static int
run(DrvStack *stack, DrvSubject *subject, const char *path, virProcessForkCallback call)
{
    g_autofree char *fresh = g_strconcat(path, ".corral", NULL);
    Inside inside = {.path = path, .fresh = fresh};
    g_autofree int *fds = NULL;
    int result;
    int i;

    inside.nfds = open_namespaces(stack, subject, &fds);
    if (inside.nfds < 0)
        return -1;

    inside.fds = fds;
    result = virProcessRunInFork(call, &inside);
    for (i = 0; i < inside.nfds; i++)
        close(fds[i]);
    return result;
}

gboolean
drv_inside_check_free(DrvStack *stack, DrvSubject *subject, const char *path)
{
    const int errnum = run(stack, subject, path, look);

    if (errnum > 0) {
        drv_error_raise(VIR_ERR_SYSTEM_ERROR, "Unable to create device %s: %s", path,
                        g_strerror(errnum));
        return FALSE;
    }

    virResetLastError();
    return TRUE;
}

gboolean
drv_inside_make_character(DrvStack *stack, DrvSubject *subject, const char *path)
{
    const int errnum = run(stack, subject, path, make_character);

    if (errnum > 0)
        drv_error_raise(VIR_ERR_SYSTEM_ERROR, "Unable to create device %s: %s", path,
                        g_strerror(errnum));
    return errnum == 0;
}
