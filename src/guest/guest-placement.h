/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest.h"

/*
 * On which CPUs the threads of a guest may run and which memory nodes may serve
 * them, as <vcpu>, <cputune>, <numatune> and <cpu><numa> say it.
 */

/* By libvirt's numbers. */
typedef enum {
    GUEST_MEMORY_UNSET = -1, /* there is no <numatune><memory> */
    GUEST_MEMORY_STRICT,
    GUEST_MEMORY_PREFERRED,
    GUEST_MEMORY_INTERLEAVE,
    GUEST_MEMORY_RESTRICTIVE,
} GuestMemoryMode;

struct _xmlNode;

/* A guest that may run everywhere. */
GuestPlacement *guest_placement_new(void);
GuestPlacement *guest_placement_read(const struct _xmlNode *root, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void guest_placement_free(GuestPlacement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestPlacement, guest_placement_free)

/* Whether the host chooses the CPUs (numad): what is not pinned then runs where libvirt puts it. */
gboolean guest_placement_is_auto(const GuestPlacement *self);

/* (element-type guint) (nullable): for vCPU or iothread @number, or the emulator; NULL if
 * nothing is said. */
const GArray *guest_placement_get_cpus(const GuestPlacement *self, GuestPart part, guint number);

/* (element-type guint) (nullable): of a container, which is not told apart: those of <vcpu>, else
 * those to which its emulator is pinned. */
const GArray *guest_placement_get_containers_cpus(const GuestPlacement *self);

/* (element-type guint) (nullable): the nodes that may serve it and no others; NULL if
 * it is a matter of preference, or nothing is said. */
const GArray *guest_placement_get_nodes(const GuestPlacement *self, GuestPart part, guint number);

GuestMemoryMode guest_placement_get_memory_mode(const GuestPlacement *self);
/* Whether the host chooses the nodes. */
gboolean guest_placement_is_memory_auto(const GuestPlacement *self);
/* (element-type guint) (nullable): of <numatune><memory> */
const GArray *guest_placement_get_memory_nodes(const GuestPlacement *self);

/* "strict" and so on; UNSET if there is no such mode. */
GuestMemoryMode guest_memory_mode_parse(const char *text);
const char *guest_memory_mode_format(GuestMemoryMode mode);
