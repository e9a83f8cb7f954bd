/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What corral exits with; corral(1) lists them. */
typedef enum {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FAILED = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_NOT_RUNNING = 3, /* these two as systemctl status has them */
    CLI_EXIT_UNKNOWN = 4,
    CLI_EXIT_DENIED = 5,
} CliExit;

#define CLI_ERROR (cli_error_quark())

/*
 * CLI_ERROR_REFUSED: things are not as the command needs them; nothing was changed.
 * Where a file operation failed, the error is of G_FILE_ERROR.
 */
typedef enum {
    CLI_ERROR_REFUSED,
} CliError;

GQuark cli_error_quark(void);

/*
 * One command.  Its help is made from this, and a test holds corral(1) against
 * the help.  @options and @operand are NULL where there are none; @run gets the
 * operand, or NULL where it was left out, and sets its error if and only if it
 * returns CLI_EXIT_FAILED or CLI_EXIT_USAGE.
 */
typedef struct {
    const char *name;
    const char *operand;
    const char *summary;
    const GOptionEntry *options;
    CliExit (*run)(const char *operand, GError **error);
    /* For more than one operand: how many, and what is run in place of @run. */
    guint operands_max;
    CliExit (*run_all)(char *const *operands, GError **error);
} CliCommand;

extern const CliCommand cmd_activate;
extern const CliCommand cmd_balloon;
extern const CliCommand cmd_check;
extern const CliCommand cmd_deactivate;
extern const CliCommand cmd_device;
extern const CliCommand cmd_partition;
extern const CliCommand cmd_plan;
extern const CliCommand cmd_reserve;
extern const CliCommand cmd_status;
extern const CliCommand cmd_tree;
