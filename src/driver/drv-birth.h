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

/*
 * Whoever is born from now on waits for its release before it runs anything, but not for long:
 * 10 s.  Between the two calls drv_birth_get() tells who it is.
 */
void drv_birth_hold(DrvBirth *self);
void drv_birth_release(DrvBirth *self);
/* The @i-th alone: others, born or not, go on waiting. */
void drv_birth_release_one(DrvBirth *self, guint i);

/*
 * For a thread that may fork a daemon at any time, and is armed once and for all.  Whoever is born
 * waits, as after drv_birth_hold(), until drv_birth_let_go() of his number, which is one more for
 * each.  NULL, with errno, if memory cannot be shared.
 */
DrvBirth *drv_birth_new_endless(void);
void drv_birth_let_go(DrvBirth *self, guint i);
/* Sleeps until the @i-th is born, or not so long; or births have ended, when nobody has to
 * wait any more. */
void drv_birth_await(DrvBirth *self, guint i);
/* Whether it has begun: then drv_birth_get() knows him in a moment.  Of the numbers that it does
 * not know @i is the first. */
gboolean drv_birth_has_claimed(DrvBirth *self, guint i);
void drv_birth_end(DrvBirth *self);

void drv_birth_arm(DrvBirth *self);
void drv_birth_disarm(void);

/*
 * The @i-th process born so far and how it went: 0, or the errno of the group
 * that did not let it in.  FALSE if there were not so many.  May be asked from
 * another thread while the birth is armed.
 */
gboolean drv_birth_get(DrvBirth *self, guint i, pid_t *pid, int *errnum);
