/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral-io-limits.h"
#include "corral-io-statistics.h"
#include "corral-io.h"

/*
 * The formats of block I/O's control files; pure, and strict, as cg-codec.  The
 * lists are appended to, and untouched where the text is refused.
 */

/* "100", or "default 100" and then "8:0 200" a line; a file without a default is 0. */
gboolean cg_codec_parse_io_weights(const char *text, guint *weight, GArray *weights);

/* io.max: "8:16 rbps=2097152 wbps=max riops=max wiops=120". */
gboolean cg_codec_parse_io_max(const char *text, GArray *limits);
char *cg_codec_format_io_max(const CorralIoLimits *limits);

/* "8:16 2097152": one limit of each device, into the field at @offset of CorralIoLimits. */
gboolean cg_codec_parse_io_throttle(const char *text, gsize offset, GArray *limits);

/* io.stat: "8:16 rbytes=1459200 wbytes=0 rios=192 wios=0 dbytes=0 dios=0", and more. */
gboolean cg_codec_parse_io_stat(const char *text, GArray *statistics);

/* "8:16 Read 4096", "8:16 Write 0", ..., "Total 4096": CorralIoStatistics, bytes or operations. */
gboolean cg_codec_parse_io_service(const char *text, gboolean bytes, GArray *statistics);

/* io.cost.qos: whether the line of @device has "enable=1". */
gboolean cg_codec_parse_io_cost(const char *text, const CorralDevice *device, gboolean *enabled);

/* A queue's scheduler: "none mq-deadline [bfq]" is "bfq"; NULL if none is chosen. */
char *cg_codec_parse_scheduler(const char *text);

/* The element of @list, all of which begin with a CorralDevice, that is of @device; or NULL. */
gpointer cg_codec_find_device(GArray *list, const CorralDevice *device);
