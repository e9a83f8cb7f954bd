/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-group.h"

/*
 * The CPUs and memory nodes of a guest's parts.  Without the cpuset controller
 * all of these do nothing, and succeed.
 */

/*
 * What the guest's description says, for all its parts, before it has a
 * process.  The emulator's CPUs are left open until drv_cpuset_close().
 */
gboolean drv_cpuset_furnish(DrvGroup *group, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Likewise in place of what it was before, for a guest that is about to run anew. */
gboolean drv_cpuset_furnish_anew(DrvGroup *group, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What a container's description says, for all of it: libvirt does not hold it to its nodes. */
gboolean drv_cpuset_confine(DrvGroup *group, const Guest *guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for the group of one thread that came later. */
gboolean drv_cpuset_apply(DrvGroup *group, const Guest *guest, GuestPart part, guint number,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Threads are born in `emulator`, and libvirt pins them before anybody can move
 * them: while some are to come, `emulator` has all CPUs and all memory nodes of
 * the guest.  What it had before is kept in a label, so that a daemon that comes
 * after us closes what we opened.
 */
gboolean drv_cpuset_open(DrvGroup *group, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Likewise at a start, where it may be open for CPUs already. */
gboolean drv_cpuset_open_nodes(DrvGroup *group, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Does nothing if it is not open.  @pid: the guest's process; 0 if it is not known. */
gboolean drv_cpuset_close(DrvGroup *group, pid_t pid, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Where the host chooses the memory nodes that the guest is held to, its group
 * waits for that (drv-advice); then all parts get them, those that come later too.
 */
gboolean drv_cpuset_awaits_advice(DrvGroup *group);
gboolean drv_cpuset_take_advice(DrvGroup *group, const GArray *nodes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* (element-type guint): the CPUs that a thread is pinned to; NULL if it is gone. */
GArray *drv_cpuset_read_affinity(pid_t tid);

/*
 * <numatune><memory> as it was changed while the guest runs, which its
 * description does not know.  FALSE if it was not changed.  Free *nodes with
 * g_array_unref().
 */
gboolean drv_cpuset_get_numatune(DrvGroup *group, gint *mode, GArray **nodes);

/* The nodes of all parts as they are, to be put back. */
typedef struct _DrvNodes DrvNodes;
DrvNodes *drv_nodes_save(DrvGroup *group, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void drv_nodes_put_back(DrvNodes *self);
/* Their CPUs as well; `emulator` is closed then. */
void drv_nodes_put_back_all(DrvNodes *self);
void drv_nodes_free(DrvNodes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrvNodes, drv_nodes_free)

/* All parts or none. */
gboolean drv_cpuset_set_numatune(DrvGroup *group, gint mode, const GArray *nodes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
