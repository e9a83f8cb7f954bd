/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * A guest about to be started: whatever daemon the calling thread forks
 * between drv_birth_arm() and drv_birth_disarm() is born in the guest's group.
 */
typedef struct _DrvBirth DrvBirth;

/* Once a process, before anything else here.  Returns 0 or an errno. */
int drv_birth_init(void);

/* @entrances: from corral_group_list_entrances().  NULL, with errno, if memory cannot be shared. */
DrvBirth *drv_birth_new(char **entrances);
void drv_birth_free(DrvBirth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvBirth, drv_birth_free)

void drv_birth_arm(DrvBirth *self);
void drv_birth_disarm(void);

/*
 * The @i-th process born so far and how it went: 0, or the errno of the group
 * that did not let it in.  FALSE if there were not so many.  May be asked from
 * another thread while the birth is armed.
 */
gboolean drv_birth_get(DrvBirth *self, guint i, pid_t *pid, int *errnum);
