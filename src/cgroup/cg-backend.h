/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-place.h"

typedef struct _CgCpu CgCpu;
typedef struct _CgCpuTime CgCpuTime;
typedef struct _CgCpuset CgCpuset;
typedef struct _CgDevices CgDevices;
typedef struct _CgFreezer CgFreezer;
typedef struct _CgHugetlb CgHugetlb;
typedef struct _CgIo CgIo;
typedef struct _CgMemory CgMemory;
typedef struct _CgMemoryUsage CgMemoryUsage;
typedef struct _CgNetclass CgNetclass;
typedef struct _CgPids CgPids;
typedef struct _CgPressure CgPressure;
typedef struct _CgWatching CgWatching;

/*
 * What differs between the kernel's two interfaces.  The facade checks ranges
 * and units; a backend converts and knows file names.  Chosen per hierarchy,
 * so hybrid hosts need no special case.
 */
struct _CgBackend {
    const char *name;

    /* The mandatory half. */

    /* Which of @hierarchy's controllers need no handing down: every group has them. */
    CorralControllers everywhere;
    const char *processes_file;
    const char *threads_file;
    /* Where a process of a single thread best lets itself in from anywhere. */
    const char *entrance_file;
    /* Those by which somebody whom a group was given to cannot lift its limits, up to a NULL;
     * NULL if there are none. */
    const char *const *given_files;

    /* Lets the children of @dir have @wanted; *granted says which of them they get. */
    gboolean (*hand_down)(int dir, CorralControllers wanted, CorralControllers *granted,
                          GError **error);
    /* Makes a group fit for processes; one that is already is left as it is. */
    gboolean (*prepare)(int dir, CorralControllers controllers, GError **error);
    /* Makes a child of @parent a group of threads; likewise. */
    gboolean (*prepare_threaded)(const CgPlace *parent, int dir, GError **error);

    /* The optional half: NULL where the interface has no such control. */

    /* Whether a process in @place itself keeps it from handing down what it has; NULL: never. */
    gboolean (*is_crowded)(const CgPlace *place);
    gboolean (*kill)(const CgPlace *place, GError **error);
    /* Keeps those in @place and below from having children for now, if it can before
     * @deadline on the monotonic clock; let_die() ends that. */
    void (*hold)(const CgPlace *place, gint64 deadline);
    /* Lets those go who were killed in @place or below and cannot die for being held here. */
    void (*let_die)(const CgPlace *place);

    /*
     * One table a control, in cg-CONTROL.h; NULL where the interface lacks all of
     * it, and entries of it are NULL where it lacks one.
     */
    const CgCpu *cpu;
    const CgCpuTime *cpu_time;
    const CgCpuset *cpuset;
    const CgDevices *devices;
    const CgFreezer *freezer;
    const CgHugetlb *hugetlb;
    const CgIo *io;
    const CgMemory *memory;
    const CgMemoryUsage *memory_usage;
    const CgNetclass *netclass;
    const CgPids *pids;
    const CgPressure *pressure;
    const CgWatching *watching;
};

extern const CgBackend cg_backend_legacy;  /* cgroup v1 */
extern const CgBackend cg_backend_unified; /* cgroup v2 */
