/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * The manager of a host's units, i.e. systemd, as somebody to talk to.  May be used from any
 * thread, and needs no main loop.
 */
typedef struct _CgManager CgManager; /* see cg-place.h, too */

/* @root: the host's; its bus is where the system's is, or below @root if that is another. */
CgManager *cg_manager_new(const char *root);
void cg_manager_free(CgManager *self);
const char *cg_manager_get_root(CgManager *self);

/* How long it may keep a caller waiting; 10 s unless said otherwise. */
void cg_manager_set_patience(CgManager *self, guint patience_ms);

/*
 * Calls @method of the manager with @parameters (floating, or NULL).  An answer that is
 * an error becomes one of CORRAL_ERROR:
 *
 *   NOT_FOUND    there is no such unit
 *   EXISTS       there is one already
 *   REFUSED      a value is out of the range that it takes
 *   UNSUPPORTED  it has no such property, or no such method
 *   PERMISSION   we may not
 *   FAILED       whatever else
 *
 * *silent is TRUE if it did not answer, or is not there.  It may have heard us, though, and do it
 * once it comes to it; so only what does no harm done twice should be asked again.
 */
GVariant *cg_manager_call(CgManager *self, const char *method, GVariant *parameters,
                          const char *reply_type, gboolean *silent, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Waits until it has done what it answered that it would; FALSE if it does not say so in time. */
gboolean cg_manager_settle(CgManager *self);

/*
 * Calls @method, which answers with a job, and waits for its end: *result is what became of it,
 * "done" if all is well.  As cg_manager_call().
 */
gboolean cg_manager_run_job(CgManager *self, const char *method, GVariant *parameters,
                            guint patience_ms, char **result, gboolean *silent, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* A property of @unit, as its interface @kind ("Unit", "Scope", "Slice") has it. */
GVariant *cg_manager_get_property(CgManager *self, const char *unit, const char *kind,
                                  const char *property, gboolean *silent, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
