/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A guest as its domain XML describes it: who it is, where it wants to live
 * and what it was promised.  Plain data, reference counted, immutable once
 * built; no connection and no cgroup is involved.
 */

/* The four parts of a guest whose processor time libvirt can cap apart. */
typedef enum {
    GUEST_PART_VCPU,     /* each vCPU's group: <period>, <quota> */
    GUEST_PART_EMULATOR, /* <emulator_period>, <emulator_quota> */
    GUEST_PART_GLOBAL,   /* the whole guest: <global_period>, <global_quota> */
    GUEST_PART_IOTHREAD, /* each iothread's group: <iothread_period>, <iothread_quota> */
    GUEST_N_PARTS
} GuestPart;

/* Processor time allowed to one part.  Both are in microseconds; 0 means
 * "not given", as in libvirt's own XML; a negative quota is "no ceiling". */
typedef struct {
    guint64 period_us;
    gint64 quota_us;
} GuestBandwidth;

/* What <cputune> says about time and weight. */
typedef struct {
    gboolean has_shares; /* <shares> given at all */
    guint64 shares;
    GuestBandwidth bandwidth[GUEST_N_PARTS];
} GuestCputune;

typedef struct _Guest Guest;

#define GUEST_DEFAULT_PARTITION "/machine"

#define GUEST_ERROR (guest_error_quark())
GQuark guest_error_quark(void);

typedef enum {
    GUEST_ERROR_XML,       /* not a domain description; libvirt would refuse it too */
    GUEST_ERROR_PARTITION, /* the partition cannot be a place for groups */
    GUEST_ERROR_NAME,      /* the name cannot be made into a group's name */
} GuestError;

Guest *guest_new(const char *driver, const char *name, const char *uuid, const char *partition);
Guest *guest_ref(Guest *self);
void guest_unref(Guest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_unref)

const char *guest_get_driver(const Guest *self);    /* "qemu" or "lxc" */
const char *guest_get_name(const Guest *self);      /* as the user wrote it */
const char *guest_get_uuid(const Guest *self);      /* canonical text; NULL if the XML gave none */
const char *guest_get_partition(const Guest *self); /* GUEST_DEFAULT_PARTITION when absent */
const GuestCputune *guest_get_cputune(const Guest *self);
/* Numbers of the vCPUs online from the start, ascending. */
const guint *guest_get_vcpus(const Guest *self, gsize *n);
/* Ids of the iothreads, in the XML's order. */
const guint *guest_get_iothreads(const Guest *self, gsize *n);

gboolean guest_cputune_has_bandwidth(const GuestCputune *tune);
