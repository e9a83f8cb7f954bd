/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares to weight and back; docs/units.md has the vectors. */
#include <config.h>

#include "cg-convert.h"
#include "corral-types.h"

guint
cg_convert_shares_to_weight(guint64 shares)
{
    guint64 weight;

    shares = MIN(shares, CORRAL_CPU_SHARES_MAX);
    weight = (shares * CORRAL_CPU_WEIGHT_DEFAULT + CORRAL_CPU_SHARES_DEFAULT / 2) /
             CORRAL_CPU_SHARES_DEFAULT;

    return CLAMP(weight, CORRAL_CPU_WEIGHT_MIN, CORRAL_CPU_WEIGHT_MAX);
}

guint64
cg_convert_weight_to_shares(guint weight)
{
    guint64 shares = ((guint64)weight * CORRAL_CPU_SHARES_DEFAULT + CORRAL_CPU_WEIGHT_DEFAULT / 2) /
                     CORRAL_CPU_WEIGHT_DEFAULT;

    return CLAMP(shares, CORRAL_CPU_SHARES_MIN, CORRAL_CPU_SHARES_MAX);
}
