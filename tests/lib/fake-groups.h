/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "fake-cgroup.h"

/* Groups of the fake machine, for tests of how they come and go: what fails ends the test. */

CorralGroup *fake_groups_make(CorralHost *host, const char *path, CorralControllers controllers);
void fake_groups_remove(CorralGroup *group);

/* @wanted: as fake_cgroup_list(). */
void fake_groups_assert(FakeCgroup *fake, const char *wanted);
