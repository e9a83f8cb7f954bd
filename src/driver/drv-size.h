/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* How much memory a container may use: the slots. */
int drv_size_set(virDomainPtr dom, unsigned long kib);
int drv_size_set_flags(virDomainPtr dom, unsigned long kib, unsigned int flags);
