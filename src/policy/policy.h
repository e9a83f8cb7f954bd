/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guest-layout.h"
#include "guest.h"

/*
 * What the operator of a host says once: what the host keeps for itself, which partitions there
 * are, and what each may use (policy-xml.c reads it from his file).  Plain data, reference
 * counted, immutable once built.
 */

#define POLICY_ERROR (policy_error_quark())
GQuark policy_error_quark(void);

typedef enum {
    POLICY_ERROR_FILE, /* it cannot be read */
    POLICY_ERROR_XML,  /* not well-formed, or not what xml/corral.rng describes */
    POLICY_ERROR_TERMS /* each part of it is, but they do not go together */
} PolicyError;

/* What becomes of a guest whose start would take what is not there. */
typedef enum {
    POLICY_EXCESS_SQUEEZE, /* it starts, and all get by with what there is */
    POLICY_EXCESS_REFUSE,
} PolicyExcess;

/* What guests never get. */
typedef struct {
    guint64 memory_kib;
    guint n_cpus; /* so many, whichever */
    GArray *cpus; /* (element-type guint) (nullable): or these */
    PolicyExcess excess;
} PolicyReserve;

#define POLICY_PRIORITY_MAX 1000
#define POLICY_PRIORITY_DEFAULT 500

/* On which terms a partition has guests. */
typedef struct {
    char *name; /* "/clients" */
    guint line; /* of the file, where it is */
    guint priority;
    guint cpu_guarantee;      /* thousandths of a CPU */
    guint64 guarantee_kib;    /* of memory */
    GuestCputune cputune;     /* shares, and GUEST_PART_GLOBAL */
    GuestMemtune memtune;     /* of all its guests together */
    GuestBlkiotune blkiotune; /* likewise */
    GArray *cpus;             /* (element-type guint) (nullable) */
    GArray *nodes;            /* likewise */
    guint64 pids;             /* 0: no limit */
    GuestReactions reactions; /* for each of its guests, and of those below it */
} PolicyTerms;

typedef struct {
    gatomicrefcount refs;
    GuestLayout layout;
    PolicyReserve reserve;
    GuestReactions reactions; /* for all guests */
    GPtrArray *terms;         /* owned PolicyTerms, in the file's order */
} Policy;

/* What is so without a file: nothing is kept, and nobody has terms. */
Policy *policy_new(void);
/* Another with the same terms, whose reserve and layout may be changed before others see it. */
Policy *policy_copy(const Policy *self);
Policy *policy_ref(Policy *self);
void policy_unref(Policy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Policy, policy_unref)

/* (nullable): the terms of the partition of that name itself. */
const PolicyTerms *policy_find(const Policy *self, const char *partition);

/* What is to be done for guests of that partition, if it is described or not, as far as it is said
 * for it, for one above it or for all; a guest's own word comes first. */
GuestReactions policy_find_reactions(const Policy *self, const char *partition);

/* Terms that ask for nothing and promise nothing. */
PolicyTerms *policy_terms_new(const char *name);
void policy_terms_free(PolicyTerms *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyTerms, policy_terms_free)

/* Whether it is right below the root, and so competes with the others there. */
gboolean policy_terms_are_of_root(const PolicyTerms *self);

/* Whether memory, or processor time, is shared out among those at the top; else each has what the
 * kernel gives to anybody. */
gboolean policy_shares_memory(const Policy *self);
gboolean policy_shares_cpu(const Policy *self);

/* Whether the parts go together, whatever the host; the error has the file's line. */
gboolean policy_check(const Policy *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
