/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy-step.h"

/* Lowers limits, and asks guests, for the sake of those who lack something. */
void policy_cuts_plan(PolicyStep *self);
