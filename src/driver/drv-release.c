/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * corral-release: gives guests' limits back when nobody watches them any more.
 *
 * Under the kernel's legacy interface a limit that keeps a guest to its balloon may be the guest's
 * end within a second, unless somebody raises it when the guest runs into it.  That is what
 * libvirtd does, and libvirtd may be killed.  So this program waits for the end of its standard
 * input, which is libvirtd's end as well, and then sets each such limit back to the user's own.
 */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "drv-mark.h"
#include "drv-owner.h"
#include "drv-stick.h"

static gboolean
release(CorralHost *host, const char *path, GError **error)
{
    g_autoptr(CorralGroup) group = drv_stick_open(host, path, error);
    DrvStick stick;

    if (!group || !drv_stick_read(group, &stick, error))
        return FALSE;
    return !stick.kills || drv_owner_is_other(group) ||
           drv_stick_set(group, &stick, stick.users, error);
}

static int
release_all(CorralHost *host)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) paths = drv_mark_find_guests(host, CORRAL_CONTROLLERS_MEMORY, "qemu", &error);
    int status = 0;
    gsize i;

    for (i = 0; paths && paths[i]; i++) {
        if (!release(host, paths[i], &error) &&
            !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_GONE) &&
            !g_error_matches(error, CORRAL_ERROR, CORRAL_ERROR_NOT_FOUND)) {
            g_printerr("corral-release: %s\n", error->message);
            status = 1;
        }
        g_clear_error(&error);
    }
    return status;
}

int
main(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CorralHost) host = corral_host_new(NULL, CORRAL_HOST_FILES_ONLY, &error);
    char byte;
    ssize_t n;

    if (!host) {
        g_printerr("corral-release: %s\n", error->message);
        return 1;
    }

    do {
        n = read(STDIN_FILENO, &byte, 1);
    } while (n > 0 || (n < 0 && errno == EINTR));
    return release_all(host);
}
