/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "policy.h"

/* Something that a policy asks for and a host has no means for. */
typedef struct {
    guint line; /* of the file; 0: of no one line */
    char *what; /* for people: "partition '/web': ..." */
} PolicyWant;

void policy_want_free(PolicyWant *self);

/*
 * @has_swap: memory in use can be put somewhere
 *
 * Returns: (element-type PolicyWant): in the file's order; what cannot be told is taken for had
 */
GPtrArray *policy_means_check(const Policy *policy, CorralHost *host, gboolean has_swap);
