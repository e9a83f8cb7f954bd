/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-implementation.h"

/* The one symbol that the implementation exports. */
extern const CorralImplementation corral_driver;
