/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-backend.h"
#include "corral-freezer.h"

/* Stopping and continuing: the facade is corral-freezer. */
struct _CgFreezer {
    /*
     * Asks for it and waits until everybody has stopped, or until @deadline on the
     * monotonic clock has passed; *complete says which.
     */
    gboolean (*freeze)(const CgPlace *place, gint64 deadline, gboolean *complete, GError **error);
    gboolean (*thaw)(const CgPlace *place, GError **error);
    gboolean (*get_state)(const CgPlace *place, CorralFreezerState *state, GError **error);
};

extern const CgFreezer cg_freezer_legacy;
extern const CgFreezer cg_freezer_unified;
