/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module that libvirtd loads under the name of the QEMU driver. */
#include <config.h>

#include "drv-module.h"

__attribute__((visibility("default"))) int qemuRegister(void);

int
qemuRegister(void)
{
    return drv_module_register("qemu", qemuRegister);
}
