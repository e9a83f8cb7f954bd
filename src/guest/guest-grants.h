/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "corral.h"

/*
 * Which devices a guest may use, and for what: one grant for each of its reasons,
 * so that a node which two disks share has two and stays allowed until both are
 * gone.  Nothing here looks at a file or at a group.
 */
typedef struct {
    CorralDevice device;
    CorralDeviceAccess access;
    char *node;   /* "/dev/kvm"; NULL for a class of devices */
    char *reason; /* "disk vda" */
} GuestGrant;

/* Where the text is kept: labels of the guest's group, "devices", "devices-1", ...  What is done
 * with the guest's images for the time of a block job is in one of its own. */
#define GUEST_GRANTS_LABEL "devices"
#define GUEST_GRANTS_LABEL_JOBS "device-jobs"
#define GUEST_GRANTS_LABEL_SIZE 4096
#define GUEST_GRANTS_LABELS_MAX 32

/* The name of the label for piece number @i. */
char *guest_grants_dup_label(guint i);

/* Returns: (element-type GuestGrant): an empty set, which owns what is in it */
GPtrArray *guest_grants_new(void);

/* What was granted for this reason already is widened.  @node may be NULL. */
void guest_grants_add(GPtrArray *self, const CorralDevice *device, CorralDeviceAccess access,
                      const char *node, const char *reason);
void guest_grants_add_all(GPtrArray *self, const GPtrArray *others);

/* Whether @grant says nothing that @self does not, its reason aside. */
gboolean guest_grants_include(const GPtrArray *self, const GuestGrant *grant);

/* What is granted of this very device, all reasons together; 0 if nothing is. */
CorralDeviceAccess guest_grants_find_access(const GPtrArray *self, const CorralDevice *device);

/* Returns: (element-type CorralDeviceRule): each device once, all accesses together */
GPtrArray *guest_grants_to_rules(const GPtrArray *self);

/*
 * As text to be kept with the group, one grant a line, in pieces of at most
 * @size_max bytes.  What does not fit into one by itself is left out: the text
 * explains rules and is none.
 */
char **guest_grants_format(const GPtrArray *self, gsize size_max);

/* Adds what is in such a piece; lines that make no sense are passed over. */
void guest_grants_parse(GPtrArray *self, const char *text);
