/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * What a guest in the group at @path was promised, @bytes, is protected from the others in its
 * partition, as far as that is protected itself, by a guarantee of the policy's.  Where the kernel
 * has no such protection, nothing happens.
 */
void drv_protect(CorralHost *host, const char *path, guint64 bytes, const char *guest);
