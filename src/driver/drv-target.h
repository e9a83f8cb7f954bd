/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"
#include "guest.h"

/*
 * With how much memory a guest was asked to get by.  libvirt passes it on to the balloon and
 * forgets it: what it shows is how far the balloon has got.  So a label keeps it, on the group
 * opened by drv_stick_open().
 */
typedef struct {
    guint64 kib;      /* 0: it was never asked */
    guint64 most_kib; /* what it could have had at most at that time */
    gboolean started; /* it was started with that, and nobody has asked since */
} DrvTarget;

/* Zeros where nothing is kept. */
void drv_target_read(CorralGroup *group, DrvTarget *self);
gboolean drv_target_note(CorralGroup *group, const DrvTarget *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* What @guest says, which is started in the group of @whole. */
void drv_target_begin(CorralGroup *whole, const Guest *guest);

/*
 * What its user wants it to have, in KiB, while it is asked for more than he asked, because its
 * partition has to give way (drv-yield.c); 0 if it is not.
 */
guint64 drv_target_read_wanted(CorralGroup *group);
gboolean drv_target_note_wanted(CorralGroup *group, guint64 kib, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
