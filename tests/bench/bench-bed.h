/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "corral.h"

/*
 * What all ways of making a group share: where the machine keeps groups, what
 * is wanted, and a process to put in.
 */

#define BED_BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)
#define BED_GUEST                                                                                  \
    (BED_BIT(CPU) | BED_BIT(CPUACCT) | BED_BIT(CPUSET) | BED_BIT(MEMORY) | BED_BIT(IO) |           \
     BED_BIT(DEVICES) | BED_BIT(FREEZER) | BED_BIT(PIDS))

#define BED_MAX_VCPUS 64
#define BED_MAX_HIERARCHIES 8

/* What a guest is given: the whole of it, and each of its vCPUs. */
#define BED_SHARES 512
#define BED_PERIOD_US 100000
#define BED_QUOTA_US(n_vcpus) (((n_vcpus) + 1) * 100000)
#define BED_VCPU_QUOTA_US 50000
#define BED_MEMORY_LIMIT (G_GUINT64_CONSTANT(1) << 30)

/* The names the kernel has for the controllers of the legacy interface. */
typedef struct {
    int root;   /* descriptor of the hierarchy's root */
    char *path; /* and its name */
    CorralControllers controllers;
} BedHierarchy;

typedef struct {
    CorralHost *host;
    char *partition;
    char *guest; /* the group that is made and removed: "g" below the partition */
    gboolean unified;
    BedHierarchy hierarchies[BED_MAX_HIERARCHIES];
    guint n_hierarchies;

    guint n_vcpus;
    pid_t process;
    pid_t threads[BED_MAX_VCPUS];
    int leash; /* the process ends when this does */
} BenchBed;

void bed_die(const char *what) G_GNUC_NORETURN;
void bed_check(gboolean ok, GError *error);

/* 77 with a reason printed if this machine is not for us. */
int bed_start(BenchBed *self, const char *name);
void bed_stop(BenchBed *self);

/* Of @controller; there is one for each of BED_GUEST. */
guint bed_find_hierarchy(const BenchBed *self, CorralController controller);
/* "emulator", "vcpu0", "vcpu1"...: the children of a guest, n_vcpus + 1 of them. */
const char *bed_child_name(guint i, char name[16]);

/* A process with a thread for each vCPU. */
void bed_start_process(BenchBed *self, guint n_vcpus);
void bed_end_process(BenchBed *self);
/* Back to the root, so that its group can go. */
void bed_take_out(const BenchBed *self);

/* All that the kernel says about the guest's group: settings and members. */
char *bed_describe_guest(const BenchBed *self);
