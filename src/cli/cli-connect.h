/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a running daemon says of itself. */
typedef struct {
    int id;
    char *name;
} CliGuest;

typedef struct {
    char *libvirt;     /* its version, "9.0.0" */
    GPtrArray *guests; /* owned CliGuest, by name; those that are running */
} CliDaemon;

void cli_daemon_free(CliDaemon *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliDaemon, cli_daemon_free)

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
