/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Between the scales of the two kernel interfaces.  Pure.  Both scales are
 * proportional, so the conversion is: weight = shares * 100 / 1024, rounded to
 * the nearest, at least 1 and at most 10000.  (The formula of the Open
 * Containers runtimes, 1 + (shares - 2) * 9999 / 262142, is not proportional:
 * there twice the shares is not twice the time.)
 */
guint cg_convert_shares_to_weight(guint64 shares);
guint64 cg_convert_weight_to_shares(guint weight);

/*
 * Weights of block I/O.  bfq has the same default and stops at 1000; cfq's
 * default is 500 in a range from 10 to 1000, so there the factor is 5.
 */
guint cg_convert_io_weight_to_bfq(guint weight);
guint cg_convert_bfq_to_io_weight(guint weight);
guint cg_convert_io_weight_to_cfq(guint weight);
guint cg_convert_cfq_to_io_weight(guint weight);
