/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "policy-machine.h"
#include "policy.h"

/* The operator's policy, as a daemon of this machine would read it. */

/* Where it is, on the machine. */
#define CLI_POLICY_FILE LIBVIRT_SYSCONFDIR "/libvirt/corral.xml"

typedef struct {
    char *file; /* whose text it is, as people find it */
    Policy *policy;
    PolicyMachine *machine;
} CliPolicy;

void cli_policy_free(CliPolicy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliPolicy, cli_policy_free)

/*
 * @root: (nullable): the directory to take for the machine's root
 * @file: (nullable): another file than the machine's, wherever the root is
 *
 * NULL with the error if a daemon would refuse it; without the machine's file nothing is asked for.
 */
CliPolicy *cli_policy_read(const char *root, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Likewise, and the host that would follow it, for looking at. */
CliPolicy *cli_policy_read_with_host(const char *root, const char *file, CorralHost **host,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What @xml says, if it was written to the machine's file. */
CliPolicy *cli_policy_parse(const char *root, const char *xml, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What daemons have left of it: cli-told.h; NULL if nothing. */
GHashTable *cli_policy_read_status(const char *root);
char *cli_policy_find_status(const char *root);
