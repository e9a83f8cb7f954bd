/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * The formats of the kernel's control files, both ways.  Pure: text in, values
 * out.  Every parser takes a whole file and refuses what it does not know in
 * full; nothing is written to the results then.
 */

/* A lone number, with or without a newline. */
gboolean cg_codec_parse_u64(const char *text, guint64 *value);
gboolean cg_codec_parse_i64(const char *text, gint64 *value);
gboolean cg_codec_parse_limit(const char *text, guint64 *value); /* "max" is G_MAXUINT64 */

/* cpu.max: "max 100000" or "20000 100000"; "max" is CORRAL_CPU_UNLIMITED. */
gboolean cg_codec_parse_cpu_max(const char *text, gint64 *quota_us, guint64 *period_us);
char *cg_codec_format_cpu_max(gint64 quota_us, guint64 period_us);

/* cgroup.procs and the like: one id a line, sorted on return, each once. */
gboolean cg_codec_parse_ids(const char *text, GArray **ids);

/* cgroup.controllers: names separated by spaces; unknown ones are passed over. */
guint32 cg_codec_parse_controllers(const char *text);
