/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cg-codec.h"
#include "cg-files.h"
#include "cg-mountinfo.h"
#include "cg-tree.h"
#include "corral-types.h"

typedef struct _CgBackend CgBackend;
typedef struct _CgWriter CgWriter;
typedef struct _CgManager CgManager;
typedef struct _CgUnitCall CgUnitCall;

/*
 * One mounted hierarchy: which controllers it serves on this host, through
 * which kernel interface (the backend), and who performs a write (the writer).
 * A host has several under the legacy interface, one under the unified one,
 * and both kinds when it is hybrid; every controller is served by one.
 */
typedef struct {
    CgMount *mount;
    CorralControllers controllers; /* served here, after the host has decided */
    const CgBackend *backend;
    const CgWriter *writer;
    CgFd root;
    CgManager *manager; /* the owner of the groups that are units; NULL: they have none */
} CgHierarchy;

/* A group's directory in one hierarchy. */
typedef struct {
    const CgHierarchy *hierarchy;
    CgFd dir;
    CorralControllers controllers; /* handed out to this very group */
    CgFiles *files;                /* kept open; NULL: opened for each reading */
    const char *unit;              /* what it is to the manager; NULL: nothing */
    CgUnitCall *call;              /* collects what the manager is to be told; NULL: told at once */
} CgPlace;

/* Whether there is no level above it. */
gboolean cg_place_is_top(const CgPlace *place, gboolean *top, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Through the hierarchy's writer. */
gboolean cg_place_write(const CgPlace *place, const char *file, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cg_place_write_u64(const CgPlace *place, const char *file, guint64 value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* "max" is G_MAXUINT64, both ways. */
gboolean cg_place_write_limit(const CgPlace *place, const char *file, guint64 value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cg_place_read_limit(const CgPlace *place, const char *file, guint64 *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

char *cg_place_read(const CgPlace *place, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cg_place_read_u64(const CgPlace *place, const char *file, guint64 *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cg_place_read_i64(const CgPlace *place, const char *file, gint64 *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean cg_place_set_label(const CgPlace *place, const char *name, const char *value,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *cg_place_get_label(const CgPlace *place, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* "0" or "1". */
gboolean cg_place_write_bool(const CgPlace *place, const char *file, gboolean value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean cg_place_read_bool(const CgPlace *place, const char *file, gboolean *value, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Flat keyed, as cg_codec_parse_keyed(). */
gboolean cg_place_read_keyed(const CgPlace *place, const char *file, const CgCodecField *fields,
                             gsize n_fields, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For a file whose @text makes no sense to us; always FALSE. */
gboolean cg_place_refuse_format(const CgPlace *place, const char *file, const char *text,
                                GError **error);
