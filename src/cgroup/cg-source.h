/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-watch.h"
#include "corral-group.h"

/* A source that looks after @watch, which is its own from now on, for @group or the machine. */
GSource *cg_source_new(CorralGroup *group, CgWatch *watch, const char *name);

/* Whether @source is one of these, for the first time to be attached. */
gboolean cg_source_is_fresh(GSource *source);
