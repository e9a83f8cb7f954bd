/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * Which guest has which group, and whose turn it is to change it.
 *
 * Guests are known by UUID.  A claim is the exclusive right to make, adopt,
 * change or remove one guest's group.  It is held across the stock start, which may take
 * minutes, so nobody who only wants to look needs one, and whoever would only
 * tidy up after a guest that is just being started leaves that to the starter.
 *
 * Lock order: a claim for a start, one for tidying, then the keeper's own mutex,
 * which is never held while anything else is called.
 */
typedef struct _DrvKeeper DrvKeeper;
typedef struct _DrvClaim DrvClaim;

typedef enum {
    DRV_CLAIM_START,  /* waits its turn */
    DRV_CLAIM_CHANGE, /* likewise: a running guest's tuning, devices or threads are changed */
    DRV_CLAIM_TIDY,   /* waits for all but a start; gives up where one is under way */
    DRV_CLAIM_PASS,   /* waits for nobody: a thread that looks after all guests must not */
    DRV_CLAIM_LOOK,   /* likewise, and leaves nothing to do: whoever comes again by himself */
} DrvClaimPurpose;

DrvKeeper *drv_keeper_new(CorralHost *host);
/* All claims must have been released. */
void drv_keeper_free(DrvKeeper *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvKeeper, drv_keeper_free)

CorralHost *drv_keeper_get_host(DrvKeeper *self);

/*
 * NULL only for the last three.  But for DRV_CLAIM_LOOK, whoever holds the claim then
 * learns on release that he should look again; somebody who asks at short intervals
 * would have him look for ever.
 */
DrvClaim *drv_keeper_claim(DrvKeeper *self, const char *uuid, DrvClaimPurpose purpose);

/* TRUE if somebody gave up tidying meanwhile: the caller now has to. */
gboolean drv_claim_release(DrvClaim *claim);

/*
 * Whether the guest's run that libvirt numbers @run is known: it is being
 * started, or its start has set that number.  libvirt never uses one twice
 * while it runs.
 */
gboolean drv_keeper_knows_run(DrvKeeper *self, const char *uuid, int run);
void drv_claim_set_run(DrvClaim *claim, int run);

/*
 * The path of the guest's group; NULL as long as it has none.  Taken before the
 * group is made, so that nobody takes it for an orphan.  A path comes from a
 * name, and another guest may have or have had that: one guest at a time has
 * it.  FALSE with the UUID of the one that does; a start waits for the end of
 * that one's, if it is under way, and must have no other path meanwhile.
 */
gboolean drv_claim_take_path(DrvClaim *claim, const char *path, char **holder)
    G_GNUC_WARN_UNUSED_RESULT;
void drv_claim_drop_path(DrvClaim *claim);
char *drv_claim_dup_path(DrvClaim *claim);
char *drv_keeper_dup_path(DrvKeeper *self, const char *uuid);

/* UUIDs of the guests that have a group. */
char **drv_keeper_list(DrvKeeper *self);

/*
 * The right to remove a group that no guest has: FALSE if one has it.  Whoever
 * wants to make a group at @path meanwhile waits.
 */
gboolean drv_keeper_claim_orphan(DrvKeeper *self, const char *path);
void drv_keeper_release_orphan(DrvKeeper *self, const char *path);
