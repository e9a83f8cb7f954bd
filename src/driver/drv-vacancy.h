/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * The group of a guest that is not running, new.  What an earlier life of a guest left there is
 * removed; one that has processes is CORRAL_ERROR_BUSY: the guest may be running behind libvirt's
 * back, and nobody but its operator may end it.  What is somebody else's is CORRAL_ERROR_EXISTS.
 */
CorralGroup *drv_vacancy_make(CorralHost *host, const char *path, const char *driver,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* That of a guest that runs: if it is there already, and a guest's, it is taken as it is. */
CorralGroup *drv_vacancy_ensure(CorralHost *host, const char *path, const char *driver,
                                gboolean *existed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes what was made on the way to a guest's group that never came to be, or only halfway. */
void drv_vacancy_prune(CorralHost *host, const char *path, CorralControllers controllers);
