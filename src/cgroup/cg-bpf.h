/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-device-rules.h"

/*
 * Programs that judge devices, attached to the directory of a group of the
 * unified hierarchy.  Ours are told from others by what they are, not by where
 * they stand.  All fail with CORRAL_ERROR_UNSUPPORTED where the kernel or the
 * library knows no such programs, and CORRAL_ERROR_PERMISSION where the caller
 * may not touch them.
 */

typedef struct {
    guint32 id;
    char name[16];
    gboolean ours;
} CgBpfProgram;

/* Those attached to @dir itself; whether they suffer others beside them, and below. */
typedef struct {
    GArray *programs; /* CgBpfProgram */
    gboolean shares_group;
    gboolean shares_below;
} CgBpfPrograms;

CgBpfPrograms *cg_bpf_list(int dir, GError **error);
void cg_bpf_programs_free(CgBpfPrograms *programs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgBpfPrograms, cg_bpf_programs_free)

/* (element-type guint32): the ids of all that a process in @dir has to pass. */
GArray *cg_bpf_list_effective(int dir, GError **error);

/* The rules of program @id, which is ours. */
CgDeviceRules *cg_bpf_read(int dir, guint32 id, GError **error);

/*
 * Changes the rules of program @id in place, from @before to @after, which are
 * both open or both not.  *full if there is no room for @after; then nothing is
 * changed.
 */
gboolean cg_bpf_update(int dir, guint32 id, const CgDeviceRules *before, const CgDeviceRules *after,
                       gboolean *full, GError **error);

/* Attaches a new program with @rules, at one stroke in place of @replaced unless that is 0. */
gboolean cg_bpf_attach(int dir, guint32 replaced, const CgDeviceRules *rules, GError **error);
gboolean cg_bpf_detach(int dir, guint32 id, GError **error);
