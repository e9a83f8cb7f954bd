/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-libvirt.h"

/* Finds the stock driver's table; the only file that knows how. */

/*
 * The table of whoever would serve @uri if we were not there.  NULL if nobody
 * would; libvirt's error says why.  Not the caller's to free.
 */
const virHypervisorDriver *drv_base_find(const char *uri);

/* Whether the calling thread is in drv_base_find(): our own open then declines. */
gboolean drv_base_is_looking(void);
