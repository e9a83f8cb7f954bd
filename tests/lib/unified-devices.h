/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether the legacy interface serves devices here and the unified one could. */
gboolean unified_devices_are_hidden(void);

/* From now on the unified interface serves devices to this process and its children. */
gboolean unified_devices_show(void);
