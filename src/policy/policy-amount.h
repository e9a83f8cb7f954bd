/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Amounts of memory as people write them: "4G", "512MiB", "1 GB"; a plain number is KiB, as
 * with virsh.
 */

/* The number and its unit, "KiB" if none is given.  FALSE if it is no amount. */
gboolean policy_amount_split(const char *text, char **number, char **unit);

/* To whole KiB upwards. */
gboolean policy_amount_parse(const char *text, guint64 *kib);

/* Exactly: in the largest unit of which there is a whole number; "none" if there is no limit. */
char *policy_amount_format(guint64 bytes);
