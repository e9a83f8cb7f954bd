/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"

/* The end of a container, whatever goes on in it: the slots. */
int drv_kill_destroy(virDomainPtr dom);
int drv_kill_destroy_flags(virDomainPtr dom, unsigned int flags);
