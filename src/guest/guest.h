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

/* What <memtune> says, in KiB. */
typedef struct {
    guint64 hard_limit_kib;
    guint64 soft_limit_kib;
    guint64 swap_hard_limit_kib; /* of memory and swap together */
} GuestMemtune;

/* No limit, or none that was given: libvirt's VIR_DOMAIN_MEMORY_PARAM_UNLIMITED. */
#define GUEST_MEMORY_UNLIMITED_KIB G_GUINT64_CONSTANT(9007199254740991)

/* What <blkiotune> says of one device; 0 is "not given", or "no limit". */
typedef struct {
    char *path; /* as the user wrote it */
    guint weight;
    guint read_iops;
    guint write_iops;
    guint64 read_bps;
    guint64 write_bps;
} GuestBlkioDevice;

typedef struct {
    guint weight;       /* 0: not given */
    GPtrArray *devices; /* of GuestBlkioDevice */
} GuestBlkiotune;

/* Whether the memory that a guest is asked for is to be taken where it does not give it. */
typedef enum {
    GUEST_BALLOON_DEFAULT, /* nothing is said */
    GUEST_BALLOON_ENFORCE,
    GUEST_BALLOON_LEAVE,
} GuestBalloonWish;

/* What <corral:balloon> says (guest-balloon.c). */
typedef struct {
    GuestBalloonWish wish;
    gboolean has_grace;
    guint grace_s; /* how long the guest has to give it by itself */
    gboolean has_margin;
    guint64 margin_kib; /* what it may have beyond what was asked and QEMU's own */
    guint64 floor_kib;  /* it is never held below that; 0: not given */
    gboolean release;   /* what cannot be had is given up; else the limit stays where it got to */
} GuestBalloon;

/* What is to be done for a guest that wants memory. */
typedef enum {
    GUEST_ACTION_IGNORE,
    GUEST_ACTION_LOG,
    GUEST_ACTION_RAISE, /* the limit that it has met */
    GUEST_ACTION_PAUSE,
} GuestAction;

/* What <corral:on_oom> or <corral:on_pressure> says (guest-reaction.c). */
typedef struct {
    gboolean given; /* it is there */
    GuestAction action;
    guint64 step_kib; /* by how much a limit is raised; 0: not given */
    guint64 most_kib; /* and how far; 0: not given, and then it is not raised */
    guint some_ms;    /* of pressure: for how long somebody has to wait for memory... */
    guint window_ms;  /* ...of so much time */
} GuestReaction;

/* Where <on_pressure> does not say: the kernel's own example (Documentation/accounting/psi.rst). */
#define GUEST_REACTION_SOME_MS 150
#define GUEST_REACTION_WINDOW_MS 1000

typedef struct {
    GuestReaction on_oom;
    GuestReaction on_pressure;
} GuestReactions;

typedef struct _Guest Guest;

/* Where it may run: guest-placement.h. */
typedef struct _GuestPlacement GuestPlacement;

#define GUEST_DEFAULT_PARTITION "/machine"

#define GUEST_ERROR (guest_error_quark())
GQuark guest_error_quark(void);

typedef enum {
    GUEST_ERROR_XML,       /* not a domain description; libvirt would refuse it too */
    GUEST_ERROR_PARTITION, /* the partition cannot be a place for groups */
    GUEST_ERROR_NAME,      /* the name cannot be made into a group's name */
    GUEST_ERROR_LIMIT,     /* what is corral's own in the XML makes no sense */
    GUEST_ERROR_HOST,      /* this host has no means for what the XML asks for */
} GuestError;

Guest *guest_new(const char *driver, const char *name, const char *uuid, const char *partition);
Guest *guest_ref(Guest *self);
void guest_unref(Guest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_unref)

const char *guest_get_driver(const Guest *self);    /* "qemu" or "lxc" */
const char *guest_get_name(const Guest *self);      /* as the user wrote it */
const char *guest_get_uuid(const Guest *self);      /* canonical text; NULL if the XML gave none */
const char *guest_get_partition(const Guest *self); /* GUEST_DEFAULT_PARTITION when absent */
const char *guest_get_xml(const Guest *self);       /* what it was read from; NULL if nothing */
const GuestCputune *guest_get_cputune(const Guest *self);
const GuestMemtune *guest_get_memtune(const Guest *self);
const GuestBlkiotune *guest_get_blkiotune(const Guest *self);
/* <currentMemory>, else <memory>; 0 if neither is given. */
guint64 guest_get_memory_kib(const Guest *self);
/* <memory>: the most it may have; 0 if it is not given. */
guint64 guest_get_most_memory_kib(const Guest *self);
const GuestBalloon *guest_get_balloon(const Guest *self);
/* What its own XML says; whoever runs the host may say more. */
const GuestReactions *guest_get_reactions(const Guest *self);
/* Whether it has a device to be asked by.  libvirt adds one where its user says nothing, so
 * only the XML of a guest that is defined or runs tells for sure. */
gboolean guest_has_balloon(const Guest *self);
/* Whether its balloon gives back to it what it runs out of. */
gboolean guest_balloon_deflates(const Guest *self);
/* Whether its memory stays where it is, whatever the limit: locked, in huge pages, encrypted,
 * or reached by a device that was passed through. */
gboolean guest_is_pinned(const Guest *self);
/* How many processes and threads it may have; 0 if nothing is said. */
guint64 guest_get_pids_limit(const Guest *self);
const GuestPlacement *guest_get_placement(const Guest *self);
/* Whether it has a user namespace of its own: somebody who is root there, and only there. */
gboolean guest_has_own_users(const Guest *self);
/* Numbers of the vCPUs online from the start, ascending. */
const guint *guest_get_vcpus(const Guest *self, gsize *n);
/* Whether some of those are plugged in only when QEMU runs. */
gboolean guest_plugs_vcpus(const Guest *self);
/* Ids of the iothreads, in the XML's order. */
const guint *guest_get_iothreads(const Guest *self, gsize *n);

gboolean guest_cputune_has_bandwidth(const GuestCputune *tune);

/* As users write it. */
const char *guest_action_name(GuestAction action);
/* The nearest wins: of what @reactions does not give at all @farther is taken. */
void guest_reactions_fall_back(GuestReactions *reactions, const GuestReactions *farther);
gboolean guest_reactions_equal(const GuestReactions *a, const GuestReactions *b);

GuestBlkioDevice *guest_blkio_device_new(const char *path);
void guest_blkio_device_free(GuestBlkioDevice *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestBlkioDevice, guest_blkio_device_free)
/* Neither a weight nor a limit is given. */
gboolean guest_blkio_device_is_empty(const GuestBlkioDevice *device);

void guest_blkiotune_init(GuestBlkiotune *tune);
/* @copy is initialised by it. */
void guest_blkiotune_copy(const GuestBlkiotune *tune, GuestBlkiotune *copy);
void guest_blkiotune_clear(GuestBlkiotune *tune);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestBlkiotune, guest_blkiotune_clear)
