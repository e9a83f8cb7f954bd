/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"
#include "guest.h"

/*
 * Shares the host out among partitions, as the operator's policy says, in a thread of its
 * own: one on a host, whichever daemon has it (drv-planner.c).  Any thread may call.
 */

/* @stack's guests are known.  There is one planner for all stacks of a daemon. */
void drv_planner_start(DrvStack *stack, virConnectPtr conn);
void drv_planner_stop(DrvStack *stack);

/* The policy in force is another one now. */
void drv_planner_follow_policy(void);

/*
 * Before @guest starts in a group at @path: its partition is there, and has what it is to have.
 * FALSE if the policy would rather not have it started.  @guest: (nullable): it runs already, and
 * takes no more than it has.  With its claim held.
 */
gboolean drv_planner_admit(CorralHost *host, const Guest *guest, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* A guest runs in a group at @path, whoever has started it. */
void drv_planner_meet(CorralHost *host, const char *path);
