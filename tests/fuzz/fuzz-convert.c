/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversions between the scales of the two kernel interfaces.  The input is a
 * byte that chooses one, and two numbers of eight bytes.
 */
#include <config.h>

#include <string.h>

#include "cg-convert.h"
#include "corral-io.h"
#include "corral-types.h"
#include "fuzz.h"

typedef guint64 (*Convert)(guint64 value);

static guint64
shares_to_weight(guint64 shares)
{
    return cg_convert_shares_to_weight(shares);
}

static guint64
weight_to_shares(guint64 weight)
{
    return cg_convert_weight_to_shares(weight);
}

static guint64
io_weight_to_bfq(guint64 weight)
{
    return cg_convert_io_weight_to_bfq(weight);
}

static guint64
bfq_to_io_weight(guint64 weight)
{
    return cg_convert_bfq_to_io_weight(weight);
}

static guint64
io_weight_to_cfq(guint64 weight)
{
    return cg_convert_io_weight_to_cfq(weight);
}

static guint64
cfq_to_io_weight(guint64 weight)
{
    return cg_convert_cfq_to_io_weight(weight);
}

/*
 * Whatever goes in, @convert yields a number from @min to @max, and never less
 * for more.  Where @back is given, it undoes @convert for numbers from @from to @to.
 */
static const struct {
    Convert convert;
    guint64 min;
    guint64 max;
    guint64 most; /* what its parameter can hold */
    Convert back;
    guint64 from;
    guint64 to;
} conversions[] = {
    {shares_to_weight, CORRAL_CPU_WEIGHT_MIN, CORRAL_CPU_WEIGHT_MAX, G_MAXUINT64, NULL, 0, 0},
    {weight_to_shares, CORRAL_CPU_SHARES_MIN, CORRAL_CPU_SHARES_MAX, G_MAXUINT, shares_to_weight,
     CORRAL_CPU_WEIGHT_MIN, CORRAL_CPU_WEIGHT_MAX},
    {io_weight_to_bfq, 1, 1000, G_MAXUINT, bfq_to_io_weight, 1, 1000},
    {bfq_to_io_weight, CORRAL_IO_WEIGHT_MIN, CORRAL_IO_WEIGHT_MAX, G_MAXUINT, NULL, 0, 0},
    {io_weight_to_cfq, 10, 1000, G_MAXUINT, cfq_to_io_weight, 2, 200},
    {cfq_to_io_weight, CORRAL_IO_WEIGHT_MIN, CORRAL_IO_WEIGHT_MAX, G_MAXUINT, NULL, 0, 0},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guint64 values[2];
    guint64 low, high, one, other;
    gsize i;

    if (size < 1 + sizeof(values))
        return 0;

    i = data[0] % G_N_ELEMENTS(conversions);
    memcpy(values, data + 1, sizeof(values));
    low = MIN(MIN(values[0], values[1]), conversions[i].most);
    high = MIN(MAX(values[0], values[1]), conversions[i].most);

    one = conversions[i].convert(low);
    other = conversions[i].convert(high);
    g_assert_cmpuint(one, >=, conversions[i].min);
    g_assert_cmpuint(one, <=, other);
    g_assert_cmpuint(other, <=, conversions[i].max);

    if (conversions[i].back && conversions[i].to > 0) {
        guint64 span = conversions[i].to - conversions[i].from + 1;
        guint64 inside = conversions[i].from + low % span;

        g_assert_cmpuint(conversions[i].back(conversions[i].convert(inside)), ==, inside);
    }

    return 0;
}
