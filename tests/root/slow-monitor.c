/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LD_PRELOAD of libvirtd: makes the moment long in which it is connected to a
 * container's libvirt_lxc and does not know yet what to do with what it hears from
 * there, if there is a file that says so.
 */
#include <config.h>

#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#define SAYS_SO "/run/corral-lab/slow-monitor"
#define LONG_MS 1000

/* libvirt's; its types are nothing to us. */
int virNetClientAddProgram(void *client, void *program);

__attribute__((visibility("default"))) int
virNetClientAddProgram(void *client, void *program)
{
    int (*next)(void *, void *) =
        (int (*)(void *, void *))dlsym(RTLD_NEXT, "virNetClientAddProgram");

    if (access(SAYS_SO, F_OK) == 0)
        poll(NULL, 0, LONG_MS);
    return next(client, program);
}
