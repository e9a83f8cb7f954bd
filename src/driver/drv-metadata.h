/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

int drv_metadata_set(virDomainPtr dom, int type, const char *metadata, const char *key,
                     const char *uri, unsigned int flags);
