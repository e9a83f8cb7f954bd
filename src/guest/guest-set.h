/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Sets of numbers (CPUs, memory nodes) as domain XML writes them: "0-3,^2,7".
 * Arrays of guint, ascending, each number once.
 */

/* NULL if @text is no set, or names a number that libvirt does not go up to. */
GArray *guest_set_parse(const char *text);
char *guest_set_format(const GArray *set);
gboolean guest_set_contains(const GArray *set, guint number);
gboolean guest_set_equals(const GArray *one, const GArray *other);
/* Those that are in either of them. */
GArray *guest_set_unite(const GArray *one, const GArray *other);
/* Those of @set that are in @other as well; those that are not. */
GArray *guest_set_intersect(const GArray *set, const GArray *other);
GArray *guest_set_subtract(const GArray *set, const GArray *other);
