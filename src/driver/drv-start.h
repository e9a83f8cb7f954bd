/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drv-stack.h"
#include "guest.h"

/*
 * A stock call that starts a guest: a start, a restore, the arrival of a
 * migration.  Both functions return 0, or -1 with libvirt's error raised.
 */
typedef struct {
    /* Made with the guest's group waiting; once more if it failed before the guest had one, over
     * the name it was to have.  Sets *run, which is 0, to
     * libvirt's number of the run if it knows it; otherwise libvirt is asked. */
    int (*call)(gpointer data, int *run);
    /* Made in its place where the guest turns out to run already: stock says what it says then. */
    int (*call_running)(gpointer data);
    /* Or the call ends the guest that runs and starts it anew, as going back to a snapshot does. */
    gboolean replaces;
    gpointer data;
} DrvStart;

/* Whether @guest's tuning is to be refused by the stock driver, in its own words, instead. */
gboolean drv_start_is_for_stock(const Guest *guest);

/* Access has been checked, and @guest has a UUID.  What the call returned; -1 with an
 * error of ours if it was not made. */
int drv_start_run(const DrvStart *self, DrvStack *stack, virConnectPtr conn, const Guest *guest);
