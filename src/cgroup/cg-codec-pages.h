/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sizes of huge pages in the names of files and directories.  Pure, as cg-codec. */

/* "64KB", "2MB" or "1GB", as in hugetlb.2MB.max. */
char *cg_codec_format_page_size(guint64 bytes);
/* "hugepages-2048kB", a directory of /sys/kernel/mm/hugepages. */
gboolean cg_codec_parse_page_dir(const char *name, guint64 *bytes);
