/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "corral-types.h"

/*
 * The cgroup mounts named by /proc/self/mountinfo (see proc(5)).  Pure: takes
 * the file's text.
 */
typedef struct {
    gboolean unified;              /* a cgroup2 mount */
    CorralControllers controllers; /* of a legacy mount, from its options */
    char *name;                    /* of a named legacy hierarchy, e.g. "systemd"; or NULL */
    char *mount_point;
    char *root; /* the group that shows at the mount point, "/" for the whole hierarchy */
    gboolean read_only;
} CgMount;

void cg_mount_free(CgMount *self);

/* (element-type CgMount): in the file's order; lines that make no sense are passed over. */
GPtrArray *cg_mountinfo_parse(const char *text);

/*
 * The paths of one process, from the text of /proc/PID/cgroup (cgroups(7)):
 * the one in the hierarchy of @mount, or NULL if there is none.
 */
char *cg_mountinfo_find_path(const char *proc_cgroup, const CgMount *mount);
