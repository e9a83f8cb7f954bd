/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error domain. */
#include <config.h>

#include "corral-error.h"

G_DEFINE_QUARK(corral-error-quark, corral_error);
