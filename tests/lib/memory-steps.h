/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * What the limits of memory and swap do to each other: one list of calls, with
 * what reads back after each, for the fake kernel and for real ones, whichever
 * interface they have.  @group is new and nobody is in it.
 */
void memory_steps_run(CorralGroup *group);
