/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error domain. */
#include <config.h>

#include "corral-error.h"

/**
 * corral_error_quark:
 *
 * Returns: the domain of all errors of this library
 * Since: 0.1
 */
G_DEFINE_QUARK(corral-error-quark, corral_error);
