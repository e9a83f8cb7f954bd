/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/* Between a container's birth and its first instruction. */
typedef struct _DrvCradle DrvCradle;

/*
 * Before the container @guest is started in @partition by the calling thread.  NULL if there is
 * nothing that would have to be done in time.
 */
DrvCradle *drv_cradle_begin(CorralHost *host, const char *partition, const Guest *guest);
/* When the start is over, however it went. */
void drv_cradle_end(DrvCradle *self);

/* Whether libvirt_lxc gives limits away on this host. */
gboolean drv_cradle_is_needed(CorralHost *host);

/* The parts of it.  @pid: a libvirt_lxc that is held at its birth, for the container @name. */
CorralGroup *drv_cradle_make(CorralHost *host, const char *partition, const char *name, pid_t pid,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Where the group is for systemd to make @pid is not held, and this is called until it is there.
 * NULL without an error if it is not. */
CorralGroup *drv_cradle_find(CorralHost *host, const char *partition, const char *name, pid_t pid,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* TRUE when @pid has come to stand still in there, and both go on, harmless; or if that failed,
 * which the log tells. */
gboolean drv_cradle_try_leave(CorralGroup *group, const char *name, pid_t pid);
/* Nobody comes. */
void drv_cradle_remove(CorralGroup *group, const char *name);

/* Goes on where a daemon was killed between the two: @group is a container's that runs. */
gboolean drv_cradle_leave(CorralGroup *group, GError **error) G_GNUC_WARN_UNUSED_RESULT;
