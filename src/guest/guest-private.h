/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest.h"

/* For guest.c, and for guest-xml.c which fills in what guest_new() cannot know.
 * Nobody writes here once the guest has left its maker. */
struct _Guest {
    gatomicrefcount refs;
    char *driver;
    char *name;
    char *uuid;
    char *partition;
    GuestCputune cputune;
    GArray *vcpus;     /* of guint */
    GArray *iothreads; /* of guint */
};
