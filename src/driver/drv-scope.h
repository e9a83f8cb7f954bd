/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-group.h"
#include "drv-keeper.h"

/*
 * Where systemd manages the groups of a host, nobody else makes any beside its own, and a guest's
 * group is a unit: the scope that machined makes in the slice of the guest's partition.
 */

/* Whether it is so here. */
gboolean drv_scope_is_used(CorralHost *host);
/* What keeps us from sharing the groups with systemd on such a host; NULL if nothing does. */
const char *drv_scope_find_obstacle(CorralHost *host);

/* The same, of containers alone. */
const char *drv_scope_find_containers_obstacle(void);

/* The scope of a guest of @driver that process @pid is in; NULL if it is in none. */
char *drv_scope_find(CorralHost *host, pid_t pid, const char *driver);

/* For a guest that runs but is in none, for want of machined: a scope of our own.  Its path. */
char *drv_scope_make(CorralHost *host, const Guest *guest, pid_t pid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * A guest that the calling thread is about to start: its scope is found as soon as it is there,
 * and complete before the guest's first instruction.  The path that goes with it is taken in
 * @claim, which nobody else may use meanwhile.  All are borrowed until the end.
 */
typedef struct _DrvScope DrvScope;

/* NULL with an error of ours: do not start it. */
DrvScope *drv_scope_begin(CorralHost *host, const Guest *guest, DrvClaim *claim, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether the scope is one of ours, for want of machined. */
gboolean drv_scope_is_own(const DrvScope *self);

/*
 * When the start is over.  With @ran the guest runs, and what is wrong with its group is in
 * @error; otherwise that is what kept it from starting, if it was us.  NULL if there was no scope.
 */
DrvGroup *drv_scope_end(DrvScope *self, gboolean ran, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Goes on where a daemon was killed in the middle of a start: nobody stays frozen.  All of
 * @driver's guests at once, before the stock driver looks for them: it would wait for their word.
 */
void drv_scope_let_all_go(CorralHost *host, const char *driver);
