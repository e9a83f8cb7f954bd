/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Decimal numbers as libvirt reads them from XML: blanks and a '+' may come
 * before, nothing may come behind, and only the signed kind takes a '-'.
 */
gboolean guest_number_parse_unsigned(const char *text, guint64 *value);
gboolean guest_number_parse_signed(const char *text, gint64 *value);
