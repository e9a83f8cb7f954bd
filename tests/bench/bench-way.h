/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-bed.h"

/*
 * One way to have a guest's group.  All do the same: the benchmark compares
 * what the kernel says about the group afterwards.  Each is written as somebody
 * would who knows it well.
 *
 * There is one guest at a time, so a way keeps what it made in static variables.
 */
typedef struct {
    const char *name;
    /* NULL if it is ready, otherwise why it is not. */
    const char *(*start)(const BenchBed *bed);
    /* The group, a child for the emulator and one for each vCPU, and all settings. */
    void (*make)(const BenchBed *bed);
    /* The process into the group, each of its threads into its child. */
    void (*attach)(const BenchBed *bed);
    /*
     * How long the guest and each vCPU have run, all in all, in user space and in
     * the kernel, and been held back; and the memory in use.  Returns the sum, so
     * that nobody can leave the work out.
     */
    guint64 (*read)(const BenchBed *bed);
    void (*remove)(const BenchBed *bed);
} BenchWay;

extern const BenchWay way_library;
extern const BenchWay way_raw_legacy;
extern const BenchWay way_raw_unified;
extern const BenchWay way_libcgroup;

/* System calls, for both who write by hand. */
void raw_write(int dir, const char *file, const char *text);
void raw_write_number(int dir, const char *file, gint64 number);
/* With a NUL at the end. */
void raw_read(int dir, const char *file, char *text, size_t size);
int raw_make_dir(int dir, const char *name);
guint64 raw_read_number(int dir, const char *file);
/* What comes after @key, e.g. "throttled_time ". */
guint64 raw_find_key(const char *text, const char *key);
guint64 raw_read_key(int dir, const char *file, const char *key);
