/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "corral.h"

/*
 * Tests on the kernel we run on, whichever interface serves what.  Such a
 * program is called
 *
 *   PROGRAM BASE        BASE is a group that is not there; all happens below it
 *   PROGRAM --threads   a process with threads, as the tests need one
 *   PROGRAM --respawn   one that will not die easily
 *   PROGRAM --busy      one that never waits
 *   PROGRAM --memory    one that says "ready", and uses as many MiB as each line says
 *
 * and whoever starts it removes what a crash leaves below BASE.
 */
int bed_run(int argc, char **argv, void (*add_tests)(void));

#define BED_BIT(name) CORRAL_CONTROLLER_BIT(CORRAL_CONTROLLER_##name)

/* What a guest gets. */
#define BED_GUEST                                                                                  \
    (BED_BIT(CPU) | BED_BIT(CPUACCT) | BED_BIT(CPUSET) | BED_BIT(MEMORY) | BED_BIT(IO) |           \
     BED_BIT(DEVICES) | BED_BIT(FREEZER) | BED_BIT(PIDS))

/* No test waits longer than this for the kernel. */
#define BED_PATIENCE_MS 30000

CorralHost *bed_get_host(void);

/* @path below BASE. */
char *bed_path(const char *path);
/* A group below BASE that is new, with what the host serves of @controllers. */
CorralGroup *bed_make(const char *path, CorralControllers controllers);
CorralGroup *bed_make_child(CorralGroup *group, const char *name);
/* The same, if somebody serves @controller; otherwise the test is skipped and this is NULL. */
CorralGroup *bed_make_or_skip(const char *path, CorralController controller);
void bed_remove(CorralGroup *group);
void bed_assert_nothing_left(void);

/* In place of an error's code: there is none. */
#define BED_ACCEPTED (-1)
/* That a call that returned @done answered as a table says: @code or BED_ACCEPTED. */
void bed_assert_answer(gboolean done, const GError *error, int code);

/* Where @id is, for each of @group's controllers: in @child for those that know threads. */
void bed_assert_where(pid_t id, CorralGroup *group, CorralGroup *child);

/*
 * The kernel's own files, past the library: the directory of the group @path
 * below BASE in the hierarchy of @controller, NULL if nobody serves that.
 */
char *bed_dir(const char *path, CorralController controller);
gboolean bed_is_legacy(const char *dir);
void bed_put(const char *dir, const char *file, const char *text);
/* Without its last newline; NULL if there is no such file. */
char *bed_get(const char *dir, const char *file);

typedef struct {
    pid_t pid;
    int in; /* keeps it alive */
    FILE *out;
} BedProcess;

/* This program again, as @what; born in @entrances if there are any. */
BedProcess bed_start(const char *what, char *const *entrances);
char *bed_read_line(BedProcess *process);
/* Its status, as of waitpid(2). */
int bed_end(BedProcess *process);
