/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * The limits of memory, and of memory plus swap, of the fake machine's legacy
 * interface, of which the kernel lets the second never be below the first; and the
 * soft limit.  All other limits are kept as they come.
 */

/* Whether @file is one of these. */
gboolean fake_memory_has_amount(const char *file);

/* The file of the other of the two; NULL if @file is neither. */
const char *fake_memory_get_other(const char *file);

/* What @file says after @value was written to it, @other being in the other file, or NULL if
 * there is none; NULL if the kernel refuses. */
char *fake_memory_judge(const char *file, const char *value, const char *other);
