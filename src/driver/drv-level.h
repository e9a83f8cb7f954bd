/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * The level that libvirt makes in a guest's scope and tunes there: containers are in it, and so is
 * a QEMU guest that has started under a libvirt that made groups.  What is said of the guest is
 * said of the scope; so the level opens up.  What it cannot have is logged.
 */

/* NULL if there is none, or @whole is no scope. */
CorralGroup *drv_level_find(CorralGroup *whole);

/* A QEMU guest's: libvirt has no more to do with it. */
void drv_level_open(CorralGroup *level);

/* A container's: libvirt goes on tuning it, and what it reads there is the size of the machine
 * that the container sees.  To be called whenever either may have changed. */
void drv_level_follow(CorralGroup *level, CorralGroup *whole);
