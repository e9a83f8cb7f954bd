/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sums about memory that end at 0 and do not overflow. */

#define POLICY_MIB ((guint64)1 << 20)

static inline guint64
policy_subtract(guint64 a, guint64 b)
{
    return a > b ? a - b : 0;
}

/* Of @whole as much as @part is of @of: never more than @whole. */
static inline guint64
policy_take_part(guint64 whole, guint64 part, guint64 of)
{
    return of == 0 ? 0 : MIN(whole, (guint64)((gdouble)whole * (gdouble)part / (gdouble)of));
}
