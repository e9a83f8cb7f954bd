/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Decimal numbers as libvirt reads them from XML: blanks and a '+' may come
 * before, nothing may come behind, and only the signed kind takes a '-'.
 */
gboolean guest_number_parse_unsigned(const char *text, guint64 *value);
gboolean guest_number_parse_signed(const char *text, gint64 *value);

/*
 * Multiplies *@value by what libvirt's @unit means: "KiB", "MB", "g", "bytes"...;
 * by @scale if it is NULL or empty.  FALSE if there is no such unit or the
 * product is more than @limit.
 */
gboolean guest_number_scale(guint64 *value, const char *unit, guint64 scale, guint64 limit);
