/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-step.h"

/* Raises limits as far as they can be paid, and notes who lacks something then. */
void policy_raises_plan(PolicyStep *self);

/* For limits that are still missing, when nobody has made room for them. */
void policy_raises_place_anyway(PolicyStep *self);

/* Guests have back what their partitions have room for, when it is known what these have. */
void policy_raises_give_back(PolicyStep *self);
