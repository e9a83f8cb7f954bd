/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module that libvirtd loads under the name of the LXC driver. */
#include <config.h>

#include "drv-module.h"

__attribute__((visibility("default"))) int lxcRegister(void);

int
lxcRegister(void)
{
    return drv_module_register("lxc", lxcRegister);
}
