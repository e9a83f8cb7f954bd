/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "corral-pressure.h"

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

/*
 * Flat keyed: "KEY VALUE" lines, as in memory.stat or cgroup.events.  A key that
 * the file lacks becomes CORRAL_UNKNOWN; what nobody asked for is passed over.
 */
typedef struct {
    const char *key;
    guint64 *value;
} CgCodecField;

gboolean cg_codec_parse_keyed(const char *text, const CgCodecField *fields, gsize n_fields);

/*
 * Lists of CPUs or memory nodes: "0-3,8", or nothing at all.  (element-type guint),
 * ascending, each once.
 */
#define CG_CODEC_LIST_MAX 65535
gboolean cg_codec_parse_list(const char *text, GArray **numbers);
char *cg_codec_format_list(const guint *numbers, gsize n_numbers);

/* Tables: @line has the words of one line; FALSE from it refuses the whole text. */
typedef gboolean (*CgCodecLine)(char *const *words, gpointer user_data);
gboolean cg_codec_each_line(const char *text, CgCodecLine line, gpointer user_data);

/* "8:16"; a "*" is CORRAL_DEVICE_ANY. */
gboolean cg_codec_parse_device(const char *word, guint *major, guint *minor);
char *cg_codec_format_device(guint major, guint minor);

/* The value of "KEY=VALUE" among @words; "max" is G_MAXUINT64. */
gboolean cg_codec_find_pair(char *const *words, const char *key, guint64 *value);

/*
 * cpu.pressure and the like: lines "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
 * and "full ...", or one of them; what the other would have said is unknown then.
 */
gboolean cg_codec_parse_pressure(const char *text, CorralPressure *pressure);
/* What is written there to be told of it: "some 50000 1000000\n". */
char *cg_codec_format_trigger(gboolean full, guint64 stall_us, guint64 window_us);
