/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares to weight, weights of block I/O, and back; docs/units.md has the vectors. */
#include <config.h>

#include "cg-convert.h"
#include "corral-io.h"
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

/* BFQ_MIN_WEIGHT and BFQ_MAX_WEIGHT in block/bfq-iosched.h */
#define BFQ_MIN 1
#define BFQ_MAX 1000

/* CFQ_WEIGHT_LEGACY_MIN, _MAX and _DFL in block/cfq-iosched.c, before Linux 5.0 */
#define CFQ_MIN 10
#define CFQ_MAX 1000
#define CFQ_DEFAULT 500

guint
cg_convert_io_weight_to_bfq(guint weight)
{
    return CLAMP(weight, BFQ_MIN, BFQ_MAX);
}

guint
cg_convert_bfq_to_io_weight(guint weight)
{
    return CLAMP(weight, CORRAL_IO_WEIGHT_MIN, CORRAL_IO_WEIGHT_MAX);
}

guint
cg_convert_io_weight_to_cfq(guint weight)
{
    const guint factor = CFQ_DEFAULT / CORRAL_IO_WEIGHT_DEFAULT;

    return MAX(MIN(weight, CFQ_MAX / factor) * factor, CFQ_MIN);
}

guint
cg_convert_cfq_to_io_weight(guint weight)
{
    const guint factor = CFQ_DEFAULT / CORRAL_IO_WEIGHT_DEFAULT;

    weight = MIN(weight, CFQ_MAX);
    return MAX((weight + factor / 2) / factor, CORRAL_IO_WEIGHT_MIN);
}
