/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * How guests' groups are arranged: docs/layouts.md.  <own> is the group of libvirtd itself.
 * Only guests of the default partition are placed by the layout; any other partition is a place
 * of its own, and the layout says how its guests' groups are called.
 */
typedef enum {
    GUEST_LAYOUT_FLAT,    /* <partition>/<name>.<driver>.libvirt */
    GUEST_LAYOUT_NESTED,  /* <own>/libvirt/<driver>/<name> */
    GUEST_LAYOUT_SERVICE, /* <own>/<driver>/<name> */
    GUEST_LAYOUT_SINGLE,  /* <own>/<driver>-<name> */
    GUEST_LAYOUT_ROOT,    /* libvirt/<driver>/<name> */
    GUEST_LAYOUT_UUID,    /* <own>/libvirt/<driver>/<uuid> */
    GUEST_LAYOUT_STOCK,   /* libvirt's: <partition>/<driver>-<id>-<name>.libvirt-<driver> */
} GuestLayout;

#define GUEST_N_LAYOUTS (GUEST_LAYOUT_STOCK + 1)

/* FALSE if there is none of that name. */
gboolean guest_layout_parse(const char *text, GuestLayout *layout);
const char *guest_layout_format(GuestLayout layout);

/* Whether its groups are known by their names alone; otherwise it takes a label. */
gboolean guest_layout_has_names(GuestLayout layout);

/* Whether its groups are below the one of libvirtd. */
gboolean guest_layout_is_below_own(GuestLayout layout);
