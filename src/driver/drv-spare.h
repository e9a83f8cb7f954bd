/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How much memory, in bytes, the host could give to a guest and still have @reserve; 0 also where
 * the kernel does not say. */
guint64 drv_spare_find(guint64 reserve);
