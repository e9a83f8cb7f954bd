/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starts and stops a guest as told on standard input, one connection for all,
 * and prints how long each call took: what virsh would show is mostly virsh.
 *
 *   start NAME | stop NAME  ->  microseconds, or "failed" and why
 */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Started paused: a firmware at work would disturb the next measurement. */
static int
call(virDomainPtr domain, const char *verb)
{
    if (strcmp(verb, "start") == 0)
        return virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED);
    return virDomainDestroy(domain);
}

int
main(void)
{
    virConnectPtr connection = virConnectOpen(NULL);
    char verb[16];
    char name[64];

    if (!connection)
        return 1;

    while (scanf("%15s %63s", verb, name) == 2) {
        virDomainPtr domain = virDomainLookupByName(connection, name);
        int64_t begin = now_us();

        if (domain && call(domain, verb) == 0)
            printf("%" PRId64 "\n", now_us() - begin);
        else
            printf("failed: %s\n", virGetLastErrorMessage());
        fflush(stdout);
        if (domain)
            virDomainFree(domain);
    }
    virConnectClose(connection);
    return 0;
}
