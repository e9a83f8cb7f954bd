/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-daemon.h"

/*
 * cli_connect_ask:
 * @uri: e.g. "qemu:///system"; it is opened read-only
 * @patience_ms: how long to wait for an answer
 *
 * On a host with socket activation the question starts the daemon, so ask
 * only one that is known to run.
 *
 * Returns: the answer, or NULL
 */
CliDaemon *cli_connect_ask(const char *uri, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * cli_connect_list_memory:
 *
 * Asks as cli_connect_ask() does what the memory of all running guests is doing.
 *
 * Returns: (element-type CliStatistics): owned, by name; or NULL
 */
GPtrArray *cli_connect_list_memory(const char *uri, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * cli_connect_get_reserve:
 *
 * Asks as cli_connect_ask() does what the host keeps for itself.
 *
 * Returns: the answer, or NULL; also if the daemon runs without corral
 */
CliReserve *cli_connect_get_reserve(const char *uri, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * cli_connect_set_reserve:
 *
 * Sets it over a connection that may write, until the policy's file says something else.
 */
gboolean cli_connect_set_reserve(const char *uri, const CliReserveChange *change, guint patience_ms,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * cli_connect_move:
 *
 * Moves a guest to another partition, likewise.  FALSE also if the daemon runs without corral; it
 * is told nothing then.
 */
gboolean cli_connect_move(const char *uri, const CliMove *move, guint patience_ms, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
