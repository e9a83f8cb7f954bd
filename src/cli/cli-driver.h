/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "cli-connect.h"

typedef enum {
    CLI_ANSWER_NO,
    CLI_ANSWER_YES,
    CLI_ANSWER_UNKNOWN,
} CliAnswer;

/* What became of one of corral's drivers in the daemon that was started last. */
typedef struct {
    const char *name; /* "qemu" */
    GHashTable *told; /* what the daemon left in the status file; NULL if nothing */
    CliAnswer running;
    gboolean is_unseen; /* no libvirtd has loaded it since the machine started */
    char *remark;       /* more about that, for people; there is one unless it is running */
    CliDaemon *daemon;
    char *daemon_silence; /* why there is no answer; NULL if it was not asked */
} CliDriver;

typedef enum {
    CLI_DRIVER_ASK, /* a daemon that runs, which may take its time */
    CLI_DRIVER_LOOK,
} CliDriverAsking;

/*
 * @root: (nullable): the directory to take for the machine's root; a daemon in
 *   there is not asked
 *
 * Returns: (element-type CliDriver): owned, one for each driver that corral has a module for and
 *   libvirt is installed with
 */
GPtrArray *cli_driver_list(const char *root, CliDriverAsking asking) G_GNUC_WARN_UNUSED_RESULT;

/* What the status file says about @key, or NULL. */
const char *cli_driver_get_told(const CliDriver *driver, const char *key);
/* The process that wrote it; 0 if it does not say. */
gint64 cli_driver_get_pid(const CliDriver *driver);
