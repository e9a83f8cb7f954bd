/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An implementation's module for test-shim: is what the environment says. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "drv-implementation.h"

#ifdef FAKE_UNRESOLVED
int no_library_has_this_symbol(void);
#endif

extern CorralImplementation corral_driver;

static int
stack_over(const char *driver, CorralRegisterFunc register_stock, int *result, char *reason,
           size_t size)
{
    printf("stack %s\n", driver);
    fflush(stdout);
    if (getenv("FAKE_OBSTACLE")) {
        snprintf(reason, size, "%s", getenv("FAKE_OBSTACLE"));
        return -1;
    }
#ifdef FAKE_UNRESOLVED
    *result = no_library_has_this_symbol();
#endif
    *result = register_stock();
    return 0;
}

__attribute__((visibility("default"))) CorralImplementation corral_driver = {
    .abi = CORRAL_IMPLEMENTATION_ABI,
    .libvirt = 9000000,
    .version = VERSION,
    .stack = stack_over,
};

__attribute__((constructor)) static void
become(void)
{
    const char *abi = getenv("FAKE_ABI");
    const char *libvirt = getenv("FAKE_LIBVIRT");

    if (abi)
        corral_driver.abi = strtoul(abi, NULL, 10);
    if (libvirt)
        corral_driver.libvirt = strtoul(libvirt, NULL, 10);
}
