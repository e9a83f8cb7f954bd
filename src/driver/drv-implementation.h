/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/*
 * What the shim and an implementation agree on.  The shim outlives libvirt
 * upgrades and may meet an implementation older or newer than itself, so this
 * never changes without a new number in CORRAL_IMPLEMENTATION_ABI.
 */
#define CORRAL_IMPLEMENTATION_ABI 1u
#define CORRAL_IMPLEMENTATION_SYMBOL "corral_driver"

typedef int (*CorralRegisterFunc)(void);

typedef struct {
    unsigned int abi;      /* CORRAL_IMPLEMENTATION_ABI; looked at before anything else */
    unsigned long libvirt; /* the only version it may run in, as virGetVersion() counts */
    const char *version;   /* corral's own, for people */

    /*
     * Stacks corral over the stock driver "qemu" and calls @register_stock,
     * whose result goes to *result.  Or returns -1, before anything was
     * registered, with why not in @reason: @register_stock was not called.
     */
    int (*stack)(const char *driver, CorralRegisterFunc register_stock, int *result, char *reason,
                 size_t size);
} CorralImplementation;
