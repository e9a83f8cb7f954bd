/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* How much memory a QEMU guest is asked to get by with: the slots. */
int drv_balloon_set(virDomainPtr dom, unsigned long kib);
int drv_balloon_set_flags(virDomainPtr dom, unsigned long kib, unsigned int flags);
