/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-group.h"
#include "drv-keeper.h"

/*
 * A guest that the calling thread is about to start, in a layout that has libvirt's number of the
 * guest's run in the group's name: the group is made when libvirt has one, and is complete before
 * the guest's first instruction.  Its path is taken in @claim, which nobody else may use
 * meanwhile.  All are borrowed until the end.
 */
typedef struct _DrvNumbered DrvNumbered;

/* NULL with an error of ours: do not start it. */
DrvNumbered *drv_numbered_begin(CorralHost *host, const Guest *guest, DrvClaim *claim,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * When the start is over.  With @ran the guest runs, and what is wrong with its group is in
 * @error; otherwise that is what kept it from starting, if it was us.  NULL if there is no group.
 */
DrvGroup *drv_numbered_end(DrvNumbered *self, gboolean ran, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The number that libvirt's status file has for the guest's run, as long as it has @pid for that of
 * its process; 0 otherwise, or if it does not say. */
int drv_numbered_parse_run(const char *status, pid_t pid);
