/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "cg-tree.h"
#include "corral.h"

/*
 * A machine that is not there: a temporary directory with a /proc and cgroup
 * mounts, laid out like one of tests/data/hosts, and enough of the kernel's
 * manners for groups to be made, filled and removed in it by anybody.
 *
 * What it does as the kernel does: a new group has its files with their
 * defaults; cpuset.cpus starts empty unless cgroup.clone_children says
 * otherwise, and an empty cpuset lets nobody in; cgroup.subtree_control hands
 * controllers down; an id written to a members file leaves the group it was in
 * and shows in /proc/PID/cgroup; a group with members or children is busy.
 * Rules about devices are kept as fake-devices says, and the legacy interface's
 * limits of memory and of memory plus swap keep their order.  Other values are
 * kept, not judged.  Labels are kept beside, as no attribute named
 * trusted.* is to be had without privileges.
 *
 * There is one at a time, because the library has one kernel.
 */
typedef struct _FakeCgroup FakeCgroup;

/* @like: a directory of tests/data/hosts, e.g. "hybrid", "legacy", "unified". */
FakeCgroup *fake_cgroup_new(const char *like);
void fake_cgroup_free(FakeCgroup *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeCgroup, fake_cgroup_free)

/* The directory that corral_host_new() is to take for "/". */
const char *fake_cgroup_get_root(FakeCgroup *self);
CorralHost *fake_cgroup_open_host(FakeCgroup *self, CorralHostFlags flags);

/*
 * Files by the names they have in the machine, "/sys/fs/cgroup/cpu/tasks", and
 * behind the kernel's back.  A file's text comes without its last newline, and
 * is NULL where there is no such file.
 */
gboolean fake_cgroup_exists(FakeCgroup *self, const char *name);
char *fake_cgroup_read(FakeCgroup *self, const char *name);
void fake_cgroup_put(FakeCgroup *self, const char *name, const char *text);
/* A group that somebody else makes or removes; with the kernel's help. */
void fake_cgroup_mkdir(FakeCgroup *self, const char *name);
void fake_cgroup_rmdir(FakeCgroup *self, const char *name);

/* The names of all groups below the tops of the hierarchies, sorted, a line each. */
char *fake_cgroup_list(FakeCgroup *self);

/* Process or thread @id ends: it is in no group any more. */
void fake_cgroup_exit(FakeCgroup *self, pid_t id);

/*
 * What was asked of the kernel since the last call, a line each: "mkdir NAME",
 * "rmdir NAME", "write NAME TEXT", "label NAME LABEL".
 */
char *fake_cgroup_take_log(FakeCgroup *self);

typedef enum {
    FAKE_MKDIR,
    FAKE_RMDIR,
    FAKE_WRITE,
    FAKE_LABEL,
    FAKE_N_CALLS,
} FakeCall;

/* What the library talks to, for whoever wants to stand between. */
const CgTreeKernel *fake_cgroup_get_kernel(void);

/*
 * The call after the next @after ones of its kind fails with @errnum, once.  Only the
 * caller's calls count: what else goes on in the background comes at any time.
 */
void fake_cgroup_fail(FakeCgroup *self, FakeCall call, guint after, int errnum);

/* The next @times that a group is told to freeze, somebody in it does not stop. */
void fake_cgroup_resist(FakeCgroup *self, guint times);
