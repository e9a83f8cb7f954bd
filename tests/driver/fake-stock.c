/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stock driver's module for test-shim: says that it was registered. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

__attribute__((visibility("default"))) int qemuRegister(void);
__attribute__((visibility("default"))) int lxcRegister(void);

int
qemuRegister(void)
{
    puts("stock");
    fflush(stdout);
    return getenv("FAKE_STOCK_FAILS") ? -1 : 0;
}

int
lxcRegister(void)
{
    return qemuRegister();
}
