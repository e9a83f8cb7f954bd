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

/* What libvirt counts of a running guest. */
typedef struct {
    char *name;
    char *uuid;
    GVariant *fields; /* a{sv}: numbers as t, words as s; named as virsh domstats does */
} CliStatistics;

void cli_statistics_free(CliStatistics *self);

/* What the host keeps for itself, as the daemon has it in force. */
typedef struct {
    guint64 memory_kib;
    guint64 guest_memory_kib; /* left to all guests together */
    char *cpus;               /* "0-1"; "" if none is kept */
} CliReserve;

void cli_reserve_free(CliReserve *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliReserve, cli_reserve_free)

/* What is to become of it; NULL is left as it is. */
typedef struct {
    const guint64 *memory_kib;
    const guint *n_cpus;
    const char *cpuset; /* instead of the number */
} CliReserveChange;

/* Where a guest is to be; with neither of the two, now if it runs, or else from its next start. */
typedef struct {
    const char *guest; /* its name, UUID or number */
    const char *partition;
    gboolean live;
    gboolean config;
} CliMove;
