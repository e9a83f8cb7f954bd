/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-birth.h"
#include "drv-group.h"

/*
 * Moves the threads of a guest's process to where they belong: each vCPU to
 * `vcpuN`, each iothread to `iothreadN`.  The rest stays in `emulator`, where
 * the process was born.
 */

/*
 * Looks through the threads of @pid once.  @placed, a set of thread ids, says
 * who needs no move, and is added to; NULL to look where each of them is.
 */
gboolean drv_threads_place(DrvGroup *group, pid_t pid, GHashTable *placed, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The guest's process, if it is in @group; 0 otherwise. */
pid_t drv_threads_find_guest(DrvGroup *group);

/* Whether @pid is a QEMU with vCPUs, and so the guest itself, not a helper. */
gboolean drv_threads_is_guest(pid_t pid);

/*
 * Watches a start: from the moment the guest's process is born its threads are
 * placed as they appear, beside libvirt's own work.  Both are borrowed until
 * the watch ends, and nobody else may use @group meanwhile.
 */
typedef struct _DrvThreadsWatch DrvThreadsWatch;

DrvThreadsWatch *drv_threads_watch(DrvGroup *group, DrvBirth *birth, const Guest *guest);

/*
 * Ends the watch, after a last look that finds every thread there is by now, and
 * closes the emulator's CPUs.
 * Returns the guest's process, or 0 if none was born here; @error is set if
 * that is so, or if a thread could not be placed.
 */
pid_t drv_threads_watch_end(DrvThreadsWatch *self, GError **error);
