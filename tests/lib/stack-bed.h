/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "fake-cgroup.h"
#include "pretend-stock.h"

/*
 * What every test of the stacked driver begins with: a fake machine, the stack
 * over the pretended stock driver on it, and a connection to that.  For
 * g_test_add() and friends, with the machine's kind for data.
 */
typedef struct {
    FakeCgroup *fake;
    CorralHost *host;
    DrvStack *stack;
    virConnectPtr conn;
} StackBed;

void stack_bed_set_up(StackBed *bed, gconstpointer kind);
void stack_bed_tear_down(StackBed *bed, gconstpointer kind);

/* "/NAME/KIND" with set-up and tear-down. */
typedef void (*StackBedTest)(StackBed *bed, gconstpointer kind);
void stack_bed_add(const char *name, const char *kind, StackBedTest test);

/* A guest's XML: 2 vCPUs, @more between <domain> and </domain>. */
char *stack_bed_format_guest(const char *name, const char *more);
virDomainPtr stack_bed_define(StackBed *bed, const char *name, const char *more);
/* Defined and started. */
virDomainPtr stack_bed_start(StackBed *bed, const char *name, const char *more);

/* Where the group of a guest's processor time is, and a file of it or below it. */
char *stack_bed_group(StackBed *bed, const char *path);
char *stack_bed_read(StackBed *bed, const char *path, const char *file);
void stack_bed_assert_file(StackBed *bed, const char *path, const char *file, const char *text);

/* How many directories of groups are called *.libvirt, in all hierarchies. */
guint stack_bed_count_guests(StackBed *bed);

/* The last libvirt call failed with @code and a message that has @part. */
void stack_bed_assert_error(int code, const char *part);
