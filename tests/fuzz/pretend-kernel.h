/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What stands between the texts of two files. */
#define PRETEND_KERNEL_BAR 0xff

/* What every directory is called. */
#define PRETEND_KERNEL_DIR "/machine/g"

/*
 * @data stays the caller's and has to stay.  The first file that is opened from
 * now on has the text up to the first bar, the next the next, and those beyond
 * the last bar the last.  A label's value is the text of the next file.
 */
void pretend_kernel_give(const char *data, gsize size);

/* What file @i had in it, as a string. */
char *pretend_kernel_dup_text(guint i);
