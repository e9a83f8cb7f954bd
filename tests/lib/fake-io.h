/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The limits of block I/O of the fake machine's legacy interface: a file each, a device a line. */

gboolean fake_io_has_limits(const char *file);

/* What the file says after @value, "MAJOR:MINOR LIMIT", was written to it; 0 is no line. */
char *fake_io_judge(const char *before, const char *value);
