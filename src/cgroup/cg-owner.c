/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose a group's files are. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cg-owner.h"
#include "cg-tree.h"

/* Whoever owned a file may have left it open to all. */
static gboolean
take_back_one(int dir, const char *file, uid_t self, GError **error)
{
    struct stat st;

    if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        /* Went with its controller. */
        if (errno == ENOENT)
            return TRUE;
        cg_tree_set_error(error, errno, dir, file, "look at");
        return FALSE;
    }
    if (!S_ISREG(st.st_mode))
        return TRUE;

    if (st.st_uid != self && (fchownat(dir, file, self, getegid(), AT_SYMLINK_NOFOLLOW) < 0 ||
                              /* Once more: until now he could have changed it. */
                              fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)) {
        cg_tree_set_error(error, errno, dir, file, "take back");
        return FALSE;
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
        fchmodat(dir, file, st.st_mode & 07777 & ~(mode_t)(S_IWGRP | S_IWOTH), 0) < 0) {
        cg_tree_set_error(error, errno, dir, file, "close");
        return FALSE;
    }

    return TRUE;
}

gboolean
cg_owner_take_back(int dir, const char *const *given, GError **error)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    const uid_t self = geteuid();
    struct dirent *entry;
    gboolean success = TRUE;

    if (!stream) {
        cg_tree_set_error(error, errno, dir, "", "list");
        cg_fd_close(&fd);
        return FALSE;
    }

    while (success && (entry = readdir(stream))) {
        if (!given || !g_strv_contains(given, entry->d_name))
            success = take_back_one(dir, entry->d_name, self, error);
    }

    closedir(stream);
    return success;
}
