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
    char *xml;
    GuestCputune cputune;
    GuestMemtune memtune;
    GuestBlkiotune blkiotune;
    guint64 memory_kib;
    guint64 most_memory_kib;
    guint64 pids_limit;
    GuestBalloon balloon;
    GuestReactions reactions;
    gboolean has_balloon;
    gboolean balloon_deflates;
    gboolean is_pinned;
    GuestPlacement *placement;
    gboolean has_own_users;
    GArray *vcpus; /* of guint */
    gboolean plugs_vcpus;
    GArray *iothreads; /* of guint */
};

/* What libvirt gives to the groups of its own making, which it does for containers. */
#define GUEST_PATH_STOCK_SUFFIX ".libvirt-"

/* A guest's component as libvirt makes it; NULL as long as its run has no number. */
char *guest_path_build_stock_component(const char *driver, const char *name, int run);

/* FALSE, and the error says @why. */
gboolean guest_path_refuse_partition(GError **error, const char *partition, const char *why);
