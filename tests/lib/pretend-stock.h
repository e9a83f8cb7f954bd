/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "drv-stack.h"
#include "fake-cgroup.h"

/*
 * A stock driver for corral to be stacked over, in this process: libvirt's own
 * test driver (test:///default), which runs no guests but keeps books on them
 * as a real one does.  What it lacks for that part is added: it notes what it
 * was given, fails or waits when told to, has scheduler parameters of a
 * persistent definition, and its guests can have processes, which are daemons
 * with threads named like QEMU's.
 *
 * There is one in a process, and one stack over it, because libvirt's list of
 * drivers only ever grows.
 */
#define PRETEND_STOCK_URI "corralstock:///default"
#define PRETEND_STACK_URI "corraltest:///default"

/*
 * Before anything else of libvirt's.  The program may have been started to be a
 * guest's process: then this does not return.
 */
void pretend_stock_init(int argc, char **argv);

/* The daemon starts: a stack that knows of no guest yet, over @host. */
DrvStack *pretend_stock_boot(CorralHost *host);
/* And ends; guests and their groups stay. */
void pretend_stock_halt(void);

/* From now on guests that start have processes, in @fake's groups; NULL: none. */
void pretend_stock_give_processes(FakeCgroup *fake);
/* The process of the guest @uuid, or 0. */
pid_t pretend_stock_get_process(const char *uuid);

typedef enum {
    PRETEND_CREATE,
    PRETEND_DESTROY,
    PRETEND_SET_SCHEDULER,
    PRETEND_N_CALLS,
} PretendCall;

/* The next such call fails with VIR_ERR_INTERNAL_ERROR and does nothing. */
void pretend_stock_fail(PretendCall call);

/* Until told otherwise, lists of guests are not to be had. */
void pretend_stock_refuse_lists(gboolean refuse);

/*
 * Starts wait, with the guest running, before they return; until they may go on.
 * pretend_stock_await_start() waits until one does.
 */
void pretend_stock_hold_starts(void);
void pretend_stock_await_start(void);
void pretend_stock_let_go(void);

/* The XML of the last start: what createXML was given, or NULL where it was no createXML. */
char *pretend_stock_dup_xml(void);

/* The calls to set scheduler parameters since the last question, a line each:
 * "flags=2 cpu_shares=7". */
char *pretend_stock_take_settings(void);
